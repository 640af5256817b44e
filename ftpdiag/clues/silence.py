"""An opening that nobody answered -> how much that proves."""

from __future__ import annotations

from ftpdiag.clues.hops import answerer
from ftpdiag.model import Answer, Confidence, ControlSession, Opening, Segment, View, sent
from ftpdiag.stacks import AT_ONCE, FIRST_REPETITION, HOPELESS

TOO_SOON = " That was one SYN, which may have been lost, or be slow."
"""For a summary."""

MORE_TIME = "the same probe with --timeout 5, in which every TCP sends three SYNs"
"""For an alternative."""


def unanswered(opening: Opening) -> Confidence:
    """How sure it is that an opening without an answer was dropped; POSSIBLE: too little was tried to call it that."""
    if opening.view is View.CLIENT_SOCKET:
        return Confidence.POSSIBLE
    if opening.tries >= HOPELESS:
        return Confidence.PROVEN
    return Confidence.LIKELY if opening.tries > 1 else Confidence.POSSIBLE


def too_soon(opening: Opening) -> bool:
    """The SYN had no time to be repeated."""
    if opening.view is View.CLIENT_SOCKET:
        return opening.waited is not None and opening.waited < FIRST_REPETITION
    return opening.tries == 1


def ignored(opening: Opening) -> bool:
    """Seen at the host that should have answered: it did not. A RST to a later SYN only says that it has closed."""
    if opening.answer is Answer.SILENT:
        return True
    answer = answerer(opening)
    return answer is not None and answer.at - opening.at > AT_ONCE


def ignored_on_the_way(opening: Opening) -> bool:
    """The same, seen before it came there: one SYN may be lost on the rest of its way, and not as many in a row.

    An ICMP error that nobody is at the address takes seconds.
    """
    answer = answerer(opening)
    if not isinstance(answer, Segment) or not ignored(opening):
        return opening.answer is Answer.SILENT
    syns = sent(one for one in opening.packets if isinstance(one, Segment) and one.source == opening.opener)
    return sum(one.at < answer.at for one in syns) > HOPELESS


def went_on(session: ControlSession, opening: Opening) -> bool:
    """In a capture: it did not end with the SYN."""
    return session.last_seen is not None and session.last_seen - opening.at >= AT_ONCE
