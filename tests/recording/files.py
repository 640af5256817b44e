"""Capture files by hand, byte by byte."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether
from scapy.packet import Packet

from ftpdiag.model import CaptureFile, Segment
from ftpdiag.model import Packet as Captured
from ftpdiag.recording.captures.capture import Capture
from ftpdiag.recording.captures.scanner import scanner
from ftpdiag.recording.frames.packets import RAW_IP, Frame

SEGMENTS = [
    Ether(dst="02:00:00:00:00:01") / IP(src="198.51.100.2", dst="203.0.113.2") / TCP(seq=number, dport=21)
    for number in range(1, 4)
]
BEGAN = 1_795_000_000


def frame(packet: Packet, at: float = 1.0) -> Frame:
    """As the sniffer would have kept it."""
    return Frame(at=at, data=bytes(packet), length=len(packet), link_type=RAW_IP)


def pcap(order: str, magic: int, link_type: int = 1) -> bytes:
    """Three segments, half a second apart."""
    units = 1_000_000 if magic == 0xA1B2C3D4 else 1_000_000_000
    records = (
        struct.pack(f"{order}IIII", BEGAN, number * units // 4, len(packet), len(packet)) + bytes(packet)
        for number, packet in enumerate(SEGMENTS)
    )
    return struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65535, link_type) + b"".join(records)


def block(order: str, kind: int, content: bytes) -> bytes:
    """A pcapng block."""
    padded = content + bytes(-len(content) % 4)
    size = struct.pack(f"{order}I", len(padded) + 12)
    return struct.pack(f"{order}I", kind) + size + padded + size


def section(order: str) -> bytes:
    """The block that tells the byte order of those behind it."""
    return block(order, 0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order: str, link_type: int = 1, options: bytes = b"") -> bytes:
    """The block that describes an interface."""
    return block(order, 1, struct.pack(f"{order}HHI", link_type, 0, 0) + options)


def packet_block(order: str, packet: Packet, ticks: int, index: int = 0) -> bytes:
    """An enhanced packet block."""
    header = struct.pack(f"{order}IIIII", index, ticks >> 32, ticks & 0xFFFFFFFF, len(packet), len(packet))
    return block(order, 6, header + bytes(packet))


def read_capture(path: Path) -> tuple[CaptureFile, Sequence[Captured]]:
    """What a file holds: a summary, and the packets that belong to FTP."""
    read = Capture(scanner())
    return read.read(path), read.packets


def read(path: Path, content: bytes) -> tuple[list[tuple[int, float, int]], tuple[str, ...]]:
    """Write `content` and read it: number, time and sequence number of each segment; the cautions and problems."""
    path.write_bytes(content)
    summary, packets = read_capture(path)
    segments = [(one.number, one.at, one.seq) for one in packets if isinstance(one, Segment)]
    assert summary.packets == len(segments)
    return segments, (*summary.cautions, *summary.problems)
