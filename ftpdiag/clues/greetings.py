"""A session -> how its server greets, and whether it began to and did not get to the end of it."""

from __future__ import annotations

import re

from ftpdiag.model import ControlSession, Ending, Party

_BEGINS = r"[1-5](\d(\d([ -].*)?)?)?"
"""RFC 959 §4.2: three digits, a space or a hyphen, text."""


_NUMBERS = r"[\d.:]+"
"""The time of day, a version, or how many users there are, is no other greeting."""


def greeting(session: ControlSession) -> str | None:
    """What servers are told apart by, without its numbers; none: it did not greet, and a limit is nobody's greeting."""
    final = session.greeting.final if session.greeting else None
    return re.sub(_NUMBERS, "", final.text) if final and final.positive else None


def greets_too_slowly(session: ControlSession) -> bool:
    """What came in the time it was given may have become a greeting, and was none yet."""
    stalled = session.hangup is not None and session.hangup.ending is Ending.STALLED
    if not (stalled and session.behaviour and session.lines):
        return False
    asked = any(line.sender is Party.CLIENT for line in session.lines)
    return not asked and bool(re.fullmatch(_BEGINS, session.lines[0].text))
