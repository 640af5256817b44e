"""Frames -> the same frames with every password turned into asterisks; lengths stay and checksums hold.

Each control connection is put together first, so that a password is found however TCP cut, repeated or reordered it.
Where bytes are missing, what follows is blanked to the end of its line: it may be the rest of a password.
Any other segment is searched by itself, and what an ICMP error quotes is blanked unread.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from ftpdiag.ftp import COMMANDS, SECRET, command_line, repeatable, secrets, sought
from ftpdiag.model import Endpoint, Flag, IcmpError, Packet, Segment
from ftpdiag.recording.frames import checksum
from ftpdiag.recording.frames.packets import Body, Frame, body, parse
from ftpdiag.tcp import after

_SECRET = re.compile(rf"\b{SECRET}([^\n]*?)(?=\r?(?:\n|\Z))".encode(), re.IGNORECASE)
"""Anywhere in a line: Telnet options or rubbish may stand before the command."""


_VERB = 16
"""Bytes that tell which command a line is."""


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
    """The arguments of PASS and the like."""
    return [Span(*match.span(1)) for match in _SECRET.finditer(text)]


class Half:
    """What one side of a control connection said."""

    def __init__(self, first: int, *, from_start: bool) -> None:
        self.first = first
        self._from_start = from_start
        self._pieces: list[tuple[int, bytes]] = []
        self._blank: list[Span] = []

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

    def blank(self, spans: Iterable[Span]) -> None:
        """What is to be blanked of it."""
        self._blank = list(_united(spans))

    def blanks(self, start: int, stop: int) -> list[Span]:
        """What is to be blanked of the bytes from `start` to `stop`, counted from `start`."""
        first = bisect_right(self._blank, start, key=lambda span: span.stop)
        last = bisect_left(self._blank, stop, key=lambda span: span.start)
        return [Span(max(0, span.start - start), span.stop - start) for span in self._blank[first:last]]


class _Place(NamedTuple):
    half: Half
    offset: int
    length: int

    def spans(self) -> list[Span]:
        """What to blank of this segment, from the start of its payload."""
        return self.half.blanks(self.offset, self.offset + self.length)


class _Talk(NamedTuple):
    """What was said between two endpoints, perhaps in several connections."""

    commands: list[Half]
    replies: list[Half]


class _Control:
    """The control connections of a recording."""

    def __init__(self, ports: Collection[int]) -> None:
        self._ports = frozenset(ports)
        self._open: dict[tuple[Endpoint, Endpoint], tuple[int, Half]] = {}
        self._talks = defaultdict[frozenset[Endpoint], _Talk](lambda: _Talk([], []))

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
        talk = self._talks[frozenset(flow)]
        (talk.commands if segment.destination.port in self._ports else talk.replies).append(half)
        return half

    def search(self) -> None:
        """Find what to blank, once every packet is placed."""
        for talk in self._talks.values():
            passwords = Passwords()
            for halves, hidden in ((talk.commands, passwords.asked), (talk.replies, passwords.answered)):
                for half in halves:
                    half.blank(
                        Span(start + span.start, start + span.stop)
                        for start, text, missing in half.runs()
                        for span in hidden(text, missing)
                    )


class Passwords:
    """What a client said in confidence, to one server."""

    def __init__(self) -> None:
        self._known = set[bytes]()

    def asked(self, text: bytes, missing: bool) -> list[Span]:  # noqa: FBT001 - as Half says it
        """What to blank of what a client said, and from now on."""
        since = dict.fromkeys(self._known, 0)
        spans = unknown(text) if missing else []
        for match in _SECRET.finditer(text):
            spans.append(Span(*match.span(1)))
            for one in secrets(match[0].decode("latin-1")):
                since.setdefault(one.encode("latin-1"), match.end())
        self._known |= since.keys()
        return [*spans, *(span for span in _repeated(since, text) if _may_be(span, text))]

    def answered(self, text: bytes, _missing: bool) -> list[Span]:  # noqa: FBT001 - ditto
        """What to blank of what its server said."""
        return echoes(text, self._known)


def unknown(text: bytes) -> list[Span]:
    """Of what follows missing bytes, the rest of a line: perhaps a password's. A whole command is none."""
    line = text[: (text + b"\n").index(b"\n")]
    whole = line.endswith(b"\r") and command_line(line.decode("latin-1").rstrip("\r"))[0] in COMMANDS
    return [] if whole else [Span(0, len(line))]


def echoes(reply: bytes, told: Iterable[bytes]) -> list[Span]:
    """Where a server repeats what it was told."""
    return list(_repeated(dict.fromkeys(told, 0), reply))


def _repeated(since: Mapping[bytes, int], text: bytes) -> Iterator[Span]:
    """Where something is said that was said before; each is looked for from an offset on."""
    lower = text.lower()
    for said, start in since.items():
        if lower.find(said.lower(), start) >= 0:
            pattern = sought(said.decode("latin-1")).encode("latin-1")
            found = re.compile(pattern, re.IGNORECASE | re.MULTILINE).finditer(text, start)
            yield from (Span(*match.span()) for match in found)


def _may_be(span: Span, text: bytes) -> bool:
    """Whether it may be a secret that a client repeats, and is no word of a command."""
    start = text.rfind(b"\n", 0, span.start) + 1
    first = repeatable(text[start : start + _VERB].decode("latin-1"))
    return first is not None and span.start >= start + first


def _united(spans: Iterable[Span]) -> Iterator[Span]:
    """In order, without overlaps."""
    start = stop = -1
    for span in sorted(spans):
        if span.start > stop:
            if stop > start:
                yield Span(start, stop)
            start, stop = span
        stop = max(stop, span.stop)
    if stop > start:
        yield Span(start, stop)


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
