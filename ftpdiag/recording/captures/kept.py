"""Packets in, the same packets out, in the order of their numbers; in between they are bytes: there may be millions.

As an object, a segment takes some 400 bytes; as bytes, a fifth of that.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload

from msgspec.msgpack import Decoder, Encoder

from ftpdiag.model import Endpoint, IcmpError, Packet, Segment

_ENDS = slice(Segment._fields.index("source"), Segment._fields.index("destination") + 1)

_encode = Encoder().encode
_decode = Decoder(list[Any]).decode


class Kept(Sequence[Packet]):
    """The packets of a capture that belong to FTP."""

    def __init__(self, packets: Iterable[Packet] = ()) -> None:
        self._numbers = array("Q")
        self._rows: list[bytes] = []
        """The fields of each segment, with endpoints as places in a table."""
        self._endpoints: list[Endpoint] = []
        self._places: dict[Endpoint, int] = {}
        self._errors: dict[int, IcmpError] = {}
        """Those of ICMP, by number: they are few."""
        for packet in packets:
            self.add(packet)

    def add(self, packet: Packet) -> None:
        """Keep a packet: the latest, or an earlier one that was recalled."""
        row = b""
        if isinstance(packet, IcmpError):
            self._errors[packet.number] = packet
        else:
            fields: list[object] = [*packet]
            fields[_ENDS] = self._place(packet.source), self._place(packet.destination)
            row = _encode(fields)
        place = bisect_right(self._numbers, packet.number)
        self._numbers.insert(place, packet.number)
        self._rows.insert(place, row)

    def _place(self, endpoint: Endpoint) -> int:
        place = self._places.setdefault(endpoint, len(self._endpoints))
        if place == len(self._endpoints):
            self._endpoints.append(endpoint)
        return place

    def _packet(self, number: int, row: bytes) -> Packet:
        if not row:
            return self._errors[number]
        fields = _decode(row)
        fields[_ENDS] = map(self._endpoints.__getitem__, fields[_ENDS])
        return Segment._make(fields)

    def __iter__(self) -> Iterator[Packet]:
        return map(self._packet, self._numbers, self._rows)

    @overload
    def __getitem__(self, place: int) -> Packet: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Packet]: ...
    def __getitem__(self, place: int | slice) -> Packet | Sequence[Packet]:
        if isinstance(place, slice):
            return [*map(self._packet, self._numbers[place], self._rows[place])]
        return self._packet(self._numbers[place], self._rows[place])

    def __len__(self) -> int:
        return len(self._rows)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kept) and [*self] == [*other]

    __hash__ = None  # type: ignore[assignment]  # as any sequence that grows
