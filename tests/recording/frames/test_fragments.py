from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP, fragment
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment, fragment6
from scapy.layers.l2 import Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet

from ftpdiag.model import Segment
from ftpdiag.recording.frames.fragments import Reassembly
from ftpdiag.recording.frames.packets import RAW_IP, Frame, parse

TEXT = b"226 " + b"x" * 100 + b"\r\n"
HELLO = TCP(sport=21, dport=40000, seq=77) / TEXT
V4 = fragment(IP(src="203.0.113.2", dst="198.51.100.2", id=5) / HELLO, 48)  # type: ignore[no-untyped-call]  # scapy
V6 = fragment6(IPv6(src="2001:db8::2", dst="2001:db8::1") / IPv6ExtHdrFragment(id=5) / HELLO, 112)  # type: ignore[no-untyped-call]
TUNNEL = UDP(sport=1, dport=4789, chksum=0) / VXLAN() / Ether(dst="02:00:00:00:00:01") / IP(dst="198.51.100.2") / HELLO
OUTER = fragment(IP(src="192.0.2.1", dst="192.0.2.2", id=9) / TUNNEL, 64)  # type: ignore[no-untyped-call]


def fed(fragments: Reassembly, packets: list[Packet]) -> list[Segment]:
    """The segments that come out, one after another."""
    frames = (Frame(at=1.0, data=bytes(one), length=len(one), link_type=RAW_IP) for one in packets)
    found = (parse(frame, number, fragments) for number, frame in enumerate(frames, 1))
    return [one for one in found if isinstance(one, Segment)]


@pytest.mark.parametrize("pieces", [V4, V6, OUTER], ids=["IPv4", "IPv6", "tunnel"])
def test_any_order(pieces: list[Packet]) -> None:
    """Whatever order the fragments come in, the segment is whole when the last has come, and is named after it."""
    assert len(pieces) > 1
    for order in permutations(pieces):
        fragments = Reassembly()
        (segment,) = fed(fragments, list(order))
        assert (segment.payload, segment.length, segment.number) == (TEXT, len(TEXT), len(order))
        assert (fragments.fragments, fragments.incomplete) == (len(order), 0)


def test_repeated() -> None:
    """A fragment that a mirror port shows twice adds nothing, and makes no second segment out of half of it."""
    fragments = Reassembly()
    (segment,) = fed(fragments, [V4[0], V4[0], *V4[1:]])
    assert segment.payload == TEXT


def test_packets_side_by_side() -> None:
    """Fragments of several packets never mix."""
    other = [one.copy() for one in V4]
    for one in other:
        one.id = 6
    mixed = [one for pair in zip(V4, other, strict=True) for one in pair]
    assert [segment.payload for segment in fed(Reassembly(), mixed)] == [TEXT, TEXT]


def test_a_fragment_that_never_came() -> None:
    """A packet of which a piece is missing is counted, and says nothing."""
    fragments = Reassembly()
    assert fed(fragments, V4[:-1]) == []
    assert fragments.incomplete == 1


def test_many_that_never_came() -> None:
    """A flood of first fragments is counted, and takes no more memory than a few packets."""
    fragments = Reassembly()
    for number in range(1000):
        fed(fragments, [IP(src="192.0.2.1", dst="192.0.2.2", id=number, flags="MF", proto=6) / (b"x" * 64)])
    assert fragments.incomplete == 1000


@given(st.lists(st.tuples(st.sampled_from(range(3)), st.integers(0, 89), st.integers(0, 255))))
def test_never_raises(damaged: list[tuple[int, int, int]]) -> None:
    """Fragments that contradict one another are no failure."""
    fragments = Reassembly()
    for index, at, value in damaged:
        data = bytearray(bytes(V4[index]))
        data[at % len(data)] = value
        parse(Frame(at=0.0, data=bytes(data), length=len(data), link_type=RAW_IP), 1, fragments)
