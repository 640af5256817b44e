"""The pcapng format: a stream -> frames (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-04.html)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from ftpdiag.recording.packets import Frame
from ftpdiag.recording.pcap import LARGEST
from ftpdiag.recording.stream import Damaged, Stream

MAGIC = b"\x0a\x0d\x0d\x0a"
"""A section header's type, the same in either byte order."""

_ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _PACKET = 1, 2, 3, 6
_RESOLUTION, _TIME_OFFSET = 9, 14
"""Options of an interface: if_tsresol, if_tsoffset."""
_BINARY = 0x80
"""The bit of if_tsresol that makes it a power of 2."""
_MICROSECONDS = 6
_SMALLEST = 12
"""A block's type and its two lengths."""


class _Interface(NamedTuple):
    link_type: int
    snap_length: int
    units: int
    """Of its clock in a second."""
    offset: int
    """Seconds to add."""


def frames(stream: Stream) -> Iterator[Frame]:
    """Every packet, in order; raises `Damaged` where the file stops making sense."""
    order = "<"
    interfaces: list[_Interface] = []
    while stream.peek(1):
        word = stream.take(4)
        if word == MAGIC:
            order, interfaces = _section(stream), []
            continue
        (kind,) = struct.unpack(f"{order}I", word)
        block = stream.take(_size(stream.take(4), order) - 8)[:-4]
        try:
            if kind == _INTERFACE:
                interfaces.append(_interface(block, order))
            elif frame := _frame(kind, block, order, interfaces):
                yield frame
        except struct.error as error:
            raise Damaged("a block is shorter than its kind allows") from error


def _section(stream: Stream) -> str:
    """The byte order that a section header announces."""
    size, mark = stream.take(4), stream.take(4)
    if mark not in _ORDERS:
        raise Damaged("a section does not tell its byte order")
    order = _ORDERS[mark]
    stream.take(_size(size, order) - 12)
    return order


def _size(word: bytes, order: str) -> int:
    size: int = struct.unpack(f"{order}I", word)[0]
    if not _SMALLEST <= size <= LARGEST:
        raise Damaged(f"a block claims {size} bytes")
    return size


def _interface(block: bytes, order: str) -> _Interface:
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
    return _Interface(link_type, snap_length, units, offset)


def _frame(kind: int, block: bytes, order: str, interfaces: list[_Interface]) -> Frame | None:
    """The packet in a block; none when it is a block of another kind."""
    if kind == _SIMPLE_PACKET:
        (length,) = struct.unpack_from(f"{order}I", block)
        interface, ticks, start = _described(0, interfaces), None, 4
        captured = min(length, interface.snap_length or length)
    elif kind in (_PACKET, _OLD_PACKET):
        layout = "I" if kind == _PACKET else "Hxx"
        index, high, low, captured, length = struct.unpack_from(f"{order}{layout}IIII", block)
        interface, ticks, start = _described(index, interfaces), high << 32 | low, 20
    else:
        return None
    if start + captured > len(block):
        raise Damaged(f"a packet claims {captured} bytes and its block is smaller")
    return Frame(
        at=0.0 if ticks is None else interface.offset + ticks / interface.units,
        data=block[start : start + captured],
        length=length,
        link_type=interface.link_type,
    )


def _described(index: int, interfaces: list[_Interface]) -> _Interface:
    if index >= len(interfaces):
        raise Damaged(f"a packet names interface {index}, which is not described")
    return interfaces[index]
