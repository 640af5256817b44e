"""Recordings -> facts: which sessions there were, which data connections were negotiated, and what became of each.

Pure, and without opinion. "We watched and nobody tried" (ABSENT) is a fact; "we did not watch" is no opening at all.
"""

from __future__ import annotations

from ftpdiag.facts import sessions
from ftpdiag.facts.wire import Wire
from ftpdiag.model import Facts, Recording


def derive(recording: Recording) -> Facts:
    """What the recording shows."""
    wire = Wire(recording)
    read = list(sessions.from_sockets(recording, wire) if recording.source.target else sessions.from_packets(wire))
    return Facts(
        source=recording.source,
        vantage=recording.vantage,
        began=recording.began,
        sessions=tuple(session for session, _ in read),
        channels=tuple(channel for _, channels in read for channel in channels),
        untried=recording.untried,
        unresolved=recording.unresolved,
    )
