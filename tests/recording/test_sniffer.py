from __future__ import annotations

import fcntl
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from ctypes.util import find_library
from pathlib import Path
from types import SimpleNamespace

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Packet as Built

from ftpdiag.model import Flag, IcmpError, Packet, Segment
from ftpdiag.recording import sniffer
from ftpdiag.recording.kernel_filter import BEGINNING
from ftpdiag.recording.packets import parse
from ftpdiag.recording.sniffer import CannotSniff, Sniffer
from tests.recording.namespace import ip, namespace

ETHER = Ether(src="02:00:00:00:00:01", dst="ff:ff:ff:ff:ff:ff")
SYN = IP(src="192.0.2.9", dst="198.51.100.2") / TCP(sport=20, dport=46055, flags="S")
SYN6 = IPv6(src="2001:db8::9", dst="2001:db8::2") / TCP(sport=20, dport=46055, flags="S")
BULK = IP(src="203.0.113.2", dst="198.51.100.2") / TCP(sport=50000, dport=40000, flags="A") / (b"x" * 1400)


@pytest.fixture
def network() -> Iterator[None]:
    """A namespace of our own."""
    with namespace():
        yield


@pytest.fixture
def cable(network: None) -> Iterator[Callable[[Built], None]]:  # noqa: ARG001 - it is where the cable lies
    """Puts a frame on the far end of a cable whose near end is `near`."""
    ip("link add near type veth peer name far")
    ip("link set near up")
    ip("link set far up")
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as far:
        far.bind(("far", 0))

        def send(frame: Built) -> None:
            far.send(bytes(frame))

        yield send


def watch(seen: list[Packet], interface: str = "near") -> Sniffer:
    """A sniffer that keeps in `seen` what it feeds."""
    return Sniffer(interface=interface, control_port=21, servers=["203.0.113.2", "127.0.0.1"], feed=seen.append)


def knock(port: int) -> None:
    """Call a port where nobody listens."""
    with socket.socket() as caller, suppress(ConnectionRefusedError):
        caller.connect(("127.0.0.1", port))


def in_use() -> tuple[int, int]:
    """Threads and descriptors of this process."""
    return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))


def refuse(*_: object) -> socket.socket:
    """Fail as socket() does for who may not."""
    raise PermissionError(1, "Operation not permitted")


@pytest.mark.lab
@pytest.mark.usefixtures("network")
def test_loopback() -> None:
    """On the loopback each packet is seen once, with the kernel's time and under its number."""
    seen: list[Packet] = []
    before = time.time()
    with watch(seen, "lo") as watching:
        knock(4711)
    assert [packet.flags for packet in seen if isinstance(packet, Segment)] == [Flag.SYN, Flag.RST | Flag.ACK]
    assert [packet.number for packet in seen] == [1, 2]
    assert before <= seen[0].at <= seen[1].at <= time.time()
    assert [parse(frame, number) for number, frame in enumerate(watching.frames, 1)] == seen
    assert watching.dropped == 0


@pytest.mark.lab
def test_cable(cable: Callable[[Built], None]) -> None:
    """Of all that comes in, tagged or not, what matters is fed; a server's bulk is cut, its length known."""
    seen: list[Packet] = []
    with watch(seen):
        for packet in (SYN, IP() / UDP() / b"x", Dot1Q(vlan=5) / SYN6, BULK, SYN / ICMP(), IP() / ICMP(type=3) / SYN):
            cable(ETHER / packet)
    first, second, third, fourth, fifth = seen
    assert isinstance(first, Segment)
    assert isinstance(second, Segment)
    assert isinstance(third, Segment)
    assert isinstance(fifth, IcmpError)
    assert (first.source.host, second.source.host) == ("192.0.2.9", "2001:db8::9")
    assert (third.length, len(third.payload)) == (1400, BEGINNING - 40)
    assert (fourth.number, fifth.number) == (4, 5)


@pytest.mark.lab
@pytest.mark.usefixtures("network")
def test_interface_without_link_header() -> None:
    """A tunnel, which has no link header, is watched as well."""
    with open("/dev/net/tun", "r+b", buffering=0) as tunnel:  # noqa: PTH123
        fcntl.ioctl(tunnel, 0x400454CA, struct.pack("16sH", b"tunnel", 0x1001))  # TUNSETIFF: IFF_TUN, IFF_NO_PI
        ip("link set tunnel up")
        seen: list[Packet] = []
        with watch(seen, "tunnel"):
            tunnel.write(bytes(SYN))
            tunnel.write(bytes(SYN6))
    assert [packet.ttl for packet in seen] == [64, 64]


@pytest.mark.lab
def test_from_opening_to_leaving(cable: Callable[[Built], None]) -> None:
    """Nothing is lost between the opening of the socket and entering, nor on leaving at once."""
    seen: list[Packet] = []
    watching = watch(seen)
    cable(ETHER / SYN)
    with watching:
        for _ in range(1000):
            cable(ETHER / SYN)
    cable(ETHER / SYN)
    assert len(seen) == len(watching.frames) == 1001


@pytest.mark.lab
def test_dropped(cable: Callable[[Built], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """What the kernel could not keep is counted, however often we ask, and after the end too."""
    monkeypatch.setattr("ftpdiag.recording.packet_socket._BUFFER", 1)
    seen: list[Packet] = []
    watching = watch(seen)
    for _ in range(100):
        cable(ETHER / SYN)
    early = watching.dropped
    with watching:
        pass
    assert early > 0
    assert watching.dropped == early
    assert len(seen) + early == 100


@pytest.mark.lab
def test_interface_down(cable: Callable[[Built], None]) -> None:
    """An interface that was down meanwhile counts as something missed, and is watched again once it is up."""
    seen: list[Packet] = []
    with watch(seen) as watching:
        ip("link set near down")
        time.sleep(0.05)
        ip("link set near up")
        cable(ETHER / SYN)
    assert watching.dropped == 1
    assert len(seen) == 1


@pytest.mark.lab
@pytest.mark.usefixtures("network")
def test_nothing_is_left() -> None:
    """No thread and no descriptor outlives the sniffer."""
    with watch([], "lo"):
        pass
    before = in_use()
    with watch([], "lo"):
        knock(4711)
    assert in_use() == before


@pytest.mark.lab
@pytest.mark.usefixtures("network")
def test_failure_of_feed() -> None:
    """A failure of `feed` comes out on leaving."""

    def fail(_: Packet) -> None:
        raise LookupError("a bug")

    with (
        pytest.raises(LookupError, match="a bug"),
        Sniffer(interface="lo", control_port=21, servers=["127.0.0.1"], feed=fail),
    ):
        knock(4711)


@pytest.mark.lab
@pytest.mark.usefixtures("network")
@pytest.mark.skipif(not find_library("pcap"), reason="scapy's own filter needs libpcap")
def test_portable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are no packet sockets, scapy's own socket serves."""
    monkeypatch.setattr(sniffer, "socket", SimpleNamespace())
    seen: list[Packet] = []
    with watch(seen, "lo"):
        knock(4711)
    assert {packet.flags for packet in seen if isinstance(packet, Segment)} == {Flag.SYN, Flag.RST | Flag.ACK}


@pytest.mark.lab
def test_no_such_interface() -> None:
    """An interface that does not exist cannot be watched, and the sentence says which."""
    with pytest.raises(CannotSniff, match=r"^Packets on nowhere0 were not watched: No such device\.$"):
        watch([], "nowhere0")


@pytest.mark.lab
def test_ordinary_user() -> None:
    """An ordinary user is told what was not seen, and how to grant it."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.setuid(65534)
        try:
            watch([], "lo")
        except CannotSniff as reason:
            os.write(writing, str(reason).encode())
        os._exit(0)
    os.waitpid(child, 0)
    told = os.read(reading, 1 << 12).decode()
    os.close(reading)
    os.close(writing)
    assert told.startswith("Packets on lo were not watched: an ordinary user may not sniff; run ftpdiag with sudo")


@pytest.mark.parametrize(("user", "words"), [(1000, "sudo setcap cap_net_raw+ep /"), (0, "--cap-add NET_RAW")])
def test_how_to_grant(monkeypatch: pytest.MonkeyPatch, user: int, words: str) -> None:
    """Root without the capability is in a container; anybody else needs it from root."""
    monkeypatch.setattr("socket.socket", refuse)
    monkeypatch.setattr("os.geteuid", lambda: user)
    with pytest.raises(CannotSniff) as reason:
        watch([], "lo")
    assert words in str(reason.value)
    assert str(reason.value).count(". ") == 0
