"""Segments -> connections: who opened to whom, what answered, how much each side sent (pure; feed and ask)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from copy import copy
from heapq import heappop, heappush
from itertools import chain
from typing import NamedTuple

from ftpdiag.model import TOO_BIG, Answer, Ending, Endpoint, Flag, IcmpError, Opening, Packet, Segment, View

_WRAP = 1 << 32
_HALF = 1 << 31
_FIN, _SYN, _RST, _ACK = map(int, (Flag.FIN, Flag.SYN, Flag.RST, Flag.ACK))


def after(seq: int, other: int) -> int:
    """How far `seq` lies after `other` in sequence space (RFC 9293 §3.4); negative when it lies before."""
    return (seq - other + _HALF) % _WRAP - _HALF


class Run(NamedTuple):
    """Fresh bytes of one direction."""

    segment: Segment
    """What brought them."""
    payload: bytes
    missing: int
    """Bytes right before them that the recording lacks: lost by the tap, cut by the snap length, or never sent."""
    end: int
    """Offset behind them."""


class Repeated(NamedTuple):
    """A segment that passed again and again."""

    offset: int
    segment: Segment
    """The latest copy."""
    tries: int


class Half:
    """One direction of a connection. Offsets count from the first payload byte."""

    def __init__(self) -> None:
        self.first: int | None = None
        """Sequence number of the first payload byte: ISN + 1, or of the first segment seen."""
        self.end = 0
        """Offset behind the last byte seen."""
        self.fin: Segment | None = None
        self.acknowledged = 0
        """Offset up to which the peer has everything."""
        self._covered = Spans()
        """What passed, whether or not the capture kept it."""
        self._pending: list[tuple[int, int, Segment]] = []
        """A heap: what came before its turn, by offset and then in the order it came."""
        self._arrived = 0
        self._asked_after = False
        """The peer has acknowledged something since the FIN."""
        self.repeated: Repeated | None = None
        """The latest segment that brought nothing new."""
        self.overtaken: tuple[int, Segment] | None = None
        """The offset of payload that was sent before a segment without any, and came after it; the latest such."""
        self._ready: list[Run] = []
        self._next = 0

    def feed(self, segment: Segment) -> None:
        """Take a segment of this direction."""
        start = (segment.seq + bool(segment.flags & _SYN)) % _WRAP
        if self.first is None:
            self.first = start
        # From the latest byte, not from the first: sequence numbers go round every 4 GiB.
        offset = self.end + after(start, (self.first + self.end) % _WRAP)
        if segment.length or segment.passed:
            if offset + segment.length <= self.end and segment.length:
                again = self.repeated if self.repeated and self.repeated.offset == offset else None
                self.repeated = Repeated(offset, segment, again.tries + 1 if again else 2)
            self.end = max(self.end, offset + segment.length)
            self._covered.add(offset - segment.passed, offset + segment.length)
            self._keep(offset, segment)
        elif offset > self.end and self.fin is None and (self.overtaken is None or self.overtaken[0] != self.end):
            self.overtaken = self.end, segment
        if segment.flags & _FIN:
            self.fin = self.fin or segment
            self.end = max(self.end, offset + segment.length)

    def acknowledge(self, segment: Segment) -> None:
        """Take what the peer says that it has."""
        if self.first is not None and segment.flags & _ACK:
            more = after(segment.ack, (self.first + self.acknowledged) % _WRAP)
            if more > 0:
                self.acknowledged += more
            self._asked_after = self.fin is not None

    def _keep(self, offset: int, segment: Segment) -> None:
        if offset == self._next and not self._pending:
            self._take(segment, offset)
            return
        self._arrived += 1
        heappush(self._pending, (offset, self._arrived, segment))
        while self._pending and self._pending[0][0] <= self._next:
            start, _, first = heappop(self._pending)
            self._take(first, start)

    def _take(self, segment: Segment, start: int) -> None:
        if run := _fresh(segment, start, self._next):
            self._ready.append(run)
            self._next = run.end

    def ordered(self) -> Iterator[Run]:
        """The payload in order. What is missing now will not come any more: the rest follows, and says so."""
        yield from self._ready
        end = self._next
        for start, _, segment in sorted(self._pending):
            if run := _fresh(segment, start, end):
                yield run
                end = run.end

    @property
    def unacknowledged(self) -> tuple[Segment, int] | None:
        """The first segment that the peer has acknowledged nothing of, and how often it was sent; none: it had all."""
        if self.acknowledged >= self._next or not self._ready:
            return None
        later = (run.segment for run in reversed(self._ready) if self.acknowledged <= run.end - len(run.payload))
        first = min(later, key=lambda one: one.number, default=None)
        repeated = self.repeated
        return first and (first, repeated.tries if repeated and repeated.offset == self.acknowledged else 1)

    def place(self, seq: int) -> int:
        """The offset of a sequence number near the beginning."""
        return after(seq, self.first) if self.first is not None else 0

    @property
    def lacking(self) -> bool:
        """Bytes before the FIN are missing at the peer, who goes on asking for them: lost before the tap or beyond."""
        return self._asked_after and self.acknowledged < self.end

    @property
    def unheard(self) -> Repeated | None:
        """The latest segment that was repeated, where nothing from there on was ever acknowledged."""
        return self.repeated if self.repeated and self.repeated.offset >= self.acknowledged else None

    @property
    def behind(self) -> tuple[int, int]:
        """Bytes that never arrived, though others behind them passed; and these others."""
        if self.acknowledged >= self.end:
            return 0, 0
        return max(0, self.end - self._covered.size), self._covered.size - self._covered.first

    @property
    def passed(self) -> int:
        """Payload bytes that were seen, each once."""
        return self._covered.size


def _fresh(segment: Segment, start: int, known: int) -> Run | None:
    """What a segment at offset `start` adds to bytes that are known up to `known`."""
    end = start + len(segment.payload)
    if end <= known:
        return None
    return Run(segment, segment.payload[max(0, known - start) :], max(0, start - known), end)


class Spans:
    """A set of offsets, as spans that do not touch."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self.size = 0

    @property
    def first(self) -> int:
        """How many there are from 0 on, without a gap."""
        return max(0, self._ends[0]) if self._starts and self._starts[0] <= 0 else 0

    def add(self, start: int, end: int) -> None:
        """Take the offsets from `start` to before `end`."""
        if self._ends and start == self._ends[-1]:
            self.size += end - start
            self._ends[-1] = end
            return
        first, last = bisect_left(self._ends, start), bisect_right(self._starts, end)
        if first < last:
            start, end = min(start, self._starts[first]), max(end, self._ends[last - 1])
        self.size += end - start - sum(self._ends[first:last]) + sum(self._starts[first:last])
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]


class Connection:
    """One connection, or one attempt at it. `opener` is a guess where no SYN was seen (`syns` is empty)."""

    def __init__(self, opener: Endpoint, target: Endpoint) -> None:
        self.opener = opener
        self.target = target
        self.syns: list[Segment] = []
        self.answers: list[Packet] = []
        """SYN-ACKs, RSTs before the connection stood, ICMP errors."""
        self.established = False
        """The opener acknowledged the SYN-ACK, or payload flowed."""
        self.acknowledged: float | None = None
        """When the opener's bare ACK completed the handshake."""
        self.number = 0
        """The first packet's."""
        self.began = 0.0
        self.last = 0.0
        self.moved = 0.0
        """When the latest fresh byte passed to a side that had not closed, or when it was established."""
        self.halves = {opener: Half(), target: Half()}
        self.reset: Segment | None = None
        """A RST after the connection stood."""
        self.too_big: IcmpError | None = None
        """The first router's word that a packet of it is longer than the next link carries."""

    def feed(self, packet: Packet) -> None:
        """Take a packet of this connection."""
        self.number = self.number or packet.number
        self.began = self.began or packet.at
        self.moved = self.moved or packet.at
        self.last = packet.at
        if isinstance(packet, IcmpError):
            if packet.reason in TOO_BIG:
                self.too_big = self.too_big or packet
            elif not self.established:
                self.answers.append(packet)
        elif packet.flags & _RST:
            if self.established:
                self.reset = self.reset or packet
            elif packet.source == self.target or not self.syns:
                self.answers.append(packet)
        elif packet.flags & _SYN:
            (self.answers if packet.flags & _ACK else self.syns).append(packet)
            self.halves[packet.source].feed(packet)
        else:
            half = self.halves[packet.source]
            before = self.established, half.end
            if not self.established and packet.source == self.opener and not packet.length:
                self.acknowledged = packet.at
            self.established = self.established or packet.source == self.opener or bool(packet.length)
            half.feed(packet)
            peer = self.halves[packet.destination]
            if (self.established, half.end) != before and not peer.fin:
                self.moved = packet.at
            peer.acknowledge(packet)

    def takes(self, segment: Segment) -> bool:
        """Whether a SYN belongs here, or is a new connection's on the same ports.

        It is the same attempt again, or its answer was seen before it.
        """
        if self.syns:
            return self.syns[0].seq == segment.seq
        return any(isinstance(answer, Segment) and after(answer.ack, segment.seq) == 1 for answer in self.answers)

    @property
    def guessed(self) -> bool:
        """No SYN and no answer to one was seen: who opened it is a guess."""
        return not self.syns and not self.answers

    def toward(self, target: Endpoint) -> Connection:
        """The same, opened to `target`: what was seen of a guess may be told from elsewhere."""
        if target == self.target:
            return self
        turned = copy(self)
        turned.opener, turned.target = self.target, self.opener
        return turned

    @property
    def answer(self) -> Answer:
        """What came back for the SYN."""
        if self.established or any(_is_syn_ack(packet) for packet in self.answers):
            return Answer.ACCEPTED
        if any(isinstance(packet, Segment) for packet in self.answers):
            return Answer.REFUSED
        return Answer.REJECTED if self.answers else Answer.SILENT

    @property
    def answered_by(self) -> str | None:
        """The host that answered: its own address, or that of the device that sent an ICMP error."""
        wanted = IcmpError if self.answer is Answer.REJECTED else Segment
        packet = next((packet for packet in self.answers if isinstance(packet, wanted)), None)
        if isinstance(packet, IcmpError):
            return packet.reporter
        return packet.source.host if packet else None

    def opening(self, view: View) -> Opening:
        """The attempt as `view` saw it."""
        return Opening(
            at=self.began,
            opener=self.opener,
            target=self.target,
            answer=self.answer,
            view=view,
            answered_by=self.answered_by,
            tries=len(self.syns),
            established=self.established,
            packets=tuple(sorted(chain(self.syns, self.answers), key=lambda packet: packet.number)),
        )

    @property
    def ending(self) -> Ending:
        """How it ended, as far as was seen."""
        end = self.end
        if end is None:
            return Ending.OPEN
        return Ending.RESET if end.flags & Flag.RST else Ending.FINISHED

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


def _is_syn_ack(packet: Packet) -> bool:
    return isinstance(packet, Segment) and bool(packet.flags & Flag.SYN)


class Connections:
    """Packets in, connections out, in the order of their first packets."""

    def __init__(self) -> None:
        self._current: dict[tuple[Endpoint, Endpoint], Connection] = {}
        self._all: list[Connection] = []

    def feed(self, packet: Packet) -> None:
        """Take any packet."""
        key = (packet.source, packet.destination)
        if isinstance(packet, IcmpError):
            # It quotes what one side sent: the connection is the quoted sender's.
            known = self._known(key)
            if known:
                known.feed(packet)
            return
        known = self._known(key)
        opens = packet.flags & (_SYN | _ACK) == _SYN
        if known is None or (opens and not (known.opener == packet.source and known.takes(packet))):
            answers = packet.flags & (_SYN | _ACK) == _SYN | _ACK
            known = Connection(*(reversed(key) if answers else key))
            self._current[known.opener, known.target] = known
            self._all.append(known)
        known.feed(packet)

    def _known(self, key: tuple[Endpoint, Endpoint]) -> Connection | None:
        one, other = key
        there, back = self._current.get(key), self._current.get((other, one))
        if there and back:
            return max(there, back, key=lambda found: found.began)
        return there or back

    def __iter__(self) -> Iterator[Connection]:
        return iter(self._all)
