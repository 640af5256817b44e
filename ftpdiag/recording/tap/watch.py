"""What the sniffer has seen so far, and whose it is: asked by sessions that wait, fed by the sniffer's thread."""

from __future__ import annotations

import threading

from ftpdiag.model import Answer, Endpoint, Packet
from ftpdiag.recording.clock import now
from ftpdiag.tcp import Calls

IGNORED_AFTER = 0.3
"""Seconds after which a SYN that our own listener has not answered never will be: a kernel answers in microseconds."""


class WireWatch:
    """A running view of the attempts to open connections on the wire."""

    def __init__(self) -> None:
        self._calls = Calls()
        self._lock = threading.Lock()
        self.ports: set[int] = set()
        """This machine's ports that the probe talks from, or listens at."""

    def feed(self, packet: Packet) -> None:
        """Take a packet, from any thread.

        It counts from now on: a sniffer that was held up tells of a SYN late, and of its answer right after it.
        """
        with self._lock:
            self._calls.feed(packet._replace(at=now()))

    def expect(self, end: Endpoint) -> None:
        """What passes to or from this end of ours is the probe's own."""
        self.ports.add(end.port)

    def ignored(self, listener: Endpoint) -> bool:
        """Whether a SYN to our own listener has been left unanswered by this machine."""
        long_ago = now() - IGNORED_AFTER
        with self._lock:
            calls = [one for one in self._calls if one.target == listener]
        return any(one.answer is Answer.SILENT and one.syns and one.began < long_ago for one in calls)
