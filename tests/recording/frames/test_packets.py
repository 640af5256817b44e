from __future__ import annotations

import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_Router_Alert
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    ICMPv6EchoRequest,
    ICMPv6PacketTooBig,
    ICMPv6TimeExceeded,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
)
from scapy.layers.l2 import ARP, CookedLinux, CookedLinuxV2, Dot1AD, Dot1Q, Ether, Loopback, LoopbackOpenBSD
from scapy.packet import NoPayload, Packet, Raw

from ftpdiag.model import Endpoint, Flag, IcmpError, Segment
from ftpdiag.recording.frames.packets import LINKS, RAW_IP, Frame, body, link_name, parse

CLIENT, SERVER = Endpoint(host="198.51.100.2", port=40000), Endpoint(host="203.0.113.2", port=21)
CLIENT6, SERVER6 = Endpoint(host="2001:db8::2", port=40000), Endpoint(host="2001:db8:1::2", port=21)
V4 = IP(src=CLIENT.host, dst=SERVER.host, ttl=61)
V6 = IPv6(src=CLIENT6.host, dst=SERVER6.host, hlim=61)
HELLO = TCP(sport=40000, dport=21, flags="PA", seq=7, ack=9, window=500, options=[("NOP", None)] * 4) / b"NOOP\r\n"


def framed(packet: Packet, link_type: int = RAW_IP, snap: int = 1 << 16) -> Frame:
    """A packet as captured, cut after `snap` bytes."""
    data = bytes(packet)
    return Frame(at=1.5, data=data[:snap], length=len(data), link_type=link_type)


def hello(source: Endpoint, destination: Endpoint) -> Segment:
    """What `HELLO` says."""
    return Segment(
        number=3,
        at=1.5,
        source=source,
        destination=destination,
        flags=Flag.PSH | Flag.ACK,
        seq=7,
        ack=9,
        window=500,
        ttl=61,
        length=6,
        payload=b"NOOP\r\n",
    )


@pytest.mark.parametrize("ip", [V4, V6])
def test_checksum_left(ip: Packet) -> None:
    """A SYN whose checksum covers the pseudo-header alone has not left its host yet; other segments are not asked."""
    addresses = bytes(ip)[12:20] if ip is V4 else bytes(ip)[8:40]
    pseudo = sum(struct.unpack(f"!{len(addresses) // 2}H", addresses)) + 6 + 20
    left = (pseudo & 0xFFFF) + (pseudo >> 16)
    for flags, checksum, expected in (("S", left, True), ("SA", left, True), ("S", None, False), ("A", left, False)):
        segment = parse(framed(ip / TCP(flags=flags, chksum=checksum)), 1)
        assert isinstance(segment, Segment)
        assert segment.checksum_left is expected
    cut = parse(framed(ip / TCP(flags="S", chksum=left), snap=len(bytes(ip)) + 16), 1)
    assert isinstance(cut, Segment)
    assert not cut.checksum_left


@pytest.mark.parametrize(
    ("link_type", "header"),
    [
        (1, Ether(dst="02:00:00:00:00:01")),
        (1, Ether(dst="02:00:00:00:00:01") / Dot1Q(vlan=7)),
        (1, Ether(dst="02:00:00:00:00:01") / Dot1AD(vlan=8) / Dot1Q(vlan=7)),
        (0, Loopback()),
        (108, LoopbackOpenBSD()),
        (113, CookedLinux()),
        (276, CookedLinuxV2()),
        (12, NoPayload()),
        (14, NoPayload()),
        (101, NoPayload()),
    ],
    ids=lambda value: value if isinstance(value, int) else type(value).__name__,
)
def test_every_link_type(link_type: int, header: Packet) -> None:
    """The same segment is read behind every link header, whichever the IP version."""
    for ip, source, destination in ((V4, CLIENT, SERVER), (V6, CLIENT6, SERVER6)):
        inner = ip / HELLO
        packet = inner if isinstance(header, NoPayload) else header / inner
        assert parse(framed(packet, link_type), 3) == hello(source, destination)


def test_raw_ip_of_one_version() -> None:
    """Link types 228 and 229 hold IPv4 and IPv6 without a link header."""
    assert parse(framed(V4 / HELLO, 228), 3) == hello(CLIENT, SERVER)
    assert parse(framed(V6 / HELLO, 229), 3) == hello(CLIENT6, SERVER6)


def test_vlan_in_cooked_v2() -> None:
    """A tag behind a cooked v2 header is skipped."""
    tagged = CookedLinuxV2(proto=0x8100) / Dot1Q(vlan=7) / V4 / HELLO
    assert parse(framed(tagged, 276), 3) == hello(CLIENT, SERVER)


def test_ipv4_options() -> None:
    """IPv4 options stand between the header and TCP."""
    packet = IP(src=CLIENT.host, dst=SERVER.host, ttl=61, options=[IPOption_Router_Alert()]) / HELLO
    assert parse(framed(packet), 3) == hello(CLIENT, SERVER)


@pytest.mark.parametrize(
    "extensions",
    [
        IPv6ExtHdrHopByHop(),
        IPv6ExtHdrDestOpt(),
        IPv6ExtHdrRouting(addresses=["2001:db8::9"]),
        IPv6ExtHdrFragment(offset=0, m=1),
        IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() / IPv6ExtHdrRouting() / IPv6ExtHdrFragment() / IPv6ExtHdrDestOpt(),
    ],
    ids=lambda packet: type(packet).__name__,
)
def test_ipv6_extension_headers(extensions: Packet) -> None:
    """Extension headers of IPv6 are skipped, and the length counts the payload alone."""
    assert parse(framed(V6 / extensions / HELLO), 3) == hello(CLIENT6, SERVER6)


@pytest.mark.parametrize(
    "packet",
    [
        V4 / UDP() / b"data",
        V4 / ICMP(type="echo-request") / b"data",
        V4 / ICMP(type="dest-unreach", code=3) / V4 / UDP(),
        V6 / ICMPv6EchoRequest(),
        V6 / IPv6ExtHdrHopByHop() / UDP(),
        IP(src=CLIENT.host, dst=SERVER.host, frag=100, proto=6) / (b"x" * 40),
        V6 / IPv6ExtHdrFragment(offset=100, nh=6) / (b"x" * 40),
        V4 / TCP(dataofs=4),
        IP(src=CLIENT.host, dst=SERVER.host, len=30) / TCP(),
    ],
    ids=Packet.summary,
)
def test_nothing_of_interest(packet: Packet) -> None:
    """What is neither a TCP header nor an ICMP error about TCP is nothing."""
    assert parse(framed(packet), 1) is None
    assert body(framed(packet)) is None


def test_not_ip() -> None:
    """Ethernet carries more than IP, and captures more than what we know."""
    assert parse(framed(Ether(dst="ff:ff:ff:ff:ff:ff") / ARP(), 1), 1) is None
    assert parse(framed(V4 / HELLO, 147), 1) is None
    assert link_name(147) == "link type 147"


def test_padding_does_not_count() -> None:
    """What Ethernet adds to a short frame is no payload."""
    packet = Ether(dst="02:00:00:00:00:01") / V4 / TCP(flags="S") / Raw(b"")
    frame = Frame(at=0, data=bytes(packet) + bytes(6), length=60, link_type=1)
    segment = parse(frame, 1)
    assert isinstance(segment, Segment)
    assert (segment.length, segment.payload) == (0, b"")


def test_snapped() -> None:
    """The length is the IP header's; the payload is what was captured of it."""
    segment = parse(framed(V4 / HELLO, snap=47), 1)
    assert isinstance(segment, Segment)
    assert (segment.length, segment.payload) == (6, b"NOO")


def test_an_error_cut_within_what_it_quotes() -> None:
    """With 68 bytes of an Ethernet frame, tcpdump's old default, the quoted ports are there, and half of a number."""
    frame = framed(V4 / ICMP(type="dest-unreach", code=1) / V4 / TCP(sport=CLIENT.port, dport=SERVER.port), snap=54)
    error = parse(frame, 1)
    assert isinstance(error, IcmpError)
    assert (error.source.port, error.destination.port) == (CLIENT.port, SERVER.port)
    assert parse(frame._replace(data=frame.data[:51]), 1) is None


@pytest.mark.parametrize("header", [IP(src=CLIENT.host, dst=SERVER.host, len=0), IPv6(dst="::1", plen=0)])
def test_offloaded_giant(header: Packet) -> None:
    """A giant whose IP length is 0 is as long as its frame."""
    segment = parse(framed(header / TCP() / (b"x" * 70000)), 1)
    assert isinstance(segment, Segment)
    assert segment.length == 70000


def test_control_bits() -> None:
    """Bits beyond FIN, SYN, RST, PSH and ACK are left out: ECN decorates an ordinary SYN."""
    segment = parse(framed(V4 / TCP(flags="SEC")), 1)
    assert isinstance(segment, Segment)
    assert segment.flags == Flag.SYN


def test_icmp() -> None:
    """An ICMP error names its device, its reason in words, and the segment it is about by eight bytes of TCP."""
    quote = bytes(V4 / TCP(sport=40000, dport=21, seq=77))[:28]
    error = IP(src="192.0.2.9", dst=CLIENT.host, ttl=250) / ICMP(type=3, code=13) / quote
    assert parse(framed(error), 4) == IcmpError(
        number=4,
        at=1.5,
        reporter="192.0.2.9",
        ttl=250,
        reason="communication administratively prohibited",
        source=CLIENT,
        destination=SERVER,
        seq=77,
    )


@pytest.mark.parametrize(
    ("error", "mtu"),
    [
        (V4 / ICMP(type=3, code=4, nexthopmtu=1300) / bytes(V4 / TCP()), 1300),
        (V4 / ICMP(type=3, code=4) / bytes(V4 / TCP()), None),
        (V6 / ICMPv6PacketTooBig(mtu=1280) / (V6 / TCP()), 1280),
        (V6 / ICMPv6DestUnreach(code=4, unused=1280) / (V6 / TCP()), None),
    ],
)
def test_what_the_next_link_carries(error: Packet, mtu: int | None) -> None:
    """A router that drops what is too long says so; old ones do not say how long it may be (RFC 1191 §5)."""
    packet = parse(framed(error), 1)
    assert isinstance(packet, IcmpError)
    assert packet.mtu == mtu


@pytest.mark.parametrize(
    ("options", "mss"),
    [
        ([("MSS", 1460), ("SAckOK", b"")], 1460),
        ([("NOP", None), ("WScale", 7), ("MSS", 536)], 536),
        ([("EOL", None), ("MSS", 536)], None),
        ([], None),
    ],
)
def test_the_maximum_segment_size_of_a_syn(options: list[tuple[str, object]], mss: int | None) -> None:
    """It is read wherever it stands among the options, as long as they are there."""
    syn = V4 / TCP(flags="S", options=options)
    segment = parse(framed(syn), 1)
    assert isinstance(segment, Segment)
    assert segment.mss == mss
    cut = parse(framed(syn, snap=42), 1)
    assert isinstance(cut, Segment)
    assert cut.mss is None


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (ICMPv6DestUnreach(code=1), "communication administratively prohibited"),
        (ICMPv6DestUnreach(code=4), "port unreachable"),
        (ICMPv6DestUnreach(code=6), "reject route to destination"),
        (ICMPv6PacketTooBig(), "packet too big"),
        (ICMPv6TimeExceeded(), "hop limit exceeded in transit"),
    ],
)
def test_icmpv6(message: Packet, reason: str) -> None:
    """An ICMPv6 error is read likewise, extension headers in the quoted packet included."""
    quoted = V6 / IPv6ExtHdrDestOpt() / TCP(sport=40000, dport=21, seq=77)
    error = parse(framed(IPv6(src="2001:db8::9", dst=CLIENT6.host) / message / quoted), 1)
    assert isinstance(error, IcmpError)
    assert (error.reporter, error.reason, error.source, error.destination, error.seq) == (
        "2001:db8::9",
        reason,
        CLIENT6,
        SERVER6,
        77,
    )


@given(st.binary(max_size=200), st.sampled_from([*LINKS, 147]), st.integers(0, 1 << 32))
@example(b"\x45" + bytes(60), RAW_IP, 0)
def test_never_raises_on_rubbish(data: bytes, link_type: int, length: int) -> None:
    """Any bytes of any link type are read or passed over, never a failure."""
    frame = Frame(at=0.0, data=data, length=length, link_type=link_type)
    assert parse(frame, 1) is None or body(frame) is not None


WHOLE = (
    Ether(dst="02:00:00:00:00:01") / V4 / HELLO,
    Ether(dst="02:00:00:00:00:01") / V6 / IPv6ExtHdrHopByHop() / HELLO,
    Ether(dst="02:00:00:00:00:01") / V4 / ICMP(type=3, code=13) / V4 / HELLO,
    Ether(dst="02:00:00:00:00:01") / V6 / ICMPv6DestUnreach() / V6 / HELLO,
)


@given(st.sampled_from(WHOLE), st.integers(0, 150), st.integers(0, 149), st.integers(0, 255))
def test_never_raises_on_damage(packet: Packet, cut: int, at: int, value: int) -> None:
    """A good packet cut anywhere, with any byte changed, is no failure; and what parses has a body."""
    data = bytearray(bytes(packet))
    data[at % len(data)] = value
    frame = Frame(at=0.0, data=bytes(data[:cut]), length=len(data), link_type=1)
    assert parse(frame, 1) is None or body(frame) is not None
