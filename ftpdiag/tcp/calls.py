"""Packets -> calls: who tried to open a connection to whom, and what answered; not what passed on it then."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from copy import copy
from itertools import chain
from typing import Self

from ftpdiag.model import ECHO, TOO_BIG, Answer, Endpoint, Flag, IcmpError, Opening, Packet, Segment, View, sent
from ftpdiag.tcp.halves import after

_SWAPPED = range(1, 1 << 16)
"""Bytes behind its SYN at which a segment may stand that a tap shows ahead of it: a window without scaling."""

_SEQUENCE = 2**32

_SYN, _RST, _ACK = map(int, (Flag.SYN, Flag.RST, Flag.ACK))


class Call:
    """One connection, or one attempt at it. `opener` is a guess where no SYN was seen (`syns` is empty)."""

    def __init__(self, opener: Endpoint, target: Endpoint) -> None:
        self.ends = opener, target
        """As the first packet told them."""
        self.opener = opener
        self.target = target
        self.syns: list[Segment] = []
        self.answers: list[Packet] = []
        """SYN-ACKs, RSTs before the connection stood, ICMP errors."""
        self.stray: Segment | None = None
        """A SYN-ACK to its SYN, from another endpoint; told where the connection did not come to be."""
        self.established = False
        """The opener acknowledged the SYN-ACK, or payload flowed."""
        self.acknowledged: float | None = None
        """When the opener's bare ACK completed the handshake."""
        self.number = 0
        """The first packet's."""
        self.began = 0.0
        self.last = 0.0
        self.mute: tuple[Endpoint, ...] = self.ends
        """Who has said nothing that was recorded."""
        self.early: Segment | None = None
        """The first segment, where it is none of a handshake: a tap that swaps packets may show the SYN after it."""
        self.places = array("I")
        """Of its packets among those of the recording, where it is one."""

    def feed(self, packet: Packet) -> None:
        """Take a packet of this connection."""
        if self.guessed and isinstance(packet, Segment):
            self._guess(packet)
        self.number = self.number or packet.number
        self.began = self.began or packet.at
        self.last = packet.at
        if isinstance(packet, IcmpError):
            if not self.established and packet.reason not in TOO_BIG:
                self.answers.append(packet)
        elif packet.flags & _RST:
            if not self.established and (packet.source == self.target or not self.syns):
                self.answers.append(packet)
        else:
            if packet.flags & _SYN:
                (self.answers if packet.flags & _ACK else self.syns).append(packet)
            elif not self.established:
                opens = packet.source == self.opener
                if opens and not packet.length:
                    self.acknowledged = packet.at
                self.established = opens or packet.length > 0
            if packet.payload and packet.source in self.mute:
                self.mute = tuple(end for end in self.mute if end != packet.source)

    def _guess(self, segment: Segment) -> None:
        """Who opened it is told by the first SYN or SYN-ACK."""
        if not segment.flags & _SYN:
            self.early = self.early or segment
            return
        opener = segment.destination if segment.flags & _ACK else segment.source
        if opener != self.opener:
            self.opener, self.target = self.target, self.opener

    def takes(self, segment: Segment) -> bool:
        """Whether a SYN belongs here, or is a new connection's on the same ports.

        It is the same attempt again, or its answer was seen before it, or even what was said then.
        """
        if self.syns:
            return self.syns[0].source == segment.source and self.syns[0].seq == segment.seq
        if self.early and not self.answers:
            count = self.early.seq if self.early.source == segment.source else self.early.ack
            return after(count, segment.seq) in _SWAPPED
        return any(isinstance(answer, Segment) and after(answer.ack, segment.seq) == 1 for answer in self.answers)

    @property
    def handshake(self) -> Iterator[Segment]:
        """The SYNs of either side."""
        yield from self.syns
        yield from (one for one in self.answers if isinstance(one, Segment) and one.flags & _SYN)

    @property
    def guessed(self) -> bool:
        """No SYN and no answer to one was seen: who opened it is a guess."""
        return not self.syns and not self.answers

    def toward(self, target: Endpoint) -> Self:
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
            tries=len(sent(self.syns)),
            established=self.established,
            stray=self.stray,
            packets=tuple(sorted(_once(chain(self.syns, self.answers)), key=lambda packet: packet.number)),
        )


def _once(packets: Iterable[Packet]) -> Iterator[Packet]:
    """Without the copies of a mirror, or of a router's other side; what goes round in a loop is none."""
    known: dict[tuple[Endpoint, int, int], Segment] = {}
    for one in sorted(packets, key=lambda packet: packet.at):
        if isinstance(one, Segment):
            kind = one.source, one.flags, one.seq
            latest = known.get(kind)
            if latest and one.at - latest.at < ECHO and abs(one.ttl - latest.ttl) <= 1:
                continue
            known[kind] = one
        yield one


def find_strays(calls: Iterable[Call]) -> None:
    """Tell those of which nothing came of a SYN-ACK to their SYN that came from elsewhere (RFC 9293 §3.5)."""
    failed: dict[tuple[Endpoint, int], Call] = {}
    unasked: list[Call] = []
    for one in calls:
        if one.syns and not one.established:
            failed[one.opener, (one.syns[0].seq + 1) % _SEQUENCE] = one
        elif one.answers and not one.syns:
            unasked.append(one)
    for one in unasked if failed else ():
        answer = one.answers[0]
        if isinstance(answer, Segment) and answer.flags & _SYN and (call := failed.get((one.opener, answer.ack))):
            call.stray = call.stray or answer


def _is_syn_ack(packet: Packet) -> bool:
    return isinstance(packet, Segment) and bool(packet.flags & _SYN)


def _answers(segment: Segment) -> bool:
    """Whether it is what comes back for a SYN: a SYN-ACK, or a RST that counts from 0 (RFC 9293 §3.10.7.1)."""
    return bool(segment.flags & _ACK and (segment.flags & _SYN or (segment.flags & _RST and not segment.seq)))


class Calls:
    """Packets in, calls out, in the order of their first packets."""

    def __init__(self) -> None:
        self._current: dict[tuple[Endpoint, Endpoint], Call] = {}
        """The latest between two ends, by them either way round."""
        self._all: list[Call] = []

    def feed(self, packet: Packet) -> Call | None:
        """Take any packet; the call that it belongs to."""
        key = (packet.source, packet.destination)
        call = self._current.get(key)
        if isinstance(packet, Segment):  # an ICMP error quotes what one side sent: it is about a call that is known
            opens = packet.flags & (_SYN | _ACK) == _SYN
            if call is None or (opens and not call.takes(packet)):
                call = Call(*(reversed(key) if _answers(packet) else key))
                self._current[key] = self._current[packet.destination, packet.source] = call
                self._all.append(call)
        if call:
            call.feed(packet)
        return call

    def __iter__(self) -> Iterator[Call]:
        return iter(self._all)
