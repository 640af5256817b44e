"""How many SYNs a sniffer sees while unrelated traffic floods its interface: ours, beside plain scapy.

Run as root: python -m tests.benchmarks.sniffing_under_load
It floods a cable between two network namespaces of its own, and exits with 1 if ftpdiag lost a SYN.
"""

from __future__ import annotations

import ctypes
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from scapy.config import conf
from scapy.layers.inet import TCP
from scapy.packet import Packet as Dissected
from scapy.sendrecv import AsyncSniffer

from ftpdiag.model import Flag, Packet, Segment
from ftpdiag.recording.tap.sniffer import Sniffer
from tests.recording.namespace import NEW_NETWORK, ip, namespace

SYNS, APART = 2000, 0.002
"""What is sent while the flood runs: some four seconds, a SYN every two milliseconds."""
NEAR, SERVER, STRANGER = "198.51.100.1", "198.51.100.2", "198.51.100.3"
SINK, KNOCKED = 5001, 4711
"""The flood's port, and one where nobody listens."""
SO_MAX_PACING_RATE = 47
UDP_SEGMENT = (17, 103)
"""SOL_UDP, UDP_SEGMENT."""
STATISTICS = (263, 6, 8)
"""SOL_PACKET, PACKET_STATISTICS, its size."""


class Outcome(NamedTuple):
    """What a sniffer saw."""

    seen: int
    dropped: int
    throughput: float


def flood(send: Callable[[str], None], source: str, orders: Connection) -> None:
    """Send without end from the far namespace."""
    ctypes.CDLL(None).unshare(NEW_NETWORK)
    orders.send("ready")
    orders.recv()
    ip("link set far up")
    for address in (SERVER, STRANGER):
        ip(f"addr add {address}/24 dev far")
    orders.send("flooding")
    send(source)


def tcp(source: str) -> None:
    """A bulk transfer, which crosses the cable in offloaded giants."""
    with socket.create_connection((NEAR, SINK), source_address=(source, 0)) as connection:
        while True:
            connection.sendall(bytes(1 << 20))


def paced_tcp(source: str) -> None:
    """A bulk transfer at the pace of a fast network."""
    with socket.socket() as sender:
        sender.bind((source, 0))
        sender.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, 400_000_000)
        sender.connect((NEAR, SINK))
        while True:
            sender.sendall(bytes(1 << 20))


def udp(source: str) -> None:
    """Datagrams of Ethernet's size; the kernel cuts them out of larger ones, which saves system calls."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((source, 0))
        sender.connect((NEAR, SINK))
        sender.setsockopt(*UDP_SEGMENT, 1472)
        while True:
            sender.send(bytes(1472 * 40))


def swallow(listener: socket.socket) -> None:
    """Take what is sent and forget it, uncopied."""
    connection, _ = listener.accept()
    with connection:
        while connection.recv(1 << 20, socket.MSG_TRUNC):
            pass


@contextmanager
def flooded(send: Callable[[str], None], source: str) -> Iterator[None]:
    """Within, what `send` sends from `source` rushes in through the interface `near`."""
    fork = get_context("fork")
    ours, theirs = fork.Pipe()
    with namespace(), socket.create_server(("", SINK)) as listener, socket.socket(type=socket.SOCK_DGRAM) as drain:
        drain.bind(("", SINK))  # so that no ICMP error answers a datagram
        ip("link add near type veth peer name far")
        if send is udp:
            ip("link set far gso_max_segs 1")
        ip("link set near up")
        ip(f"addr add {NEAR}/24 dev near")
        children = [
            fork.Process(target=flood, args=(send, source, theirs)),
            fork.Process(target=swallow, args=(listener,)),
        ]
        for child in children:
            child.start()
        try:
            ours.recv()
            ip(f"link set far netns {children[0].pid}")
            ours.send("go")
            ours.recv()
            yield
        finally:
            for child in children:
                child.kill()
                child.join()


def knock() -> float:
    """Send the SYNs; the bytes per second that came in meanwhile."""
    began, before = time.perf_counter(), received()
    for _ in range(SYNS):
        with socket.socket() as caller, suppress(ConnectionRefusedError):
            caller.connect((SERVER, KNOCKED))
        time.sleep(APART)
    return (received() - before) / (time.perf_counter() - began)


def received() -> int:
    """Bytes that came in through `near`."""
    lines = Path("/proc/thread-self/net/dev").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.lstrip().startswith("near:"))


def with_ftpdiag() -> Outcome:
    """Ours, as the probe uses it."""
    seen: set[tuple[int, int]] = set()

    def feed(packet: Packet) -> None:
        if isinstance(packet, Segment) and packet.flags == Flag.SYN and packet.destination.port == KNOCKED:
            seen.add((packet.source.port, packet.seq))

    with Sniffer(interface=None, control_ports=(21,), servers=[SERVER], feed=feed) as sniffer:
        throughput = knock()
    return Outcome(len(seen), sniffer.dropped, throughput)


def with_scapy() -> Outcome:
    """AsyncSniffer(iface="near", prn=...), its socket opened here so that its drops can be counted."""
    seen: set[tuple[int, int]] = set()

    def feed(packet: Dissected) -> None:
        if TCP in packet and packet[TCP].flags == "S" and packet[TCP].dport == KNOCKED:
            seen.add((packet[TCP].sport, packet[TCP].seq))

    tap = conf.L2listen(iface="near")
    sniffer = AsyncSniffer(opened_socket=tap, prn=feed, store=False)
    sniffer.start()
    time.sleep(0.5)
    throughput = knock()
    sniffer.stop()
    dropped = struct.unpack("II", tap.ins.getsockopt(*STATISTICS))[1]
    tap.close()
    return Outcome(len(seen), dropped, throughput)


FLOODS = (
    ("unrelated TCP, offloaded", tcp, STRANGER),
    ("unrelated UDP, 1500 bytes each", udp, STRANGER),
    ("TCP of the server itself", paced_tcp, SERVER),
)


def main() -> int:
    """Print the table; 1 if ftpdiag lost a SYN."""
    lost = 0
    print(f"{'flood':31} {'sniffer':8} {'MB/s':>6} {'SYNs seen':>10} {'dropped':>9}")
    for name, send, source in FLOODS:
        for sniffer, run in (("ftpdiag", with_ftpdiag), ("scapy", with_scapy)):
            with flooded(send, source):
                outcome = run()
            share = f"{100 * outcome.seen / SYNS:.1f} %"
            print(f"{name:31} {sniffer:8} {outcome.throughput / 1e6:6.0f} {share:>10} {outcome.dropped:9}", flush=True)
            if run is with_ftpdiag:
                lost += SYNS - outcome.seen + outcome.dropped
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
