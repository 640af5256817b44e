"""An opening that nobody answered -> how much that proves."""

from __future__ import annotations

from ftpdiag.clues.hops import answerer
from ftpdiag.model import Answer, Confidence, ControlSession, Opening, View
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


def went_on(session: ControlSession, opening: Opening) -> bool:
    """In a capture: it did not end with the SYN."""
    return session.last_seen is not None and session.last_seen - opening.at >= AT_ONCE
