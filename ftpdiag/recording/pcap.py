"""The pcap format: a stream -> frames; frames -> a file (https://www.tcpdump.org/manpages/pcap-savefile.5.txt)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from ftpdiag.recording.packets import RAW_IP, Frame
from ftpdiag.recording.stream import Damaged, Stream


class _Variant(NamedTuple):
    order: str
    units: int
    """Of the fractions in a second."""
    extra: int = 0
    """Bytes of a record's header behind the usual 16."""


MAGICS = {
    b"\xd4\xc3\xb2\xa1": _Variant("<", 1_000_000),
    b"\xa1\xb2\xc3\xd4": _Variant(">", 1_000_000),
    b"\x4d\x3c\xb2\xa1": _Variant("<", 1_000_000_000),
    b"\xa1\xb2\x3c\x4d": _Variant(">", 1_000_000_000),
    b"\x34\xcd\xb2\xa1": _Variant("<", 1_000_000, 8),
    b"\xa1\xb2\xcd\x34": _Variant(">", 1_000_000, 8),
}
"""How a file begins; the last two are Alexey Kuznetsov's, with interface and protocol in every record."""

LARGEST = 1 << 24
"""A record of more than 16 MiB is damage: the largest packet a tap hands out is an offloaded one of 512 KiB."""

_LINK_TYPE = 0xFFFF
"""The upper bits of that word tell how long a checksum each frame ends with."""
_SNAP_LENGTH = 1 << 18
"""What tcpdump and Wireshark write for "whole packets", and refuse to exceed."""
_NANOSECONDS = 1_000_000_000


def frames(stream: Stream) -> Iterator[Frame]:
    """Every packet, in order; raises `Damaged` where the file stops making sense."""
    order, units, extra = MAGICS[stream.take(4)]
    (word,) = struct.unpack(f"{order}16xI", stream.take(20))
    record = struct.Struct(f"{order}IIII{extra}x")
    while stream.peek(1):
        seconds, fraction, captured, length = record.unpack(stream.take(record.size))
        if captured > LARGEST:
            raise Damaged(f"a packet claims {captured} bytes")
        data = stream.take(captured)
        yield Frame(at=seconds + fraction / units, data=data, length=length, link_type=word & _LINK_TYPE)


def write(file: BinaryIO, captured: Iterable[Frame]) -> None:
    """Write frames of one link type, with times to the nanosecond as far as a float holds them."""
    link_type = None
    for frame in captured:
        if link_type is None:
            link_type = _begin(file, frame.link_type)
        if frame.link_type != link_type:
            raise ValueError("a pcap file holds frames of one link type only")
        seconds, nanoseconds = divmod(round(frame.at * _NANOSECONDS), _NANOSECONDS)
        file.write(struct.pack("<IIII", seconds, nanoseconds, len(frame.data), frame.length) + frame.data)
    if link_type is None:
        _begin(file, RAW_IP)


def _begin(file: BinaryIO, link_type: int) -> int:
    file.write(b"\x4d\x3c\xb2\xa1" + struct.pack("<HHiIII", 2, 4, 0, 0, _SNAP_LENGTH, link_type))
    return link_type
