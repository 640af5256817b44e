"""Frames of several interfaces -> each packet once.

A bond and its links, a bridge and its ports, a VLAN and its cable all show the same packet, and so do the two sides of
a router in a container of this machine: a SYN seen twice is not a SYN sent twice.
"""

from __future__ import annotations

from ftpdiag.recording.frames.packets import Frame

_AT_ONCE = 0.1
"""Seconds between two sightings of one packet in this host; no TCP repeats a segment so soon (RFC 6298 §2.4)."""
_IPV4 = 4
_REMEMBERED = 512
"""Frames; far fewer are on their way through a host at once."""


class Copies:
    """What passed of late, and where first."""

    def __init__(self) -> None:
        self._first: dict[bytes, tuple[str, float]] = {}

    def repeats(self, frame: Frame, interface: str) -> bool:
        """Whether `frame` has just been seen on another interface."""
        packet = _but_for_its_way(frame.data)
        where, when = self._first.get(packet, (interface, frame.at))
        if where != interface and abs(frame.at - when) < _AT_ONCE:
            return True
        if len(self._first) >= _REMEMBERED:
            self._first.clear()
        self._first[packet] = interface, frame.at
        return False


def _but_for_its_way(data: bytes) -> bytes:
    """An IP packet without what each router changes: the TTL and the header's checksum, or the hop limit."""
    if data[0] >> 4 == _IPV4:
        return data[:8] + data[9:10] + data[12:]
    return data[:7] + data[8:]
