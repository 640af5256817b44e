"""What is known of a control connection while its capture is read: its lines so far, and what it announced."""

from __future__ import annotations

from ftpdiag import ftp
from ftpdiag.model import Endpoint, Segment
from ftpdiag.tcp import after

CONTROL_PORTS = frozenset({ftp.CONTROL_PORT, ftp.IMPLICIT_TLS_PORT})
"""FTP's own, clear and encrypted (IANA): a connection to them is meant as FTP even if nobody answers."""

_LONGEST_LINE = 4096
_WRAP = 1 << 32
_AHEAD = 8
"""Segments of one direction that wait for an earlier one, before that is taken for lost."""


class Direction:
    """One direction of a control connection: segments in, lines out."""

    def __init__(self) -> None:
        self._next: int | None = None
        self._early: dict[int, Segment] = {}
        self._rest = b""

    def feed(self, segment: Segment) -> list[bytes]:
        """The lines that a segment completes, in order; where something before it is missing, also those within it."""
        if self._next is None:
            self._next = segment.seq
        if segment.seq == self._next and not self._early:
            self._take(segment, 0)
            return self._whole()
        lines = segment.payload.split(b"\n")[:-1] if after(segment.seq, self._next) > 0 else []
        self._early[segment.seq] = segment
        if len(self._early) > _AHEAD:
            self._next = min(self._early, key=lambda seq: after(seq, segment.seq))
        while ready := [seq for seq in self._early if after(seq, self._next) <= 0]:
            for seq in ready:
                self._take(self._early.pop(seq), after(self._next, seq))
        return lines + self._whole()

    def _take(self, segment: Segment, known: int) -> None:
        self._rest += segment.payload[known:]
        if segment.length > known:
            self._next = (segment.seq + segment.length) % _WRAP
            if segment.length > len(segment.payload):
                self._rest += b"\n"  # the snap length cut the rest off

    def _whole(self) -> list[bytes]:
        """The lines that are complete by now."""
        *whole, rest = self._rest.split(b"\n")
        self._rest = rest[:_LONGEST_LINE]
        return whole


class Talk:
    """A control connection, or what may be one."""

    def __init__(self, first: Segment) -> None:
        self.began = first.seq
        self.streams = {first.source: Direction(), first.destination: Direction()}
        self.packets = 0
        ports = (first.source.port, first.destination.port)
        known = [port for port in ports if port in CONTROL_PORTS]
        self.port = known[0] if known else ports[first.payload[:1].isdigit()]
        """By which it is followed: FTP's own, or the client's, who shares it with no other service."""
        self.proven = bool(known)
        self.over = self.forgotten = False
        self.encrypted = False
        self.awaited: tuple[Endpoint, ...] = ()
        """Where its data connections are to be opened."""
