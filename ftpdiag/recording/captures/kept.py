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

_SOURCE, _DESTINATION = map(Segment._fields.index, ("source", "destination"))

_encode = Encoder().encode
_decode = Decoder(list[Any]).decode


class Kept(Sequence[Packet]):
    """The packets of a capture that belong to FTP."""

    def __init__(self, packets: Iterable[Packet] = ()) -> None:
        self._numbers = array("Q")
        self._starts, self._sizes = array("Q"), array("I")
        """Where in `_bytes` each stands: its fields, with endpoints as places in a table."""
        self._bytes = bytearray()
        self._endpoints: list[Endpoint] = []
        self._places: dict[Endpoint, int] = {}
        self._errors: dict[int, IcmpError] = {}
        """Those of ICMP, by number: they are few."""
        for packet in packets:
            self.add(packet)

    def add(self, packet: Packet) -> None:
        """Keep a packet: the latest, or an earlier one that was recalled."""
        start = len(self._bytes)
        if isinstance(packet, IcmpError):
            self._errors[packet.number] = packet
        else:
            fields: list[object] = [*packet]
            fields[_SOURCE] = self._place(packet.source)
            fields[_DESTINATION] = self._place(packet.destination)
            self._bytes += _encode(fields)
        place = bisect_right(self._numbers, packet.number)
        self._numbers.insert(place, packet.number)
        self._starts.insert(place, start)
        self._sizes.insert(place, len(self._bytes) - start)

    def _place(self, endpoint: Endpoint) -> int:
        place = self._places.get(endpoint)
        if place is None:
            place = self._places[endpoint] = len(self._endpoints)
            self._endpoints.append(endpoint)
        return place

    def _packet(self, number: int, start: int, size: int) -> Packet:
        if not size:
            return self._errors[number]
        fields = _decode(self._bytes[start : start + size])
        fields[_SOURCE] = self._endpoints[fields[_SOURCE]]
        fields[_DESTINATION] = self._endpoints[fields[_DESTINATION]]
        return Segment._make(fields)

    def __iter__(self) -> Iterator[Packet]:
        return map(self._packet, self._numbers, self._starts, self._sizes)

    @overload
    def __getitem__(self, place: int) -> Packet: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Packet]: ...
    def __getitem__(self, place: int | slice) -> Packet | Sequence[Packet]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        return self._packet(self._numbers[place], self._starts[place], self._sizes[place])

    def __len__(self) -> int:
        return len(self._numbers)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kept) and [*self] == [*other]

    __hash__ = None  # type: ignore[assignment]  # as any sequence that grows
