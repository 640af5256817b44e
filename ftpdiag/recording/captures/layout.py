"""How the packets of a capture file are written: what its format tells the scanner, and what becomes of a packet."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from ftpdiag.recording.captures.scan import Layer, Shown
from ftpdiag.recording.frames.packets import Frame

_LAYERS = {
    0: Layer.LOOPBACK,
    1: Layer.ETHERNET,
    12: Layer.RAW_IP,
    14: Layer.RAW_IP,
    101: Layer.RAW_IP,
    108: Layer.LOOPBACK,
    113: Layer.COOKED,
    228: Layer.RAW_IP,
    229: Layer.RAW_IP,
    276: Layer.COOKED_2,
}


EARLIEST, LATEST = 0.0, float(0xFFFFFFFF)
"""Seconds since the epoch that pcap has numbers for: 1970 to 2106. A clock that says others was never set right."""


_MOST = (1 << 64) - 1


class Interface(NamedTuple):
    """Where packets were captured."""

    link_type: int
    units: int
    """Of its clock in a second."""
    offset: int = 0
    """Seconds to add to its clock."""
    snap_length: int = 0

    def at(self, ticks: int) -> float:
        """A reading of its clock, in seconds since 1970; for one that cannot be, the nearest that can."""
        at = self.offset + ticks / self.units
        return at if EARLIEST <= at <= LATEST else min(max(at, EARLIEST), LATEST)

    def misreads(self, ticks: int) -> bool:
        """Whether a reading of its clock is a time that cannot be."""
        return not EARLIEST <= self.offset + ticks / self.units <= LATEST

    @property
    def layer(self) -> Layer:
        """Its link type, as the scanner calls it."""
        return _LAYERS.get(self.link_type, Layer.OTHER)


class Layout(NamedTuple):
    """How records are written."""

    pcapng: bool
    swapped: bool
    """Integers are big-endian."""
    header: int
    """Bytes of a record before the packet."""
    interfaces: tuple[Interface, ...]

    @property
    def clocks(self) -> tuple[tuple[Layer, int], ...]:
        """What the scanner is told of the interfaces. Nobody counts in units that its numbers do not hold."""
        return tuple((one.layer, min(one.units, _MOST)) for one in self.interfaces)

    def beside(self, other: Layout) -> Layout | None:
        """Also with the interfaces that only `other` describes; none where the two describe one differently."""
        known = min(len(self.interfaces), len(other.interfaces))
        same = self.interfaces[:known] == other.interfaces[:known]
        return self._replace(interfaces=self.interfaces + other.interfaces[known:]) if same else None

    def frame(self, shown: Shown) -> Frame:
        """A packet that the scanner shows."""
        _, ticks, index, length, _, data = shown
        interface = self.interfaces[index]
        return Frame(interface.at(ticks), data, length, interface.link_type)


class Found(NamedTuple):
    """What a record that is odd to the scanner turned out to be."""

    after: int
    """Where the next record begins."""
    packet: tuple[int, int, int, bytes] | None = None
    """Clock ticks, interface, length on the wire, captured bytes."""


class Records(Protocol):
    """A format of capture files, at the beginning of a file's first record."""

    @property
    def layout(self) -> Layout:
        """How the records from here on are written."""

    def odd(self, data: bytearray, at: int, end: int, /) -> Found | None:
        """The record at `at`, which the scanner left; none: more of it must be read. Raises `Damaged`."""
