"""Frames -> the same frames with every password turned into asterisks; lengths stay and checksums hold.

Each control connection is put together first, so that a password is found however TCP cut, repeated or reordered it.
Where bytes are missing, what follows is blanked to the end of its line: it may be the rest of a password.
Any other segment is searched by itself, and what an ICMP error quotes is blanked unread.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from ftpdiag.ftp import COMMANDS, WORTH_SEEKING, command_line
from ftpdiag.model import Endpoint, Flag, IcmpError, Packet, Segment
from ftpdiag.recording.frames import checksum
from ftpdiag.recording.frames.packets import Body, Frame, body, parse
from ftpdiag.tcp import after

_SECRET = re.compile(rb"\b(?:PASS|ACCT)[ \t]+([^\n]*?)(?=\r?(?:\n|\Z))", re.IGNORECASE)
"""RFC 959 §4.1.1. Anywhere in a line: Telnet options or rubbish may stand before the command."""


class Span(NamedTuple):
    """Bytes from `start` to `stop`."""

    start: int
    stop: int


def blanked(frames: Iterable[Frame], *, control_ports: Collection[int]) -> Iterator[Frame]:
    """The frames that can be read, without passwords. What cannot be read could not be blanked: it is left out."""
    kept = [(frame, packet) for number, frame in enumerate(frames, 1) if (packet := parse(frame, number))]
    control = _Control(control_ports)
    places = [control.place(packet) for _, packet in kept]
    control.search()
    for (frame, packet), place in zip(kept, places, strict=True):
        spans = [*_alone(packet), *(place.spans() if place else ())]
        yield _overwritten(frame, packet, spans) if spans else frame


def _alone(packet: Packet) -> list[Span]:
    """What to blank of a packet by itself, from the start of its body."""
    return [Span(0, 1 << 16)] if isinstance(packet, IcmpError) else secrets_in(packet.payload)


def secrets_in(text: bytes) -> list[Span]:
    """The arguments of PASS and ACCT."""
    return [Span(*match.span(1)) for match in _SECRET.finditer(text)]


class Half:
    """What one side of a control connection said."""

    def __init__(self, first: int, *, from_start: bool) -> None:
        self.spans: list[Span] = []
        self.first = first
        self._from_start = from_start
        self._pieces: list[tuple[int, bytes]] = []

    def add(self, segment: Segment) -> int:
        """Keep what a segment carries; the offset at which it does."""
        offset = after(segment.seq + bool(segment.flags & Flag.SYN), self.first)
        if segment.payload:
            self._pieces.append((offset, segment.payload))
        return offset

    def runs(self) -> Iterator[tuple[int, bytes, bool]]:
        """Each run of bytes without a gap: its offset, the bytes, and whether what stands before it is missing."""
        start, run = 0, bytearray()
        for offset, payload in sorted(self._pieces):
            end = start + len(run)
            if offset > end or not run:
                if run:
                    yield start, bytes(run), self._missing_before(start)
                start, run, end = offset, bytearray(), offset
            run += payload[end - offset :]
        if run:
            yield start, bytes(run), self._missing_before(start)

    def _missing_before(self, offset: int) -> bool:
        return offset > 0 or not self._from_start


class _Place(NamedTuple):
    half: Half
    offset: int
    length: int

    def spans(self) -> list[Span]:
        """What to blank of this segment, from the start of its payload."""
        here = [Span(span.start - self.offset, span.stop - self.offset) for span in self.half.spans]
        return [Span(max(0, span.start), span.stop) for span in here if span.stop > 0 and span.start < self.length]


class _Control:
    """The control connections of a recording."""

    def __init__(self, ports: Collection[int]) -> None:
        self._ports = frozenset(ports)
        self._open: dict[tuple[Endpoint, Endpoint], tuple[int, Half]] = {}
        self._commands: list[Half] = []
        self._replies: list[Half] = []

    def place(self, packet: Packet) -> _Place | None:
        """Where in a control connection a packet belongs, if it does."""
        if isinstance(packet, IcmpError) or self._ports.isdisjoint({packet.source.port, packet.destination.port}):
            return None
        half = self._half(packet)
        return _Place(half, half.add(packet), len(packet.payload))

    def _half(self, segment: Segment) -> Half:
        flow = segment.source, segment.destination
        opening = bool(segment.flags & Flag.SYN)
        known = self._open.get(flow)
        if known and (not opening or known[0] == segment.seq):
            return known[1]
        half = Half((segment.seq + opening) % (1 << 32), from_start=opening)
        self._open[flow] = segment.seq, half
        (self._commands if segment.destination.port in self._ports else self._replies).append(half)
        return half

    def search(self) -> None:
        """Find what to blank, once every packet is placed."""
        passwords = set[bytes]()
        for half in self._commands:
            for start, text, missing in half.runs():
                secrets = secrets_in(text)
                passwords.update(text[span.start : span.stop].strip() for span in secrets)
                half.spans += _moved([*(unknown(text) if missing else ()), *secrets], start)
        passwords.discard(b"")
        for half in self._replies:
            for start, text, _ in half.runs():
                half.spans += _moved(echoes(text, passwords), start)


def unknown(text: bytes) -> list[Span]:
    """Of what follows missing bytes, the rest of a line: perhaps a password's. A whole command is none."""
    line = text[: (text + b"\n").index(b"\n")]
    whole = line.endswith(b"\r") and command_line(line.decode("latin-1").rstrip("\r"))[0] in COMMANDS
    return [] if whole else [Span(0, len(line))]


def echoes(reply: bytes, passwords: Collection[bytes]) -> list[Span]:
    """Where a server repeats what it was told."""
    sought = (
        re.escape(one) if len(one) >= WORTH_SEEKING else rb"(?<![\w.,])" + re.escape(one) + rb"(?![\w.,-])"
        for one in passwords
    )
    return [Span(*match.span()) for password in sought for match in re.finditer(password, reply, re.IGNORECASE)]


def _moved(spans: Iterable[Span], by: int) -> list[Span]:
    return [Span(span.start + by, span.stop + by) for span in spans]


def _overwritten(frame: Frame, packet: Packet, spans: Iterable[Span]) -> Frame:
    where = body(frame)
    if where is None:
        raise ValueError("a frame that was parsed has a body")
    data = bytearray(frame.data)
    for span in spans:
        start, stop = where.start + span.start, min(where.start + span.stop, where.end)
        data[start:stop] = b"*" * (stop - start)
    struct.pack_into("!H", data, where.checksum, _checksum(frame.data, bytes(data), packet, where))
    return frame._replace(data=bytes(data))


def _checksum(before: bytes, now: bytes, packet: Packet, where: Body) -> int:
    (old,) = struct.unpack_from("!H", before, where.checksum)
    if isinstance(packet, Segment):
        hosts = packet.source.host, packet.destination.host
        header = where.start - where.message
        if checksum.left_to_hardware(old, *hosts, header + packet.length):
            whole = where.end - where.start == packet.length
            message = now[where.message : where.checksum] + bytes(2) + now[where.checksum + 2 : where.end]
            return checksum.of_segment(*hosts, message) if whole else old
    return checksum.updated(old, before[where.message : where.end], now[where.message : where.end])
