from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_Router_Alert
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    ICMPv6EchoRequest,
    ICMPv6ND_NS,
    ICMPv6PacketTooBig,
    ICMPv6TimeExceeded,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
)
from scapy.packet import Packet

from ftpdiag.model import Flag, Segment
from ftpdiag.recording.frames.packets import RAW_IP, Frame, parse
from ftpdiag.recording.tap.bpf import Program, attach
from ftpdiag.recording.tap.kernel_filter import BEGINNING, nothing, outgoing, watching

SERVERS = ("203.0.113.2", "203.0.113.3", "2001:db8:1::2", "fe80::1%lo")
FILTER = watching(SERVERS, (21,))
US, SERVER, STRANGER = "198.51.100.2", "203.0.113.3", "192.0.2.9"
US6, SERVER6, STRANGER6 = "2001:db8::2", "2001:db8:1::2", "2001:db8::99"
BULK = b"x" * 1400


def kept(packet: Packet | bytes, program: Program = FILTER) -> int:
    """How many bytes the kernel keeps; any datagram socket takes a filter."""
    sender, receiver = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with sender, receiver:
        attach(receiver, program)
        receiver.settimeout(0)
        sender.send(bytes(packet))
        try:
            return len(receiver.recv(1 << 16))
        except BlockingIOError:
            return 0


@pytest.mark.parametrize("flags", ["S", "SA", "F", "FA", "R", "RA", "SEC"])
@pytest.mark.parametrize(
    "ip",
    [
        IP(src=STRANGER, dst=US),
        IP(src=US, dst=STRANGER, options=[IPOption_Router_Alert()]),
        IP(src=STRANGER, dst=US, flags="MF"),
        IPv6(src=STRANGER6, dst=US6),
        IPv6(dst=US6) / IPv6ExtHdrHopByHop(),
        IPv6(dst=US6) / IPv6ExtHdrHopByHop() / IPv6ExtHdrRouting(addresses=["::1"]) / IPv6ExtHdrDestOpt(),
        IPv6(dst=US6) / IPv6ExtHdrFragment(m=1) / IPv6ExtHdrDestOpt(),
    ],
    ids=Packet.summary,
)
def test_openings_and_endings_of_anybody(ip: Packet, flags: str) -> None:
    """Every SYN, FIN and RST is kept whole, whoever sends it, behind whatever IP header."""
    packet = ip / TCP(sport=4711, dport=46055, flags=flags) / (b"x" * 300)
    assert kept(packet) == len(packet)


@pytest.mark.parametrize(
    "ip",
    [
        IP(src=SERVER, dst=US),
        IP(src=US, dst=SERVER),
        IP(src=US, dst=SERVER, options=[IPOption_Router_Alert()]),
        IPv6(src=SERVER6, dst=US6),
        IPv6(src=US6, dst=SERVER6) / IPv6ExtHdrDestOpt(),
        IPv6(src=US6, dst="fe80::1"),
    ],
    ids=Packet.summary,
)
def test_segments_of_a_server(ip: Packet) -> None:
    """Of a server the control connection is kept whole, and the beginning of everything else."""
    for source, destination in ((21, 40000), (40000, 21)):
        packet = ip / TCP(sport=source, dport=destination, flags="PA") / BULK
        assert kept(packet) == len(packet)
    assert kept(ip / TCP(sport=40001, dport=50000, flags="A") / BULK) == BEGINNING


@pytest.mark.parametrize(
    "packet",
    [
        IP(src=STRANGER, dst=US) / TCP(sport=21, dport=40000, flags="PA") / BULK,
        IPv6(src=STRANGER6, dst=US6) / TCP(sport=21, dport=40000, flags="A") / BULK,
        IPv6(src="2001:db8:1::3", dst=US6) / TCP(flags="A"),
        IP(src=SERVER, dst=US) / UDP() / BULK,
        IPv6(src=SERVER6, dst=US6) / UDP() / BULK,
        IPv6(src=SERVER6, dst=US6) / IPv6ExtHdrFragment(m=1) / UDP() / BULK,
        IP(src=SERVER, dst=US, frag=3, proto=6) / (b"\xff" * 100),
        IPv6(src=SERVER6, dst=US6) / IPv6ExtHdrFragment(offset=3, nh=6) / (b"\xff" * 100),
        IP(src=SERVER, dst=US) / ICMP(type="echo-request"),
        IP(src=SERVER, dst=US) / ICMP(type=3, code=3) / IP() / UDP(),
        IPv6(src=SERVER6, dst=US6) / ICMPv6EchoRequest(),
        IPv6(src=SERVER6, dst=US6) / ICMPv6ND_NS(),
        IPv6(src=SERVER6, dst=US6) / ICMPv6DestUnreach() / IPv6() / UDP(),
        IP(src=SERVER, dst=US, proto=47) / BULK,
        bytes.fromhex("0001080006040001") + bytes(20),
    ],
    ids=lambda packet: packet.summary() if isinstance(packet, Packet) else "ARP",
)
def test_everything_else(packet: Packet | bytes) -> None:
    """Nothing else reaches us, least of all traffic in bulk."""
    assert kept(packet) == 0


@pytest.mark.parametrize(
    "packet",
    [
        *(IP(src=STRANGER, dst=US) / ICMP(type=kind) / IP(src=US) / TCP() for kind in (3, 11, 12)),
        IP(src=STRANGER, dst=US, options=[IPOption_Router_Alert()]) / ICMP(type=3) / IP(src=US) / TCP(),
        IPv6(src=STRANGER6, dst=US6) / ICMPv6DestUnreach() / IPv6() / TCP(),
        IPv6(src=STRANGER6, dst=US6) / ICMPv6PacketTooBig() / IPv6() / IPv6ExtHdrDestOpt() / TCP(),
        IPv6(src=STRANGER6, dst=US6) / IPv6ExtHdrHopByHop() / ICMPv6TimeExceeded() / IPv6() / TCP(),
    ],
    ids=Packet.summary,
)
def test_errors(packet: Packet) -> None:
    """Every ICMP error that may be about TCP is kept whole."""
    assert kept(packet) == len(packet)


def test_long_chain_of_extension_headers() -> None:
    """An IPv6 packet with more extension headers than usual is kept, to be looked at."""
    packet = IPv6(dst=US6)
    for _ in range(7):
        packet /= IPv6ExtHdrDestOpt()
    packet /= TCP(flags="S")
    assert kept(packet) == len(packet)


def test_many_servers() -> None:
    """A filter for many servers is still one the kernel takes."""
    servers = [f"2001:db8:1::{number:x}" for number in range(1, 100)]
    assert kept(IPv6(src=servers[-1], dst=US6) / TCP(flags="A"), watching(servers, (21,))) == 60
    assert kept(IPv6(src=STRANGER6, dst=US6) / TCP(flags="A"), watching(servers, (21,))) == 0


def test_nothing() -> None:
    """A socket can be shut."""
    assert kept(IP() / TCP(flags="S"), nothing()) == 0


def test_outgoing() -> None:
    """What does not leave is dropped on the loopback: it was kept when it left."""
    assert kept(IP() / TCP(flags="S"), outgoing(FILTER)) == 0


@given(st.binary(max_size=120), st.sampled_from([b"", bytes(IP(proto=6, len=0)), bytes(IPv6(nh=6)), bytes(IPv6(nh=0))]))
def test_no_opening_is_lost(rubbish: bytes, header: bytes) -> None:
    """Whatever we would read as a SYN, FIN or RST, the filter keeps."""
    data = header + rubbish
    packet = parse(Frame(at=0.0, data=data, length=len(data), link_type=RAW_IP), 1) if data else None
    if isinstance(packet, Segment) and packet.flags & (Flag.SYN | Flag.FIN | Flag.RST):
        assert kept(data) == len(data)
