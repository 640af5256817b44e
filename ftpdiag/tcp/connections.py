"""Calls and packets -> whole connections, one at a time: what each side sent, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ftpdiag.model import TOO_BIG, Ending, Endpoint, Flag, IcmpError, Packet, Segment
from ftpdiag.tcp.calls import Call, Calls, find_strays
from ftpdiag.tcp.halves import Half

_SYN, _RST = map(int, (Flag.SYN, Flag.RST))


class Connection(Call):
    """A call with all that passed on it."""

    def __init__(self, opener: Endpoint, target: Endpoint) -> None:
        super().__init__(opener, target)
        self.moved = 0.0
        """When the latest fresh byte passed to a side that had not closed, or when it was established."""
        self.halves = {opener: Half(), target: Half()}
        self.reset: Segment | None = None
        """A RST after the connection stood."""
        self.too_big: IcmpError | None = None
        """The first router's word that a packet of it is longer than the next link carries."""

    def feed(self, packet: Packet) -> None:
        """Take a packet of this connection."""
        stood = self.established
        super().feed(packet)
        self.moved = self.moved or packet.at
        if isinstance(packet, IcmpError):
            if packet.reason in TOO_BIG:
                self.too_big = self.too_big or packet
        elif packet.flags & _RST:
            if stood:
                self.reset = self.reset or packet
        else:
            half, peer = self.halves[packet.source], self.halves[packet.destination]
            before = half.end
            half.feed(packet)
            if not packet.flags & _SYN:
                if (self.established, half.end) != (stood, before) and not peer.fin:
                    self.moved = packet.at
                peer.acknowledge(packet)

    def count_from(self, handshake: Iterable[Segment]) -> None:
        """Take the SYNs ahead of everything: a tap that swaps packets may show what was said before them."""
        for segment in handshake:
            self.halves[segment.source].begin(segment)

    @property
    def ending(self) -> Ending:
        """How it ended, as far as was seen."""
        end = self.end
        if end is None:
            return Ending.OPEN
        return Ending.RESET if end.flags & _RST else Ending.FINISHED

    @property
    def ended_by(self) -> str | None:
        """The host in whose name it was ended."""
        return self.end.source.host if self.end else None

    @property
    def end(self) -> Segment | None:
        """The first FIN or RST that got through. What follows it, as a RST to a side that has closed, is tidying up."""
        fins = [half.fin for half in self.halves.values() if half.fin and not half.lacking]
        return min([*fins, self.reset] if self.reset else fins, key=lambda segment: segment.number, default=None)

    def sent_by(self, endpoint: Endpoint) -> int:
        """Payload bytes that `endpoint` sent and that passed here, each once."""
        return self.halves[endpoint].passed


class Connections:
    """The connections of a recording. Of all it keeps the calls; what passed on one is read when it is asked for."""

    def __init__(self, packets: Sequence[Packet]) -> None:
        self._packets = packets
        calls, ended = Calls(), float("-inf")
        for place, packet in enumerate(packets):
            ended = max(ended, packet.at)
            if call := calls.feed(packet):
                call.places.append(place)
        self.ended = ended
        """When the latest packet passed."""
        self.calls = tuple(calls)
        """In the order of their first packets."""
        find_strays(self.calls)

    def whole(self, call: Call) -> Connection:
        """The connection that a call led to."""
        connection = Connection(*call.ends)
        connection.count_from(call.handshake)
        for place in call.places:
            connection.feed(self._packets[place])
        connection.stray = call.stray
        return connection.toward(call.target)

    def __iter__(self) -> Iterator[Connection]:
        return map(self.whole, self.calls)
