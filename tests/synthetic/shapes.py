"""What a network and a tap make of packets: link headers, tunnels, fragments, losses, repetitions."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

from scapy.contrib.mpls import MPLS
from scapy.layers.dot11 import Dot11, Dot11QoS, RadioTap
from scapy.layers.inet import IP, TCP, UDP, fragment
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop
from scapy.layers.l2 import GRE, LLC, SNAP, CookedLinux, CookedLinuxV2, Dot1AD, Dot1Q, Ether, Loopback, LoopbackOpenBSD
from scapy.layers.ppp import HDLC, PPP, PPPoE
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet

from tests.synthetic.conversation import LISTING, Timed

Wrap = Callable[[Packet], Packet]
MACS = ("02:00:00:00:00:01", "02:00:00:00:00:02")
OUTER = ("192.0.2.1", "192.0.2.2")


def ethernet(inner: Packet) -> Packet:
    """As most taps show it."""
    return Ether(dst=MACS[0], src=MACS[1]) / inner


def _wlan(subtype: int) -> Packet:
    header = Dot11(type=2, subtype=subtype, FCfield=1, addr1=MACS[0], addr2=MACS[1], addr3=MACS[0])
    return header / Dot11QoS() if subtype & 8 else header


def _snap(inner: Packet) -> Packet:
    return LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(code=0x800 if isinstance(inner, IP) else 0x86DD) / inner


def _ppp(inner: Packet) -> Packet:
    return PPP(proto=0x21 if isinstance(inner, IP) else 0x57) / inner


def _mpls(inner: Packet) -> Packet:
    return Ether(dst=MACS[0], src=MACS[1], type=0x8847) / MPLS(label=16, s=0) / MPLS(label=17, s=1) / inner


def _outer(protocol: int) -> Packet:
    return IP(src=OUTER[0], dst=OUTER[1], proto=protocol, id=1)


def _vxlan(inner: Packet) -> Packet:
    return ethernet(_outer(17) / UDP(sport=50000, dport=4789, chksum=0) / VXLAN(vni=7) / ethernet(inner))


def _signed(inner: Packet) -> Packet:
    """RFC 4302: an authentication header with a signature of 12 bytes."""
    payload = bytes(inner.payload)
    header = struct.pack("!BBHII", inner.proto, 4, 0, 1, 1) + bytes(12)
    return ethernet(IP(src=inner.src, dst=inner.dst, ttl=inner.ttl, id=inner.id, proto=51) / (header + payload))


def _extended(inner: Packet) -> Packet:
    outer = IPv6(src=inner.src, dst=inner.dst, hlim=inner.hlim) / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt()
    outer.lastlayer().nh = inner.nh
    return ethernet(outer / bytes(inner.payload))


LINKS: dict[str, tuple[str, int, int, Wrap]] = {
    "80211": ("IEEE 802.11 data frames", 105, 4, lambda inner: _wlan(0) / _snap(inner)),
    "radiotap": ("IEEE 802.11 QoS data with radiotap", 127, 6, lambda inner: RadioTap() / _wlan(8) / _snap(inner)),
    "cooked": ("Linux cooked capture", 113, 4, lambda inner: CookedLinux() / inner),
    "cooked-v2": ("Linux cooked capture, version 2", 276, 6, lambda inner: CookedLinuxV2() / inner),
    "loopback": ("BSD loopback, the family in the writer's byte order", 0, 4, lambda inner: Loopback() / inner),
    "loopback-openbsd": ("OpenBSD loopback, in network byte order", 108, 6, lambda inner: LoopbackOpenBSD() / inner),
    "raw": ("no link header at all", 101, 6, lambda inner: inner),
    "ppp": ("PPP in HDLC framing", 9, 4, lambda inner: HDLC() / _ppp(inner)),
    "pppoe": ("PPP over Ethernet", 1, 6, lambda inner: Ether(dst=MACS[0], src=MACS[1]) / PPPoE() / _ppp(inner)),
    "qinq": (
        "two VLAN tags",
        1,
        4,
        lambda inner: Ether(dst=MACS[0], src=MACS[1]) / Dot1AD(vlan=8) / Dot1Q(vlan=7) / inner,
    ),
    "mpls": ("two MPLS labels", 1, 4, _mpls),
    "gre": ("GRE", 1, 4, lambda inner: ethernet(_outer(47) / GRE() / inner)),
    "gre-bridged": (
        "Ethernet in GRE with a key",
        1,
        6,
        lambda inner: ethernet(_outer(47) / GRE(key_present=1, key=9, proto=0x6558) / ethernet(inner)),
    ),
    "ip-in-ip": ("IPv4 in IPv4", 1, 4, lambda inner: ethernet(_outer(4) / inner)),
    "6in4": ("IPv6 in IPv4", 1, 6, lambda inner: ethernet(_outer(41) / inner)),
    "vxlan": ("VXLAN", 1, 4, _vxlan),
    "authentication-header": ("IPsec authentication headers", 1, 4, _signed),
    "ipv6-extensions": ("IPv6 hop-by-hop and destination options", 1, 6, _extended),
}
"""Name -> what it is, its link type, the IP version in it, and how a packet gets into it."""


def fragmented(packets: Timed) -> Timed:
    """Each packet in fragments of 48 bytes, every other packet's in reverse order."""
    whole = []
    for index, (at, packet) in enumerate(packets):
        pieces = fragment(packet, 48)  # type: ignore[no-untyped-call]  # scapy
        whole += [(at, piece) for piece in (reversed(pieces) if index % 2 else pieces)]
    return whole


def swapped(packets: Timed) -> Timed:
    """Every third packet after the one that follows it, with the times as they were."""
    order = list(packets)
    for index in range(4, len(order) - 1, 3):
        order[index], order[index + 1] = order[index + 1], order[index]
    return [(at, packet) for (at, _), (_, packet) in zip(packets, order, strict=True)]


def doubled(packets: Timed) -> Timed:
    """Every packet twice, as a mirror port shows that sees it come and go."""
    return [one for one in packets for _ in range(2)]


def lossy(packets: Timed) -> Timed:
    """Without the reply to PASS, and without the second half of the listing."""
    lost = (b"230 In\r\n", LISTING[1000:])
    return [(at, packet) for at, packet in packets if not bytes(packet).endswith(lost)]


def unasked(packets: Timed) -> Timed:
    """Without the commands that negotiate passive data connections: only the replies tell of those."""
    return [(at, packet) for at, packet in packets if not bytes(packet).endswith(b"EPSV\r\n")]


def two_clocks(packets: Timed) -> Timed:
    """Each direction from a tap of its own, merged by time; the server's clock is 9 ms behind."""
    server = packets[1][1].src
    behind = [(at - 0.009 * (packet.src == server), packet) for at, packet in packets]
    return sorted(behind, key=lambda one: one[0])


def split(packets: Timed) -> Timed:
    """Payload in segments of seven bytes."""
    found: Timed = []
    for at, packet in packets:
        payload = bytes(packet[TCP].payload) if type(packet.payload) is TCP else b""
        for start in range(0, max(len(payload), 1), 7):
            part = type(packet)(bytes(packet))
            if payload:
                part[TCP].remove_payload()
                part[TCP].seq += start
                part = _anew(part / payload[start : start + 7])
            found.append((at + start * 1e-6, part))
    return found


def giant(packets: Timed) -> Timed:
    """IP lengths of 0, as a card that cuts segments by itself leaves them, and no valid checksum anywhere."""
    found: Timed = []
    for at, packet in packets:
        one = IP(bytes(packet))
        one.len, one.chksum = 0, 0xDEAD
        found.append((at, one))
    return found


def late(packets: Timed) -> Timed:
    """What passes after the login: the tap was started late."""
    return packets[11:]


def set_back(packets: Timed) -> Timed:
    """The clock is set back by an hour in the middle of the first transfer, and jitters."""
    rng = random.Random(7)
    return [(at - (3600 if index > 15 else 0) + rng.uniform(0, 1e-4), one) for index, (at, one) in enumerate(packets)]


def _anew(packet: Packet) -> Packet:
    del packet.len, packet.chksum, packet[TCP].chksum
    return IP(bytes(packet))
