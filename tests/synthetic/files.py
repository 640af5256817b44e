"""Capture files in every variant: packets -> bytes."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Sequence

from tests.synthetic.conversation import Timed

MICROSECONDS, NANOSECONDS, MODIFIED = 0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34


def pcap(
    packets: Timed, link_type: int = 101, *, order: str = "<", magic: int = NANOSECONDS, snap: int = 1 << 18
) -> bytes:
    """A pcap file."""
    units = 10**9 if magic == NANOSECONDS else 10**6
    content = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, snap, link_type)
    for at, packet in packets:
        data = bytes(packet)
        seconds, fraction = divmod(round(at * units), units)
        content += struct.pack(f"{order}IIII", seconds, fraction, len(data[:snap]), len(data))
        content += struct.pack(f"{order}IHBB", 2, 0x800, 0, 0) if magic == MODIFIED else b""
        content += data[:snap]
    return content


def _block(order: str, kind: int, content: bytes) -> bytes:
    padded = content + bytes(-len(content) % 4)
    size = struct.pack(f"{order}I", len(padded) + 12)
    return struct.pack(f"{order}I", kind) + size + padded + size


def _section(order: str) -> bytes:
    return _block(order, 0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1))


def _interface(order: str, link_type: int, resolution: int, offset: int) -> bytes:
    options = struct.pack(f"{order}HHBxxxHHqHH", 9, 1, resolution, 14, 8, offset, 0, 0)
    return _block(order, 1, struct.pack(f"{order}HHI", link_type, 0, 0) + options)


def _packet(order: str, index: int, ticks: int, data: bytes) -> bytes:
    header = struct.pack(f"{order}IIIII", index, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return _block(order, 6, header + data)


def pcapng(first: Timed, second: Timed, third: Timed, ether: Sequence[bytes]) -> bytes:
    """Two sections of either byte order, three interfaces: raw IP in 2^-20 s, Ethernet in ns, raw IP since an offset.

    Blocks of an unknown kind, name resolutions and statistics stand in between.
    """
    content = _section("<") + _interface("<", 101, 0x80 | 20, 0)
    content += b"".join(_packet("<", 0, round(at * 2**20), bytes(packet)) for at, packet in first)
    content += _block("<", 0x0BAD, b"whatever") + _interface("<", 1, 9, 0)
    for (at, packet), header in zip(second, ether, strict=True):
        content += _packet("<", 1, round(at * 10**9), header + bytes(packet))
    began = int(third[0][0])
    content += _block("<", 5, bytes(12)) + _section(">") + _block(">", 4, bytes(4)) + _interface(">", 101, 6, began)
    return content + b"".join(_packet(">", 0, round((at - began) * 10**6), bytes(packet)) for at, packet in third)


def gzipped(content: bytes) -> bytes:
    """The same bytes whenever it is made."""
    return gzip.compress(content, mtime=0)
