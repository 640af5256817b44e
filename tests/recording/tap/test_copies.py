from __future__ import annotations

import pytest
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.packet import Packet

from ftpdiag.recording.frames.packets import RAW_IP, Frame
from ftpdiag.recording.tap.copies import Copies

SYN = IP(src="198.51.100.2", dst="203.0.113.2") / TCP(sport=40000, dport=21, flags="S")
SYN6 = IPv6(src="2001:db8::2", dst="2001:db8::9") / TCP(sport=40000, dport=21, flags="S")


def frame(at: float, packet: Packet = SYN) -> Frame:
    """A packet that passes."""
    return Frame(at=at, data=bytes(packet), length=len(packet), link_type=RAW_IP)


def on_from(packet: Packet) -> Packet:
    """The same behind a router."""
    further = packet.copy()
    if IP in further:
        further.ttl -= 1
    else:
        further.hlim -= 1
    return further


def test_a_bond() -> None:
    """What one interface shows and another has just shown is the same packet."""
    copies = Copies()
    assert not copies.repeats(frame(10.0), "eth0")
    assert copies.repeats(frame(10.00001), "bond0")
    assert copies.repeats(frame(10.00002), "br0")
    assert not copies.repeats(frame(10.0, SYN6), "bond0")


@pytest.mark.parametrize("packet", [SYN, SYN6])
def test_a_router_in_this_machine(packet: Packet) -> None:
    """What it forwards is the same packet, a hop further."""
    copies = Copies()
    assert not copies.repeats(frame(10.0, packet), "veth0")
    assert copies.repeats(frame(10.0001, on_from(packet)), "eth0")
    assert not copies.repeats(frame(10.5, on_from(packet)), "eth0")


def test_a_repetition() -> None:
    """What one interface shows twice was sent twice, and so was what another shows much later."""
    copies = Copies()
    assert not copies.repeats(frame(10.0), "eth0")
    assert not copies.repeats(frame(10.00001), "eth0")
    assert not copies.repeats(frame(10.3), "eth1")


def test_bounded() -> None:
    """However much passes, little is remembered."""
    copies = Copies()
    for number in range(2000):
        assert not copies.repeats(frame(10.0, IP(id=number) / TCP()), "eth0")
    assert len(copies._first) <= 512  # noqa: SLF001 - what it costs shows nowhere else
