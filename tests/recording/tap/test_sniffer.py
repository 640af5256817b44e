from __future__ import annotations

import os
import re
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from scapy.layers.inet import ICMP, IP, TCP
from scapy.layers.l2 import Ether
from scapy.packet import Packet as Built

from ftpdiag.model import Flag, IcmpError, Packet, Segment
from ftpdiag.recording.frames.packets import parse
from ftpdiag.recording.tap.sniffer import CannotSniff, Sniffer

ETHER = Ether(src="02:00:00:00:00:01", dst="ff:ff:ff:ff:ff:ff")
SYN = IP(src="192.0.2.9", dst="198.51.100.2") / TCP(sport=20, dport=46055, flags="S")
ERROR = IP(src="192.0.2.7") / ICMP(type="dest-unreach")


def watch(seen: list[Packet], interface: str = "near") -> Sniffer:
    """A sniffer that keeps in `seen` what it feeds."""
    return Sniffer(interface=interface, control_ports=(21,), servers=["203.0.113.2", "127.0.0.1"], feed=seen.append)


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
    """Segments and errors are fed under the numbers of their frames; what is neither has no number."""
    seen: list[Packet] = []
    with watch(seen) as watching:
        for packet in (
            SYN,
            IP(src="192.0.2.7") / ICMP(type=3) / IP() / ICMP(),
            IP(src="192.0.2.7") / ICMP(type=3) / SYN,
        ):
            cable(ETHER / packet)
    segment, error = seen
    assert isinstance(segment, Segment)
    assert isinstance(error, IcmpError)
    assert (segment.number, error.number, error.reporter) == (1, 2, "192.0.2.7")
    assert len(watching.frames) == 2


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
        Sniffer(interface="lo", control_ports=(21,), servers=["127.0.0.1"], feed=fail),
    ):
        knock(4711)


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
    assert told.startswith("Packets on lo were not watched: an ordinary user may not sniff; run `sudo /")


@pytest.mark.parametrize(("user", "words"), [(1000, "run `sudo /"), (0, "--cap-add NET_RAW")])
def test_how_to_grant(monkeypatch: pytest.MonkeyPatch, user: int, words: str) -> None:
    """Root without the capability is in a container; anybody else needs it from root."""
    monkeypatch.setattr("socket.socket", refuse)
    monkeypatch.setattr("os.geteuid", lambda: user)
    with pytest.raises(CannotSniff) as reason:
        watch([], "lo")
    assert words in str(reason.value)
    assert str(reason.value).count(". ") == 0


def test_sudo_is_given_the_whole_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is advised can be pasted: the command where it lies, or else Python and the module."""
    monkeypatch.setattr("socket.socket", refuse)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    script = tmp_path / "my tools" / "ftpdiag"
    script.parent.mkdir()
    script.touch(mode=0o755)
    for given, command in ((str(script), f"'{script}'"), ("/usr/bin/pytest", f"{sys.executable} -m ftpdiag")):
        monkeypatch.setattr("sys.argv", [given])
        with pytest.raises(CannotSniff, match=re.escape(f"run `sudo {command} …`.")):
            watch([], "lo")
