"""Large captures with a little FTP in them, made in seconds, always the same, and the truth about them (numpy).

A block of unrelated traffic is made once and repeated, each time between other hosts and later; the sessions of
`crowd` are strewn over it by their times.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.mix import Form, Mix
from tests.synthetic.crowd import ACK, FILE, PSH, SECOND, Connection, Session, Timed, crowd

BEGAN = 1_795_000_000 * SECOND
SPAN = 4 * SECOND
"""What a block lasts."""
PACKETS = 120_000
"""Of a block, about."""
SERVICES = (443,) * 12 + (80,) * 3 + (22, 3306, 5432, 8080, 8443, 993, 3389, 20443, 33001, 51820)


HEADERS = {
    Form.PCAP: struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 1),
    Form.PCAPNG: struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    + struct.pack("<IIHHII", 1, 20, 1, 0, 1 << 18, 20),
}


class Block(NamedTuple):
    """Records, and where in them time and hosts stand."""

    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    times: NDArray[np.int64]
    hosts: NDArray[np.int64]
    """Of two bytes of each client's address."""


def make(path: Path, size: int, mix: Mix, sessions: int) -> list[Session]:
    """Write a capture of about `size` bytes; the truth about its sessions, in their order."""
    form = Form(path.suffix.removeprefix("."))
    rng = random.Random(1)
    block = _block(rng, mix, form)
    repetitions = max(1, round(size / len(block.data)))
    frames, truth = crowd(rng, sessions, BEGAN, max(1, repetitions * SPAN - 60 * SECOND))
    told = [_record(at, data, form) for at, data in frames]
    moments = np.array([at for at, _ in frames], np.int64)
    with path.open("wb") as file:
        file.write(HEADERS[form])
        written = 0
        for number in range(repetitions):
            began = BEGAN + number * SPAN
            _date(block, began, number, form)
            until = int(np.searchsorted(moments, began + SPAN))
            places = np.searchsorted(block.times + began, moments[written:until])
            at = 0
            for place, record in zip(places, told[written:until], strict=True):
                start = int(block.starts[place]) if place < len(block.starts) else len(block.data)
                file.write(block.data[at:start].data)
                file.write(record)
                at = start
            file.write(block.data[at:].data)
            written = until
        file.write(b"".join(told[written:]))
    return truth


def _record(at: int, data: bytes, form: Form) -> bytes:
    if form is Form.PCAP:
        return struct.pack("<IIII", *divmod(at, SECOND), len(data), len(data)) + data
    padding = bytes(-len(data) % 4)
    size = 32 + len(data) + len(padding)
    header = struct.pack("<IIIIIII", 6, size, 0, at >> 32, at & 0xFFFFFFFF, len(data), len(data))
    return header + data + padding + struct.pack("<I", size)


def _date(block: Block, began: int, number: int, form: Form) -> None:
    """Put the block's times, and hosts of its own, where they belong."""
    times = block.times + began
    if form is Form.PCAP:
        words, at = np.stack([times // SECOND, times % SECOND], axis=1), 0
    else:
        words, at = np.stack([times >> 32, times & 0xFFFFFFFF], axis=1), 12
    block.data[(block.starts + at)[:, None] + np.arange(8)] = words.astype("<u4").view(np.uint8)
    block.data[block.hosts] = number >> 8 & 255
    block.data[block.hosts + 1] = number & 255


def _block(rng: random.Random, mix: Mix, form: Form) -> Block:
    packets = sorted(_packets(rng, mix))
    ahead = 16 if form is Form.PCAP else 28
    records = [_record(at, data, form) for at, data in packets]
    ends = np.cumsum([len(record) for record in records])
    starts = ends - [len(record) for record in records]
    hosts = [
        int(start) + ahead + offset
        for start, (_, data) in zip(starts, packets, strict=True)
        if (offset := _client(data)) is not None
    ]
    data = np.frombuffer(b"".join(records), np.uint8).copy()
    return Block(data, starts, np.array([at for at, _ in packets], np.int64), np.array(hosts, np.int64))


def _client(data: bytes) -> int | None:
    """Where in a frame stand two bytes of the address of its client, 10.x.x.2 or 2001:db8:x::2."""
    at = 18 if data[12:14] == b"\x81\0" else 14
    for offset, start, skipped in ((12, b"\x0a", 1), (16, b"\x0a", 1), (8, b"\x20\x01", 4), (24, b"\x20\x01", 4)):
        place = at + offset
        if data[place : place + len(start)] == start and (data[at] >> 4 == 4) == (offset in {12, 16}):
            return place + skipped
    return None


def _packets(rng: random.Random, mix: Mix) -> Iterator[tuple[int, bytes]]:
    made = 0
    while made < PACKETS:
        frames = _flow(rng, mix) if rng.random() < 0.75 else _others(rng, mix)
        made += len(frames)
        yield from frames


def _flow(rng: random.Random, mix: Mix) -> Timed:
    """A TCP connection; now and then its beginning or its end is missing."""
    if rng.random() < 0.12:
        hosts = ("2001:db8:1::2", f"2620:fe::{rng.randint(1, 0xFFFF):x}")
    else:
        hosts = ("10.0.0.2", f"{rng.randint(32, 222)}.{rng.randrange(256)}.{rng.randrange(256)}.9")
    ends = ((hosts[0], rng.randint(32768, 60999)), (hosts[1], rng.choice(SERVICES)))
    vlan = b"\x81\0\0\x2a" if rng.random() < 0.02 else b""
    flow = Connection(ends, rng.randrange(SPAN), rng, vlan)
    if rng.random() < 0.9:
        flow.open()
    for _ in range(int(rng.paretovariate(1.1)) % 2000):
        size = _size(rng, mix)
        start = rng.randrange(len(FILE) - size)
        sender = int(rng.random() < 0.7)
        flow.send(sender, PSH | ACK, FILE[start : start + size])
        if rng.random() < 0.8:
            flow.send(1 - sender, ACK)
    if rng.random() < 0.9:
        flow.close(0)
    return [(at % SPAN, data) for at, data in flow.frames]


def _size(rng: random.Random, mix: Mix) -> int:
    if mix is Mix.IMIX:
        return rng.choice((1448, 1448, 1448, rng.randint(50, 650)))
    return rng.randint(4, 110) if rng.random() < 0.92 else rng.randint(500, 1448)


def _others(rng: random.Random, mix: Mix) -> Timed:
    """Datagrams of names and of QUIC, ARP, pings."""
    at = rng.randrange(SPAN)
    ethernet = bytes.fromhex("020000000001020000000002")
    kind = rng.random()
    if kind < 0.05:
        return [(at, ethernet + bytes.fromhex("08060001080006040001") + bytes(38))]
    size = rng.randint(30, 120) if mix is Mix.SMALL or kind < 0.5 else 1250
    port = 53 if size < 200 else 443
    protocol = 1 if kind > 0.97 else 17
    payload = (
        struct.pack("!HHHH", rng.randint(32768, 60999), port, 8 + size, 0) if protocol == 17 else b"\x08" + bytes(7)
    )
    header = struct.pack(
        "!BxHHHBBH4s4s", 0x45, 28 + size, at & 0xFFFF, 0x4000, 64, protocol, 0, b"\x0a\0\0\2", b"\x09\x09\x09\x09"
    )
    return [(at, ethernet + b"\x08\0" + header + payload + FILE[at % 1000 :][:size])]
