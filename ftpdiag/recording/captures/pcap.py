"""The pcap format: how its records are written; frames -> a file (https://www.tcpdump.org/manpages/pcap-savefile.5.txt)."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import BinaryIO, NamedTuple, NoReturn

from ftpdiag.recording.captures.layout import EARLIEST, LATEST, Interface, Layout
from ftpdiag.recording.captures.stream import Damaged, Stream
from ftpdiag.recording.frames.packets import RAW_IP, Frame


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

_LINK_TYPE = 0xFFFF
"""The upper bits of that word tell how long a checksum each frame ends with."""
_SNAP_LENGTH = 1 << 18
"""What tcpdump and Wireshark write for "whole packets", and refuse to exceed."""
_NANOSECONDS = 1_000_000_000


class Records:
    """How the packets of a file are written: what the scanner asks of its format."""

    def __init__(self, stream: Stream) -> None:
        order, units, extra = MAGICS[stream.take(4)]
        (word,) = struct.unpack(f"{order}16xI", stream.take(20))
        interface = Interface(word & _LINK_TYPE, units)
        self.layout = Layout(pcapng=False, swapped=order == ">", header=16 + extra, interfaces=(interface,))

    def odd(self, data: bytearray, at: int, _end: int) -> NoReturn:
        """A record makes no sense: there is no telling where the next one starts."""
        (captured,) = struct.unpack_from(">I" if self.layout.swapped else "<I", data, at + 8)
        raise Damaged(f"a packet claims {captured} bytes")


def write(file: BinaryIO, captured: Iterable[Frame]) -> None:
    """Write frames of one link type, with times to the nanosecond as far as a float holds them.

    Times that the format has no number for, before 1970 or after 2106, are written as the nearest that it has.
    """
    link_type = None
    for frame in captured:
        if link_type is None:
            link_type = _begin(file, frame.link_type)
        if frame.link_type != link_type:
            raise ValueError("a pcap file holds frames of one link type only")
        seconds, nanoseconds = divmod(round(min(max(frame.at, EARLIEST), LATEST) * _NANOSECONDS), _NANOSECONDS)
        file.write(struct.pack("<IIII", seconds, nanoseconds, len(frame.data), frame.length) + frame.data)
    if link_type is None:
        _begin(file, RAW_IP)


def _begin(file: BinaryIO, link_type: int) -> int:
    file.write(b"\x4d\x3c\xb2\xa1" + struct.pack("<HHiIII", 2, 4, 0, 0, _SNAP_LENGTH, link_type))
    return link_type
