"""Segments of one direction -> its payload in order, what of it passed again, and what of it arrived."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from heapq import heappop, heappush
from typing import NamedTuple

from ftpdiag.model import ECHO, Flag, Segment

_WRAP = 1 << 32
_HALF = 1 << 31
_UNSEEN = range(1, 1 << 20)
"""Bytes that may be missing before the first that was seen; an older acknowledgement is in other numbers."""
_FIN, _SYN, _ACK = map(int, (Flag.FIN, Flag.SYN, Flag.ACK))


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
        self._awaited: int | None = None
        """What the peer acknowledged before anything of this side was seen: more has been lost since."""
        self.end = 0
        """Offset behind the last byte seen."""
        self.fin: Segment | None = None
        self.acknowledged = 0
        """Offset up to which the peer has everything."""
        self.closed_at: float | None = None
        """The peer takes no more for now (RFC 9293 §3.8.6.1)."""
        self._covered = Spans()
        """What passed, whether or not the capture kept it."""
        self._pending: list[tuple[int, int, Segment]] = []
        """A heap: what came before its turn, by offset and then in the order it came."""
        self._arrived = 0
        self._asked_after = False
        """The peer has acknowledged something since the FIN."""
        self.repeated: dict[int, Repeated] = {}
        """The segments that brought nothing new, by offset; the latest last."""
        self.overtaken: tuple[int, Segment] | None = None
        """The offset of bytes that came by after an empty segment had shown that they were sent; the latest such."""
        self.latest: Segment | None = None
        self._sent: dict[int, float] = {}
        """When what begins at an offset was seen last."""
        self._ready: list[Run] = []
        self._next = 0

    def feed(self, segment: Segment) -> None:
        """Take a segment of this direction."""
        self.latest = segment
        start = self.begin(segment)
        assert self.first is not None
        # From the latest byte, not from the first: sequence numbers go round every 4 GiB.
        offset = self.end + after(start, (self.first + self.end) % _WRAP)
        if segment.length or segment.passed:
            copied = abs(segment.at - self._sent.get(offset, float("-inf"))) < ECHO
            if offset + segment.length <= self.end and segment.length and not copied:
                again = self.repeated.pop(offset, None)
                self.repeated[offset] = Repeated(offset, segment, again.tries + 1 if again else 2)
            self._sent[offset] = segment.at
            self.end = max(self.end, offset + segment.length)
            self._covered.add(offset - segment.passed, offset + segment.length)
            self._keep(offset, segment)
        elif offset > self.end and self.fin is None and (self.overtaken is None or self.overtaken[0] != self.end):
            self.overtaken = self.end, segment
        if segment.flags & _FIN:
            self.fin = self.fin or segment
            self.end = max(self.end, offset + segment.length)

    def begin(self, segment: Segment) -> int:
        """Count from the first segment; the number of its first payload byte."""
        start = (segment.seq + bool(segment.flags & _SYN)) % _WRAP
        if self.first is None:
            early = self._awaited is not None and after(start, self._awaited) in _UNSEEN
            self.first = self._awaited if early else start
        return start

    def acknowledge(self, segment: Segment) -> None:
        """Take what the peer says that it has, and whether it takes more."""
        self.closed_at = segment.at if segment.window == 0 else None
        if self.first is None and segment.flags & _ACK and self._awaited is None:
            self._awaited = segment.ack
        elif self.first is not None and segment.flags & _ACK:
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
        """The first segment of which the peer acknowledged no byte, and how often it was sent; none: it had all."""
        if self.acknowledged >= self._next or not self._ready:
            return None
        later = (run.segment for run in reversed(self._ready) if self.acknowledged <= run.end - len(run.payload))
        first = min(later, key=lambda one: one.number, default=None)
        repeated = self.repeated.get(self.acknowledged)
        return first and (first, repeated.tries if repeated else 1)

    def place(self, seq: int) -> int:
        """The offset of a sequence number near the beginning."""
        return after(seq, self.first) if self.first is not None else 0

    @property
    def lacking(self) -> bool:
        """Bytes before the FIN are missing at the peer, who goes on asking for them: lost before the tap or beyond."""
        return self._asked_after and self.acknowledged < self.end

    @property
    def unheard(self) -> Repeated | None:
        """The first segment that was repeated, and from which on nothing was ever acknowledged."""
        return min((one for one in self.repeated.values() if one.offset >= self.acknowledged), default=None)

    @property
    def behind(self) -> tuple[int, int]:
        """Bytes that never arrived, though others behind them passed; and these others."""
        if self.acknowledged >= self.end:
            return 0, 0
        return max(0, self.end - self._covered.size), self._covered.size - self._covered.first

    @property
    def uncaptured(self) -> int:
        """Bytes that passed, by the numbers of what was captured, and were not; a last one may be a FIN."""
        return max(0, max(self.end, self.acknowledged - 1) - self.passed)

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
