from __future__ import annotations

import fcntl
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Packet

from ftpdiag.recording import clock
from ftpdiag.recording.clock import now
from ftpdiag.recording.frames.packets import RAW_IP
from ftpdiag.recording.tap import packet_socket
from ftpdiag.recording.tap.kernel_filter import BEGINNING, watching
from ftpdiag.recording.tap.packet_socket import PacketSocket
from tests.recording.namespace import ip, wait_for_carrier

ETHER = Ether(src="02:00:00:00:00:01", dst="ff:ff:ff:ff:ff:ff")
SYN = IP(src="192.0.2.9", dst="198.51.100.2") / TCP(sport=20, dport=46055, flags="S")
SYN6 = IPv6(src="2001:db8::9", dst="2001:db8::2") / TCP(sport=20, dport=46055, flags="S")
BULK = IP(src="203.0.113.2", dst="198.51.100.2") / TCP(sport=50000, dport=40000, flags="A") / (b"x" * 1400)
FILTER = watching(["203.0.113.2"], (21,))


def received(watched: PacketSocket) -> list[bytes]:
    """What has arrived."""
    return [frame.data for frame in watched.receive()]


@pytest.mark.lab
def test_link_header(cable: Callable[[Packet], None]) -> None:
    """Frames come without Ethernet header and VLAN tag, with the kernel's time."""
    watched = PacketSocket("near", FILTER)
    before = time.time()
    for packet in (SYN, ARP(), IP() / UDP(), Dot1Q(vlan=5) / SYN6):
        cable(ETHER / packet)
    first, second = watched.receive()
    watched.close()
    assert (first.data, second.data) == (bytes(SYN), bytes(SYN6))
    assert first.link_type == second.link_type == RAW_IP
    assert all(before <= frame.at <= time.time() for frame in (first, second))


@pytest.mark.lab
def test_cut(cable: Callable[[Packet], None]) -> None:
    """A frame that the filter cuts tells how long it was."""
    watched = PacketSocket("near", FILTER)
    cable(ETHER / BULK)
    (frame,) = watched.receive()
    watched.close()
    assert (len(frame.data), frame.length) == (BEGINNING, len(BULK))


@pytest.mark.lab
@pytest.mark.usefixtures("network")
def test_interface_without_link_header() -> None:
    """A tunnel, which has no link header, is watched as well."""
    with open("/dev/net/tun", "r+b", buffering=0) as tunnel:  # noqa: PTH123
        fcntl.ioctl(tunnel, 0x400454CA, struct.pack("16sH", b"tunnel", 0x1001))  # TUNSETIFF: IFF_TUN, IFF_NO_PI
        ip("link set tunnel up")
        watched = PacketSocket("tunnel", FILTER)
        tunnel.write(bytes(SYN))
        tunnel.write(bytes(SYN6))
        assert received(watched) == [bytes(SYN), bytes(SYN6)]
        watched.close()


@pytest.mark.lab
def test_every_interface(cable: Callable[[Packet], None]) -> None:
    """Without a name all interfaces are watched but the loopback; a bridge shows nothing that its ports have shown."""
    ip("link add bridge type bridge")
    ip("link set near master bridge")
    ip("link set bridge up")
    ip("link add other type veth peer name end")
    ip("link set other up")
    ip("link set end up")
    on_bridge, watched = PacketSocket("bridge", FILTER), PacketSocket(None, FILTER)
    cable(ETHER / SYN)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as end:
        end.bind(("end", 0))
        end.send(bytes(ETHER / SYN6))
    with socket.socket() as caller, suppress(ConnectionRefusedError):
        caller.connect(("127.0.0.1", 4711))
    time.sleep(0.05)  # what a busy machine does not hand on at once
    assert received(on_bridge) == [bytes(SYN)]
    assert sorted(received(watched)) == [bytes(SYN), bytes(SYN6)]
    on_bridge.close()
    watched.close()


@pytest.mark.lab
def test_shut(cable: Callable[[Packet], None]) -> None:
    """Shut, it takes nothing more and still hands out what it has."""
    watched = PacketSocket("near", FILTER)
    cable(ETHER / SYN)
    watched.shut()
    cable(ETHER / SYN)
    assert received(watched) == [bytes(SYN)]
    watched.close()


@pytest.mark.lab
def test_dropped(cable: Callable[[Packet], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """What the kernel could not keep is counted, however often we ask, and after the end too."""
    monkeypatch.setattr(packet_socket, "_BUFFER", 1)
    watched = PacketSocket("near", FILTER)
    for _ in range(100):
        cable(ETHER / SYN)
    early = watched.dropped
    seen = len(received(watched))
    watched.close()
    assert early > 0
    assert watched.dropped == early
    assert seen + early == 100


@pytest.mark.lab
def test_interface_down(cable: Callable[[Packet], None]) -> None:
    """An interface that was down meanwhile counts as something missed, and is watched again once it is up."""
    watched = PacketSocket("near", FILTER)
    ip("link set near down")
    ip("link set near up")
    wait_for_carrier("near", "far")
    cable(ETHER / SYN)
    assert received(watched) == [bytes(SYN)]
    assert watched.dropped == 1
    watched.close()


@pytest.mark.lab
def test_a_clock_that_is_set(cable: Callable[[Packet], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """A packet that the kernel stamps by a clock that was set fits the time of the run all the same."""
    watched = PacketSocket("near", FILTER)
    began = now()
    # Setting the machine's clock an hour ahead looks from the process as if it had begun an hour earlier.
    monkeypatch.setattr(clock, "_START", clock._START - 3600)  # noqa: SLF001 - ditto
    cable(ETHER / SYN)
    (frame,) = watched.receive()
    watched.close()
    assert began - 3600 - 0.1 <= frame.at <= now() + 0.1
