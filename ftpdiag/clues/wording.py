"""How sentences call things that a probe and a capture know by different names."""

from __future__ import annotations

from ftpdiag.model import ControlSession


def client_of(session: ControlSession) -> str:
    """The client: this machine where we probe, somebody's where we read a capture."""
    if session.method is not None:
        return "this machine"
    return f"the client {session.client.host}" if session.client else "the client"


def whose(session: ControlSession) -> str:
    """What is the client's, to the reader."""
    return "your" if session.method is not None else "the client's"


def times(count: int) -> str:
    """A count of packets as an adverb."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
