from __future__ import annotations

import struct

import pytest
from scapy.contrib.mpls import MPLS
from scapy.layers.dot11 import Dot11, Dot11QoS, RadioTap
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import LLC, SNAP, Dot1Q, Dot3, Ether
from scapy.layers.ppp import HDLC, PPP, PPPoE
from scapy.packet import Packet

from ftpdiag.model import Segment
from ftpdiag.recording.frames.links import LINKS, link_name
from ftpdiag.recording.frames.packets import Frame, parse

INNER = bytes(IP(src="198.51.100.2", dst="203.0.113.2") / TCP(sport=40000, dport=21, seq=77) / b"NOOP\r\n")
MAC = "02:00:00:00:00:01"
DATA = Dot11(type=2, subtype=0, addr1=MAC, addr2=MAC, addr3=MAC)
WITH_SNAP = LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(code=0x0800)
AVS = struct.pack("!II", 0x80211001, 64) + bytes(56)


def says(link_type: int, data: bytes) -> bytes | None:
    """The payload of the segment in a frame, if its segment is the one that is in INNER."""
    segment = parse(Frame(at=0.0, data=data, length=len(data), link_type=link_type), 1)
    return segment.payload if isinstance(segment, Segment) and segment.seq == 77 else None


@pytest.mark.parametrize(
    ("link_type", "header"),
    [
        (1, Ether(dst=MAC, type=0x8847) / MPLS(label=16, s=0) / MPLS(label=17, s=1)),
        (1, Ether(dst=MAC, type=0x8847) / MPLS(label=16, s=1) / bytes(4) / Ether(dst=MAC, type=0x0800)),
        (1, Ether(dst=MAC) / PPPoE() / PPP(proto=0x21)),
        (1, Ether(dst=MAC) / Dot1Q(vlan=3) / PPPoE() / PPP(proto=0x21)),
        (1, Dot3(dst=MAC, len=100) / WITH_SNAP),
        (1, Ether(dst=MAC, type=0x8909) / b"\x01\x01\x00\x01\x00\x07\x08\x00"),
        (9, HDLC() / PPP(proto=0x21)),
        (9, PPP(proto=0x21)),
        (9, b"\xff\x03\x21"),
        (50, HDLC() / PPP(proto=0x21)),
        (51, PPPoE() / PPP(proto=0x21)),
        (104, b"\x0f\x00\x08\x00"),
        (105, DATA / WITH_SNAP),
        (105, Dot11(type=2, FCfield=3) / WITH_SNAP),
        (105, Dot11(type=2, subtype=8) / Dot11QoS() / WITH_SNAP),
        (105, Dot11(type=2, subtype=8) / Dot11QoS(A_MSDU_Present=1) / bytes(14) / WITH_SNAP),
        (117, b"\x3d" + bytes(63)),
        (119, bytes(144) + bytes(DATA / WITH_SNAP)),
        (119, AVS + bytes(DATA / WITH_SNAP)),
        (127, RadioTap() / DATA / WITH_SNAP),
        (
            127,
            RadioTap(present=3, mac_timestamp=9, Flags=0x20)
            / Dot11(type=2, subtype=8)
            / Dot11QoS()
            / b"\0\0"
            / WITH_SNAP,
        ),
        (163, AVS + bytes(DATA / WITH_SNAP)),
        (192, struct.pack("<BBHI", 0, 0, 8, 105) + bytes(DATA / WITH_SNAP)),
        (192, struct.pack("<BBHI", 0, 0, 8, 1) + bytes(Ether(dst=MAC, type=0x0800))),
        (204, b"\x01\x03\x00\x21"),
        (276, struct.pack("!H", 0x88A8) + bytes(18) + b"\x00\x07\x08\x00"),
    ],
)
def test_ip_behind(link_type: int, header: Packet | bytes) -> None:
    """IP is found behind every header, tag, label and session."""
    assert says(link_type, bytes(header) + INNER) == b"NOOP\r\n"


@pytest.mark.parametrize(
    ("link_type", "header"),
    [
        (105, Dot11(type=2, FCfield="protected")),
        (105, Dot11(type=0, subtype=8)),
        (105, Dot11(type=2, subtype=4)),
        (1, Dot3(dst=MAC, len=100) / LLC(dsap=0x42, ssap=0x42, ctrl=3)),
        (1, Ether(dst=MAC, type=0x8847) / MPLS(label=16, s=1) / b"\xff"),
        (9, PPP(proto=0xC021)),
        (192, struct.pack("<BBHI", 0, 0, 8, 147)),
    ],
)
def test_no_ip_behind(link_type: int, header: Packet | bytes) -> None:
    """What is encrypted, or announces something else, is not taken for IP."""
    assert says(link_type, bytes(header) + INNER) is None


def test_names() -> None:
    """Every link type has a name, also one that ftpdiag cannot read."""
    assert link_name(127) == "IEEE 802.11 with radiotap"
    assert link_name(147) == "link type 147"
    assert all(link.name for link in LINKS.values())
