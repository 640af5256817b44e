"""An opening that nobody answered -> how much that proves."""

from __future__ import annotations

from ftpdiag.clues.hops import answerer
from ftpdiag.model import Answer, Confidence, ControlSession, Opening, View

DECISIVE_TRIES = 3
"""One SYN may be lost by chance; three in three seconds are not."""

HOPELESS = 3
"""Times that a segment is sent before its loss is no accident (RFC 6298 §5.5: that takes most of a second)."""

FIRST_REPETITION = 1.0
"""Seconds after which a SYN is repeated (RFC 6298 §2.1); before, there was one chance only."""

AT_ONCE = 0.2
"""Seconds in which a machine answers a SYN if it ever does: its kernel takes microseconds."""

TOO_SOON = " That was one SYN, which may have been lost, or be slow."
"""For a summary."""

MORE_TIME = "the same probe with --timeout 5, in which every TCP sends three SYNs"
"""For an alternative."""


def unanswered(opening: Opening) -> Confidence:
    """How sure it is that an opening without an answer was dropped; POSSIBLE: too little was tried to call it that."""
    if opening.view is View.CLIENT_SOCKET:
        return Confidence.POSSIBLE
    if opening.tries >= DECISIVE_TRIES:
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


def cut_short(session: ControlSession, opening: Opening) -> bool:
    """Its capture ended before an answer could have come."""
    return session.watched_until is not None and session.watched_until - opening.at < AT_ONCE


def went_on(session: ControlSession, opening: Opening) -> bool:
    """In a capture: it did not end with the SYN."""
    return session.last_seen is not None and session.last_seen - opening.at >= AT_ONCE
