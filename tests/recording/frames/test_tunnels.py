from __future__ import annotations

import struct

import pytest
from scapy.contrib.geneve import GENEVE
from scapy.contrib.mpls import MPLS
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6DestUnreach, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrRouting
from scapy.layers.l2 import GRE, GRE_PPTP, Dot1Q, Ether
from scapy.layers.ppp import PPP
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet

from ftpdiag.model import Endpoint, IcmpError, Segment
from ftpdiag.recording.frames.packets import RAW_IP, Frame, body, parse

CLIENT, SERVER = Endpoint(host="198.51.100.2", port=40000), Endpoint(host="203.0.113.2", port=21)
INNER = IP(src=CLIENT.host, dst=SERVER.host) / TCP(sport=40000, dport=21, seq=77) / b"NOOP\r\n"
MAC = "02:00:00:00:00:01"
BRIDGED = Ether(dst=MAC) / INNER
OUTER = IP(src="192.0.2.1", dst="192.0.2.2")
OUTER_6 = IPv6(src="2001:db8::1", dst="2001:db8::2")

TUNNELS = [
    IP(src="192.0.2.1", dst="192.0.2.2", proto=4) / INNER,
    OUTER_6 / INNER,
    OUTER / OUTER / OUTER_6 / INNER,
    OUTER / GRE() / INNER,
    OUTER / GRE(key_present=1, key=9) / INNER,
    OUTER / GRE(chksum_present=1, key_present=1, key=9, seqnum_present=1) / INNER,
    OUTER / GRE(proto=0x6558) / BRIDGED,
    OUTER / GRE(proto=0x6558, key_present=1) / Ether(dst=MAC) / Dot1Q(vlan=4) / INNER,
    OUTER / GRE(proto=0x8847) / MPLS(label=16, s=1) / INNER,
    OUTER / GRE_PPTP(acknum_present=1, ack_number=1, seqnum_present=1) / PPP(proto=0x21) / INNER,
    OUTER / GRE(proto=0x88BE) / bytes(BRIDGED),
    OUTER / GRE(proto=0x88BE, seqnum_present=1) / (bytes(8) + bytes(BRIDGED)),
    OUTER / GRE(proto=0x22EB, seqnum_present=1) / (bytes(12) + bytes(BRIDGED)),
    OUTER / UDP(sport=1, dport=4789) / VXLAN(vni=7) / BRIDGED,
    OUTER / UDP(sport=1, dport=8472) / VXLAN(vni=7) / BRIDGED,
    OUTER / UDP(sport=1, dport=6081) / GENEVE(vni=7, proto=0x6558) / BRIDGED,
    IP(src="192.0.2.1", dst="192.0.2.2", proto=97) / (b"\x30\x00" + bytes(BRIDGED)),
    IP(src="192.0.2.1", dst="192.0.2.2", proto=137) / MPLS(label=16, s=1) / INNER,
]


def framed(packet: Packet) -> Frame:
    """A packet without a link header."""
    data = bytes(packet)
    return Frame(at=0.0, data=data, length=len(data), link_type=RAW_IP)


@pytest.mark.parametrize("packet", TUNNELS, ids=Packet.summary)
def test_tunnels(packet: Packet) -> None:
    """A tunnel is passed through, whatever encloses what, and the text in it is found for blanking."""
    frame = framed(packet)
    segment = parse(frame, 1)
    assert isinstance(segment, Segment)
    assert (segment.source, segment.destination, segment.seq, segment.payload) == (CLIENT, SERVER, 77, b"NOOP\r\n")
    where = body(frame)
    assert where is not None
    assert frame.data[where.start : where.end] == b"NOOP\r\n"


@pytest.mark.parametrize("outer", [OUTER / GRE(), OUTER / UDP(sport=1, dport=4789) / VXLAN() / Ether(dst=MAC)])
def test_errors_in_tunnels(outer: Packet) -> None:
    """An ICMP error in a tunnel names the device that sent it; and one about a tunnel's packet, what was in it."""
    inside = parse(framed(outer / IP(src="192.0.2.9", dst=CLIENT.host) / ICMP(type=3, code=13) / INNER), 1)
    assert isinstance(inside, IcmpError)
    assert (inside.reporter, inside.source, inside.seq) == ("192.0.2.9", CLIENT, 77)
    about = parse(framed(IP(src="192.0.2.9", dst="192.0.2.1") / ICMP(type=3, code=13) / outer / INNER), 1)
    assert isinstance(about, IcmpError)
    assert (about.reporter, about.source, about.seq) == ("192.0.2.9", CLIENT, 77)


def test_six_in_four() -> None:
    """IPv6 in IPv4, as tunnel brokers carry it, with an ICMPv6 error in it."""
    inner = IPv6(src="2001:db8::2", dst="2001:db8:1::2") / TCP(sport=40000, dport=21, seq=77)
    segment = parse(framed(OUTER / inner), 1)
    assert isinstance(segment, Segment)
    assert segment.source == Endpoint(host="2001:db8::2", port=40000)
    error = parse(framed(OUTER / IPv6(src="2001:db8::9", dst="2001:db8::2") / ICMPv6DestUnreach(code=1) / inner), 1)
    assert isinstance(error, IcmpError)
    assert error.reporter == "2001:db8::9"


@pytest.mark.parametrize("outer", [IP(src=CLIENT.host, dst=SERVER.host), IPv6(src="2001:db8::2", dst="2001:db8:1::2")])
def test_authentication_header(outer: Packet) -> None:
    """What an authentication header signs is not hidden by it (RFC 4302)."""
    signed = struct.pack("!BBHII", 6, 4, 0, 1, 1) + bytes(12) + bytes(TCP(sport=40000, dport=21, seq=77))
    outer = outer.copy()
    setattr(outer, "proto" if isinstance(outer, IP) else "nh", 51)
    segment = parse(framed(outer / signed), 1)
    assert isinstance(segment, Segment)
    assert segment.seq == 77


def test_extension_headers_behind_one_another() -> None:
    """IPv6 routing and destination options in any order."""
    outer = IPv6(src="2001:db8::2", dst="2001:db8:1::2") / IPv6ExtHdrDestOpt() / IPv6ExtHdrRouting(addresses=["::1"])
    segment = parse(framed(outer / IPv6ExtHdrDestOpt() / TCP(seq=77)), 1)
    assert isinstance(segment, Segment)


def test_too_deep() -> None:
    """A packet that is nothing but tunnels ends the search."""
    packet: Packet = INNER
    for _ in range(20):
        packet = IP(src="192.0.2.1", dst="192.0.2.2", proto=4) / packet
    assert parse(framed(packet), 1) is None


def test_other_datagrams() -> None:
    """Another port, a VXLAN header without its mark, or other GRE is no tunnel of ours."""
    assert parse(framed(OUTER / UDP(sport=1, dport=53) / bytes(BRIDGED)), 1) is None
    assert parse(framed(OUTER / UDP(sport=1, dport=4789) / (bytes(8) + bytes(BRIDGED))), 1) is None
    assert parse(framed(OUTER / GRE(proto=0x0806) / bytes(INNER)), 1) is None
    assert parse(framed(OUTER / UDP(sport=1, dport=6081) / GENEVE(version=1, proto=0x6558) / BRIDGED), 1) is None
