"""Packets to connections: what a tap shows of openings, bytes and endings, however the network shuffled it."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from itertools import count, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftpdiag.model import Answer, Ending, Endpoint, Flag, IcmpError, Packet, Segment, View
from ftpdiag.tcp import Connection, Connections, Spans, after

CLIENT = Endpoint(host="198.51.100.2", port=40000)
SERVER = Endpoint(host="203.0.113.2", port=21)
ROUTER = "198.18.0.1"

SYN, SYN_ACK, ACK, FIN, RST = Flag.SYN, Flag.SYN | Flag.ACK, Flag.ACK, Flag.FIN | Flag.ACK, Flag.RST
ISN, ANSWER_ISN = 1000, 5000


class Wire:
    """Numbers packets as they pass; each is a second after the one before."""

    def __init__(self) -> None:
        self._packets: list[Packet] = []
        self._numbers = count(1)

    def pass_by(  # noqa: PLR0913  the fields of a segment
        self,
        flags: int,
        *,
        source: Endpoint = CLIENT,
        to: Endpoint = SERVER,
        seq: int = ISN,
        ack: int = 0,
        payload: bytes = b"",
        length: int | None = None,
    ) -> Segment:
        """A segment, from the client to the server unless told otherwise."""
        number = next(self._numbers)
        segment = Segment(
            number=number,
            at=100 + number,
            source=source,
            destination=to,
            flags=flags,
            seq=seq % (1 << 32),
            ack=ack % (1 << 32),
            window=64240,
            ttl=64,
            length=len(payload) if length is None else length,
            payload=payload,
        )
        self._packets.append(segment)
        return segment

    def copy(self, segment: Segment, after: float = 0.001) -> None:
        """The same segment, as the tap sees it once more."""
        self._packets.append(segment._replace(number=next(self._numbers), at=segment.at + after))

    def back(self, flags: int, *, seq: int = ANSWER_ISN, ack: int = 0, payload: bytes = b"") -> Segment:
        """A segment from the server to the client."""
        return self.pass_by(flags, source=SERVER, to=CLIENT, seq=seq, ack=ack, payload=payload)

    def reject(
        self,
        quoted: Segment,
        reporter: str = ROUTER,
        reason: str = "communication administratively prohibited",
    ) -> IcmpError:
        """An ICMP error about a segment."""
        number = next(self._numbers)
        error = IcmpError(
            number=number,
            at=100 + number,
            reporter=reporter,
            ttl=62,
            reason=reason,
            source=quoted.source,
            destination=quoted.destination,
            seq=quoted.seq,
        )
        self._packets.append(error)
        return error

    def open(self, isn: int = ISN) -> None:
        """The three segments that open a connection."""
        self.pass_by(SYN, seq=isn)
        self.back(SYN_ACK, ack=isn + 1)
        self.pass_by(ACK, seq=isn + 1, ack=ANSWER_ISN + 1)

    @property
    def connections(self) -> Connections:
        """What has passed, by connections."""
        return Connections(self._packets)

    @property
    def only(self) -> Connection:
        """The one connection there was."""
        (connection,) = self.connections
        return connection


@pytest.fixture
def wire() -> Wire:
    """Nothing has passed yet."""
    return Wire()


# --- openings -------------------------------------------------------------------------------------------------------


def test_accepted(wire: Wire) -> None:
    """SYN, SYN-ACK and ACK are one accepted, established attempt of one try, answered by the target."""
    wire.open()
    opening = wire.only.opening(View.CLIENT_WIRE)
    assert (opening.opener, opening.target) == (CLIENT, SERVER)
    assert (opening.answer, opening.answered_by, opening.tries) == (Answer.ACCEPTED, SERVER.host, 1)
    assert opening.established
    assert [packet.number for packet in opening.packets] == [1, 2]
    assert (opening.at, opening.view) == (101, View.CLIENT_WIRE)


ELSEWHERE = Endpoint(host="203.0.113.3", port=21)


@pytest.mark.parametrize(("acknowledged", "known"), [(ISN + 1, True), (ISN + 2, False)])
def test_an_answer_from_elsewhere_is_told_by_what_it_acknowledges(
    wire: Wire, acknowledged: int, *, known: bool
) -> None:
    """A SYN-ACK to the very SYN, from another endpoint, belongs to the attempt that came to nothing."""
    wire.pass_by(SYN)
    answer = wire.pass_by(SYN_ACK, source=ELSEWHERE, to=CLIENT, ack=acknowledged)
    first = next(iter(wire.connections)).opening(View.CLIENT_WIRE)
    assert first.answer is Answer.SILENT
    assert first.stray == (answer if known else None)


def test_an_answer_from_elsewhere_is_no_matter_where_the_connection_stands(wire: Wire) -> None:
    """A tap may see a packet on both sides of a NAT."""
    wire.pass_by(SYN)
    wire.pass_by(SYN_ACK, source=ELSEWHERE, to=CLIENT, ack=ISN + 1)
    wire.back(SYN_ACK, ack=ISN + 1)
    wire.pass_by(ACK, seq=ISN + 1, ack=ANSWER_ISN + 1)
    assert next(iter(wire.connections)).opening(View.CLIENT_WIRE).stray is None


def test_answered_and_not_acknowledged(wire: Wire) -> None:
    """A SYN-ACK accepts, but without the opener's ACK the connection does not stand."""
    wire.pass_by(SYN)
    wire.back(SYN_ACK, ack=ISN + 1)
    wire.back(SYN_ACK, ack=ISN + 1)
    opening = wire.only.opening(View.CLIENT_WIRE)
    assert opening.answer is Answer.ACCEPTED
    assert not opening.established
    assert opening.unacknowledged


def test_silent(wire: Wire) -> None:
    """A SYN that is repeated and never answered is one silent attempt, with each SYN counted."""
    for _ in range(3):
        wire.pass_by(SYN)
    opening = wire.only.opening(View.CLIENT_WIRE)
    assert (opening.answer, opening.answered_by, opening.tries) == (Answer.SILENT, None, 3)
    assert wire.only.ending is Ending.OPEN


def test_a_tap_that_sees_everything_twice(wire: Wire) -> None:
    """A mirror of both sides of a link shows copies: a SYN, its answer and what is lost count as often as sent."""
    for sent in (wire.pass_by(SYN), wire.back(SYN_ACK, ack=ISN + 1)):
        wire.copy(sent)
    opening = wire.only.opening(View.MIDDLE_WIRE)
    assert (opening.tries, opening.unacknowledged) == (1, False)
    wire.copy(wire.pass_by(ACK, seq=ISN + 1))
    for _ in range(3):
        wire.copy(wire.pass_by(ACK, seq=ISN + 1, payload=TEXT))
    lost = wire.only.halves[CLIENT].unacknowledged
    assert lost is not None
    assert lost[1] == 3
    wire.copy(wire.back(SYN_ACK, ack=ISN + 1))
    assert wire.only.sent_by(CLIENT) == len(TEXT)


@pytest.mark.parametrize("after", [0.001, -0.001])
def test_copies_of_a_second_tap(wire: Wire, after: float) -> None:
    """Files of two interfaces, read one after the other, or several queues: copies come late, with earlier times."""
    for copy in [wire.pass_by(SYN) for _ in range(2)]:
        wire.copy(copy, after)
    opening = wire.only.opening(View.MIDDLE_WIRE)
    assert (opening.tries, len(opening.packets)) == (2, 2)


def test_copies_of_what_is_sent_in_a_row(wire: Wire) -> None:
    """A mirror may show two segments, and then both again: neither was sent twice."""
    wire.open()
    segments = [wire.pass_by(ACK, seq=ISN + 1 + place, payload=b"x") for place in range(2)]
    for segment in segments:
        wire.copy(segment)
    assert wire.only.halves[CLIENT].unacknowledged == (segments[0], 1)


def test_a_loop_is_no_copy(wire: Wire) -> None:
    """What passes again after several routers goes round: the packets show it, though one SYN was sent."""
    syn = wire.pass_by(SYN)
    for turn in range(1, 5):
        wire.copy(syn._replace(ttl=syn.ttl - 2 * turn), turn / 1000)
    opening = wire.only.opening(View.MIDDLE_WIRE)
    assert (opening.tries, len(opening.packets)) == (1, 5)


def test_a_refusal_that_overtakes_its_syn(wire: Wire) -> None:
    """Of a tap with several queues the RST may come first: it counts from 0, as only an answer to a SYN does."""
    wire.back(RST | Flag.ACK, seq=0, ack=ISN + 1)
    wire.pass_by(SYN)
    assert (wire.only.opener, wire.only.answer, wire.only.answered_by) == (CLIENT, Answer.REFUSED, SERVER.host)


def test_refused(wire: Wire) -> None:
    """A RST to a SYN refuses it, and is no end of a connection that never stood."""
    wire.pass_by(SYN)
    wire.back(RST | Flag.ACK, seq=0, ack=ISN + 1)
    assert wire.only.answer is Answer.REFUSED
    assert wire.only.answered_by == SERVER.host
    assert wire.only.ending is Ending.OPEN


def test_refused_and_tried_again(wire: Wire) -> None:
    """A TCP that repeats its SYN after a RST, as Windows does, still makes one attempt."""
    for _ in range(3):
        wire.pass_by(SYN)
        wire.back(RST | Flag.ACK, seq=0, ack=ISN + 1)
    assert (wire.only.answer, len(wire.only.syns)) == (Answer.REFUSED, 3)


def test_rejected(wire: Wire) -> None:
    """An ICMP error names the device that rejected the SYN it quotes."""
    wire.reject(wire.pass_by(SYN))
    assert (wire.only.answer, wire.only.answered_by) == (Answer.REJECTED, ROUTER)


def test_rejected_once_then_accepted(wire: Wire) -> None:
    """What counts is that the connection came to be, whatever one try met."""
    wire.reject(wire.pass_by(SYN))
    wire.pass_by(SYN)
    wire.back(SYN_ACK, ack=ISN + 1)
    assert (wire.only.answer, wire.only.answered_by) == (Answer.ACCEPTED, SERVER.host)


def test_error_about_an_established_connection(wire: Wire) -> None:
    """An ICMP error about later segments, such as a path MTU, does not undo the opening."""
    wire.open()
    wire.reject(wire.pass_by(ACK, seq=ISN + 1, payload=b"USER alice\r\n"))
    assert wire.only.answer is Answer.ACCEPTED
    assert len(wire.only.opening(View.CLIENT_WIRE).packets) == 2


def test_error_about_nothing_known(wire: Wire) -> None:
    """An ICMP error that quotes what was never seen makes no connection."""
    other = Wire().pass_by(SYN)
    wire.reject(other)
    assert list(wire.connections) == []


def test_reset_by_the_opener_is_no_answer(wire: Wire) -> None:
    """A client that gives up on a silent server has not been refused."""
    wire.pass_by(SYN)
    wire.pass_by(RST, seq=ISN + 1)
    assert wire.only.answer is Answer.SILENT


def test_answer_seen_before_the_question(wire: Wire) -> None:
    """A tap that swaps SYN and SYN-ACK still shows who opened to whom."""
    wire.back(SYN_ACK, ack=ISN + 1)
    wire.pass_by(SYN)
    wire.pass_by(ACK, seq=ISN + 1)
    assert (wire.only.opener, wire.only.target) == (CLIENT, SERVER)
    assert (wire.only.answer, len(wire.only.syns)) == (Answer.ACCEPTED, 1)


@pytest.mark.parametrize("first", [SERVER, CLIENT])
def test_data_seen_before_the_handshake(wire: Wire, first: Endpoint) -> None:
    """A tap that swaps more still shows one connection, who opened it, and every byte."""
    if first == SERVER:
        wire.back(ACK, seq=ANSWER_ISN + 5, ack=ISN + 1, payload=b"second")
        wire.back(ACK, seq=ANSWER_ISN + 1, ack=ISN + 1, payload=b"1st ")
    else:
        wire.pass_by(ACK, seq=ISN + 7, ack=ANSWER_ISN + 1, payload=b"2nd ")
        wire.pass_by(ACK, seq=ISN + 1, ack=ANSWER_ISN + 1, payload=b"first ")
    wire.pass_by(SYN)
    wire.back(SYN_ACK, ack=ISN + 1)
    assert (wire.only.opener, wire.only.target, wire.only.answer) == (CLIENT, SERVER, Answer.ACCEPTED)
    assert (wire.only.sent_by(first), len(wire.only.syns)) == (10, 1)
    assert b"".join(run.payload for run in wire.only.halves[first].ordered()) in {b"1st second", b"first 2nd "}


def test_ports_used_again(wire: Wire) -> None:
    """A SYN with another number on the same ports is a new connection, and each keeps its own answer."""
    wire.open()
    wire.pass_by(FIN, seq=ISN + 1)
    wire.pass_by(SYN, seq=ISN + 70000)
    wire.back(RST | Flag.ACK, seq=0, ack=ISN + 70001)
    first, second = wire.connections
    assert (first.answer, first.ending) == (Answer.ACCEPTED, Ending.FINISHED)
    assert second.answer is Answer.REFUSED


def test_ports_used_again_after_a_connection_that_was_seen_only_in_part(wire: Wire) -> None:
    """Without having seen how the old connection began, a SYN on its ports is a new one all the same."""
    wire.pass_by(ACK, payload=b"QUIT\r\n")
    wire.pass_by(FIN, seq=ISN + 6)
    wire.pass_by(SYN, seq=ISN + 70000)
    old, new = wire.connections
    assert (old.established, old.ending) == (True, Ending.FINISHED)
    assert (new.answer, new.established) == (Answer.SILENT, False)


def test_ports_used_the_other_way_round(wire: Wire) -> None:
    """A SYN from the side that was opened to before is a connection of its own."""
    wire.open()
    wire.back(SYN, seq=77)
    first, second = wire.connections
    assert (first.opener, second.opener) == (CLIENT, SERVER)
    assert second.answer is Answer.SILENT


def test_recording_begins_in_the_middle(wire: Wire) -> None:
    """Without a SYN the opener is a guess, and nothing claims a try."""
    wire.back(ACK, payload=b"226 Done\r\n")
    wire.pass_by(ACK, payload=b"QUIT\r\n")
    assert (wire.only.established, wire.only.answer, len(wire.only.syns)) == (True, Answer.ACCEPTED, 0)
    assert (wire.only.sent_by(SERVER), wire.only.sent_by(CLIENT)) == (10, 6)


def test_connections_side_by_side(wire: Wire) -> None:
    """Segments of several connections never mix, and they come in the order of their first packets."""
    others = [Endpoint(host=CLIENT.host, port=40000 + number) for number in range(3)]
    for other in others:
        wire.pass_by(SYN, source=other)
    wire.pass_by(SYN_ACK, source=SERVER, to=others[1], ack=ISN + 1)
    assert [one.opener for one in wire.connections] == others
    assert [one.answer for one in wire.connections] == [Answer.SILENT, Answer.ACCEPTED, Answer.SILENT]


# --- bytes ----------------------------------------------------------------------------------------------------------

TEXT = b"220 Hello\r\n331 Go on\r\n"


def text_of(connection: Connection, sender: Endpoint = CLIENT) -> bytes:
    """What was put together of one direction; each byte that is missing is a `?`."""
    return b"".join(b"?" * run.missing + run.payload for run in connection.halves[sender].ordered())


def pieces(sizes: tuple[int, ...]) -> Iterator[tuple[int, bytes]]:
    """TEXT in pieces, each with its offset."""
    start = 0
    for size in sizes:
        yield start, TEXT[start : start + size]
        start += size


@pytest.mark.parametrize("isn", [ISN, (1 << 32) - 1, (1 << 32) - 8, (1 << 31) - 5])
@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_reordered(wire: Wire, order: tuple[int, ...], isn: int) -> None:
    """Whatever order the segments come in, also where sequence numbers go round, the bytes are in order."""
    wire.open(isn)
    parts = list(pieces((5, 6, 4, 7)))
    for index in order:
        offset, payload = parts[index]
        wire.pass_by(ACK, seq=isn + 1 + offset, payload=payload)
    assert text_of(wire.only) == TEXT
    assert wire.only.sent_by(CLIENT) == len(TEXT)


@given(st.lists(st.tuples(st.integers(0, len(TEXT) - 1), st.integers(1, len(TEXT))), max_size=12), st.integers(0))
def test_overlapping(spans: list[tuple[int, int]], isn: int) -> None:
    """Segments repeated, overlapping and cut anywhere make each byte once, in order, and what is missing is told."""
    wire = Wire()
    wire.open(isn)
    covered = set[int]()
    for start, size in spans:
        covered |= set(range(start, min(start + size, len(TEXT))))
        wire.pass_by(ACK, seq=isn + 1 + start, payload=TEXT[start : start + size])
    seen = range(max(covered, default=-1) + 1)
    assert text_of(wire.only) == bytes(TEXT[offset] if offset in covered else ord("?") for offset in seen)
    assert wire.only.sent_by(CLIENT) == len(covered)


def test_each_run_has_the_segment_that_brought_it(wire: Wire) -> None:
    """A line is dated by the segment that brought it first, not by its repetition."""
    wire.open()
    wire.pass_by(ACK, seq=ISN + 1, payload=TEXT[:5])
    wire.pass_by(ACK, seq=ISN + 1, payload=TEXT[:9])
    wire.pass_by(ACK, seq=ISN + 1, payload=TEXT[:9])
    runs = wire.only.halves[CLIENT].ordered()
    assert [(segment.number, payload) for segment, payload, *_ in runs] == [(4, TEXT[:5]), (5, TEXT[5:9])]


def test_gap(wire: Wire) -> None:
    """Where bytes are missing, what follows says so, and only what was seen is counted."""
    wire.open()
    wire.pass_by(ACK, seq=ISN + 1, payload=TEXT[:5])
    wire.pass_by(ACK, seq=ISN + 10, payload=TEXT[9:])
    assert text_of(wire.only) == TEXT[:5] + b"????" + TEXT[9:]
    assert wire.only.sent_by(CLIENT) == len(TEXT) - 4


def test_a_gap_before_everything(wire: Wire) -> None:
    """Where SYN-ACK and data were lost, what the client acknowledged before the FIN tells that there were data."""
    wire.pass_by(SYN)
    wire.pass_by(ACK, seq=ISN + 1, ack=ANSWER_ISN + 1)
    wire.back(FIN, seq=ANSWER_ISN + 1 + 445, ack=ISN + 1)
    assert (wire.only.sent_by(SERVER), wire.only.halves[SERVER].uncaptured) == (0, 445)


def test_cut_by_the_snap_length(wire: Wire) -> None:
    """Payload that the capture cut off is counted, not invented."""
    wire.open()
    wire.pass_by(ACK, seq=ISN + 1, payload=TEXT[:5], length=1000)
    wire.pass_by(ACK, seq=ISN + 1001, payload=TEXT[:5], length=1000)
    assert text_of(wire.only) == TEXT[:5] + b"?" * 995 + TEXT[:5]
    assert wire.only.sent_by(CLIENT) == 2000


def test_a_gap_that_is_filled_late(wire: Wire) -> None:
    """A retransmission fills a gap, however much has come since."""
    wire.open()
    for start in (9, 15, 5, 0):
        wire.pass_by(ACK, seq=ISN + 1 + start, payload=TEXT[start : start + 6])
    assert text_of(wire.only) == TEXT[:21]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=20))
def test_spans(added: list[tuple[int, int]]) -> None:
    """A set of offsets counts each once."""
    spans, offsets = Spans(), set[int]()
    for start, size in added:
        spans.add(start, start + size)
        offsets |= set(range(start, start + size))
        assert spans.size == len(offsets)


def test_keep_alive_is_no_payload(wire: Wire) -> None:
    """A keep-alive probe repeats a number that was acknowledged, with or without a byte, and adds nothing."""
    wire.open()
    wire.pass_by(ACK, seq=ISN + 1, payload=TEXT)
    wire.pass_by(ACK, seq=ISN + len(TEXT))
    wire.pass_by(ACK, seq=ISN + len(TEXT), payload=b"\0")
    assert text_of(wire.only) == TEXT
    assert wire.only.sent_by(CLIENT) == len(TEXT)


def test_what_is_never_acknowledged(wire: Wire) -> None:
    """The first segment of which the peer acknowledges nothing, however often it was sent; none once it does."""
    wire.open()
    wire.pass_by(ACK, seq=ISN + 1, payload=TEXT)
    wire.back(ACK, ack=ISN + 1 + len(TEXT))
    assert wire.only.halves[CLIENT].unacknowledged is None
    lost = [wire.pass_by(ACK, seq=ISN + 1 + len(TEXT), payload=b"NOOP\r\n") for _ in range(3)]
    wire.pass_by(ACK, seq=ISN + 7 + len(TEXT), payload=b"QUIT\r\n")
    assert wire.only.halves[CLIENT].unacknowledged == (lost[0], 3)
    wire.back(ACK, ack=ISN + 13 + len(TEXT))
    assert wire.only.halves[CLIENT].unacknowledged is None


def test_five_gigabytes(wire: Wire) -> None:
    """A transfer that goes round the sequence numbers is counted in full."""
    wire.open()
    size = 1 << 28
    for number in range(20):
        wire.pass_by(ACK, seq=ISN + 1 + number * size, length=size)
    assert wire.only.sent_by(CLIENT) == 20 * size


def test_many_cut_segments_take_linear_time(wire: Wire) -> None:
    """A large transfer captured with a small snap length is read in seconds, in whatever order."""
    numbers = list(range(30000))
    random.Random(1).shuffle(numbers)
    began = time.perf_counter()
    wire.open()
    for number in numbers:
        wire.pass_by(ACK, seq=ISN + 1 + number * 1448, payload=b"data", length=1448)
    assert time.perf_counter() - began < 5
    assert wire.only.sent_by(CLIENT) == 30000 * 1448


@given(st.integers(0, (1 << 32) - 1), st.integers(-(1 << 31), (1 << 31) - 1))
def test_after(seq: int, distance: int) -> None:
    """RFC 9293 3.4: a number lies after another if it is less than half the way round ahead."""
    assert after((seq + distance) % (1 << 32), seq) == distance


# --- endings --------------------------------------------------------------------------------------------------------


def test_finished(wire: Wire) -> None:
    """The side of the first FIN ended the connection, whoever follows."""
    wire.open()
    wire.back(FIN, seq=ANSWER_ISN + 1)
    wire.pass_by(FIN, seq=ISN + 1)
    assert (wire.only.ending, wire.only.ended_by) == (Ending.FINISHED, SERVER.host)


def test_reset(wire: Wire) -> None:
    """A RST on a connection that stood resets it, in the name of its source."""
    wire.open()
    wire.back(RST, seq=ANSWER_ISN + 1)
    assert (wire.only.ending, wire.only.ended_by) == (Ending.RESET, SERVER.host)
    assert wire.only.answer is Answer.ACCEPTED


def test_reset_after_the_end(wire: Wire) -> None:
    """A RST to a side that has closed already is tidying up: the FIN before it was the end."""
    wire.open()
    wire.pass_by(FIN, seq=ISN + 1)
    wire.back(RST, seq=ANSWER_ISN + 1)
    assert (wire.only.ending, wire.only.ended_by) == (Ending.FINISHED, CLIENT.host)


def test_a_fin_ahead_of_bytes_that_never_arrive_is_no_end(wire: Wire) -> None:
    """What passed here and the peer goes on asking for was lost further on; once it has all, the FIN counts."""
    wire.open()
    wire.back(ACK, seq=ANSWER_ISN + 1, payload=b"hello")
    wire.back(FIN | ACK, seq=ANSWER_ISN + 6)
    wire.pass_by(ACK, seq=ISN + 1, ack=ANSWER_ISN + 1)
    assert wire.only.ending is Ending.OPEN
    wire.pass_by(ACK, seq=ISN + 1, ack=ANSWER_ISN + 7)
    assert (wire.only.ending, wire.only.ended_by) == (Ending.FINISHED, SERVER.host)


def test_a_segment_that_nobody_acknowledges(wire: Wire) -> None:
    """Its copies are counted, until something from there on is acknowledged."""
    wire.open()
    for _ in range(4):
        wire.back(ACK, seq=ANSWER_ISN + 1, ack=ISN + 1, payload=b"x" * 1000)
    repeated = wire.only.halves[SERVER].unheard
    assert repeated is not None
    assert (repeated.tries, repeated.segment.length) == (4, 1000)
    wire.pass_by(ACK, seq=ISN + 1, ack=ANSWER_ISN + 1001)
    assert wire.only.halves[SERVER].unheard is None


def test_what_arrives_behind_a_gap(wire: Wire) -> None:
    """Both are measured, until the receiver has everything: then the tap had missed it."""
    wire.open()
    wire.back(ACK, seq=ANSWER_ISN + 1001, ack=ISN + 1, payload=b"x" * 50)
    assert wire.only.halves[SERVER].behind == (1000, 50)
    wire.pass_by(ACK, seq=ISN + 1, ack=ANSWER_ISN + 1051)
    assert wire.only.halves[SERVER].behind == (0, 0)


def test_a_router_says_that_a_packet_is_too_long(wire: Wire) -> None:
    """That is kept, and is no answer to the SYN."""
    wire.open()
    error = wire.reject(wire.back(ACK, seq=ANSWER_ISN + 1, payload=b"x" * 1000), reason="packet too big")
    assert wire.only.too_big == error
    assert wire.only.answer is Answer.ACCEPTED


def test_still_open(wire: Wire) -> None:
    """A connection whose end was not seen is open, and nobody ended it."""
    wire.open()
    assert (wire.only.ending, wire.only.ended_by, wire.only.end) == (Ending.OPEN, None, None)
    assert wire.only.last == 103


# --- whatever comes -------------------------------------------------------------------------------------------------

ENDPOINTS = st.sampled_from([CLIENT, SERVER, Endpoint(host="192.0.2.66", port=1)])


@st.composite
def packets(draw: st.DrawFn) -> Packet:
    """Any segment or ICMP error between three endpoints."""
    source, destination = draw(ENDPOINTS), draw(ENDPOINTS)
    seq = draw(st.integers(0, (1 << 32) - 1) | st.integers(0, 40))
    at = 100.0
    if draw(st.booleans()):
        return IcmpError(
            number=1, at=at, reporter=ROUTER, ttl=1, reason="", source=source, destination=destination, seq=seq
        )
    payload = draw(st.binary(max_size=4))
    return Segment(
        number=1,
        at=at,
        source=source,
        destination=destination,
        flags=draw(st.integers(0, 31)),
        seq=seq,
        ack=0,
        window=0,
        ttl=64,
        length=len(payload) + draw(st.integers(0, 3)),
        payload=payload,
    )


@given(st.lists(packets(), max_size=20))
def test_any_packets(everything: list[Packet]) -> None:
    """No sequence of packets raises, and a connection exists only where a segment passed."""
    segments = [packet for packet in everything if isinstance(packet, Segment)]
    found = list(Connections(everything))
    assert len(found) <= len(segments)
    for one in found:
        assert one.opening(View.MIDDLE_WIRE).answer in Answer
        assert one.ending in Ending
        assert sum(len(run.payload) for run in one.halves[one.opener].ordered()) <= one.sent_by(one.opener)
