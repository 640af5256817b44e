"""The pcapng format: how its records are written (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-04.html)."""

from __future__ import annotations

import struct

from ftpdiag.recording.captures.layout import Found, Interface, Layout
from ftpdiag.recording.captures.scan import LARGEST, PACKET_BLOCK
from ftpdiag.recording.captures.stream import Damaged, Stream

MAGIC = b"\x0a\x0d\x0d\x0a"
"""A section header's type, the same in either byte order."""

_ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_INTERFACE, _OLD_PACKET, _SIMPLE_PACKET = 1, 2, 3
_RESOLUTION, _TIME_OFFSET = 9, 14
"""Options of an interface: if_tsresol, if_tsoffset."""
_BINARY = 0x80
"""The bit of if_tsresol that makes it a power of 2."""
_MICROSECONDS = 6
_SMALLEST = 12
"""A block's type and its two lengths."""


class Records:
    """How the packets of a file are written; interfaces and sections change it on the way."""

    def __init__(self, stream: Stream) -> None:
        kind, size, mark = stream.take(4), stream.take(4), stream.take(4)
        order = _order(mark)
        assert kind == MAGIC
        stream.take(_size(size, order) - 12)
        self.layout = _section(order)

    def odd(self, data: bytearray, at: int, end: int) -> Found | None:
        """A block that is none of a packet, or one of a rare kind. Raises `Damaged` where it makes no sense."""
        if data[at : at + 4] == MAGIC:
            if end - at < _SMALLEST:
                return None
            order = _order(bytes(data[at + 8 : at + 12]))
            after = at + _size(data[at + 4 : at + 8], order)
            if after <= end:
                self.layout = _section(order)
            return Found(after) if after <= end else None
        order = ">" if self.layout.swapped else "<"
        (kind,) = struct.unpack_from(f"{order}I", data, at)
        after = at + _size(data[at + 4 : at + 8], order)
        if after > end:
            return None
        block = bytes(data[at + 8 : after - 4])
        try:
            if kind == _INTERFACE:
                described = (*self.layout.interfaces, _interface(block, order))
                self.layout = self.layout._replace(interfaces=described)
            return Found(after, _packet(kind, block, order, self.layout.interfaces))
        except struct.error as error:
            raise Damaged("a block is shorter than its kind allows") from error


def _section(order: str) -> Layout:
    """No interface is described yet."""
    return Layout(pcapng=True, swapped=order == ">", header=28, interfaces=())


def _order(mark: bytes) -> str:
    """The byte order that a section header announces."""
    if mark not in _ORDERS:
        raise Damaged("a section does not tell its byte order")
    return _ORDERS[mark]


def _size(word: bytes | bytearray, order: str) -> int:
    size: int = struct.unpack(f"{order}I", word)[0]
    if not _SMALLEST <= size <= LARGEST:
        raise Damaged(f"a block claims {size} bytes")
    return size


def _interface(block: bytes, order: str) -> Interface:
    link_type, snap_length = struct.unpack_from(f"{order}HxxI", block)
    resolution, offset = _MICROSECONDS, 0
    at = 8
    while at + 4 <= len(block):
        option, size = struct.unpack_from(f"{order}HH", block, at)
        if option == _RESOLUTION:
            (resolution,) = struct.unpack_from("B", block, at + 4)
        elif option == _TIME_OFFSET:
            (offset,) = struct.unpack_from(f"{order}q", block, at + 4)
        at += 4 + size + -size % 4
    units = 2 ** (resolution ^ _BINARY) if resolution & _BINARY else 10**resolution
    return Interface(link_type, units, offset, snap_length)


def _packet(
    kind: int, block: bytes, order: str, interfaces: tuple[Interface, ...]
) -> tuple[int, int, int, bytes] | None:
    """The packet in a block; none when it is a block of another kind."""
    if kind == _SIMPLE_PACKET:
        (length,) = struct.unpack_from(f"{order}I", block)
        index, ticks, start = 0, 0, 4
        captured = min(length, _described(0, interfaces).snap_length or length)
    elif kind in (PACKET_BLOCK, _OLD_PACKET):
        layout = "I" if kind == PACKET_BLOCK else "Hxx"
        index, high, low, captured, length = struct.unpack_from(f"{order}{layout}IIII", block)
        ticks, start = high << 32 | low, 20
        _described(index, interfaces)
    else:
        return None
    if start + captured > len(block):
        raise Damaged(f"a packet claims {captured} bytes and its block is smaller")
    return ticks, index, length, block[start : start + captured]


def _described(index: int, interfaces: tuple[Interface, ...]) -> Interface:
    if index >= len(interfaces):
        raise Damaged(f"a packet names interface {index}, which is not described")
    return interfaces[index]
