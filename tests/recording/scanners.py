"""Both scanners, side by side: what each shows of a capture, and what becomes of it."""

from __future__ import annotations

import io
import struct
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ftpdiag.model import CaptureFile, Packet
from ftpdiag.recording.captures import _scan, plain_scan
from ftpdiag.recording.captures.capture import STANDARD_INPUT, Capture
from ftpdiag.recording.captures.scan import Interfaces, Scanning, Shown
from tests.recording.files import block, interface, section
from tests.synthetic.crowd import SECOND

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

SCANNERS: dict[str, type[Scanning]] = {"c": _scan.Scanner, "plain": plain_scan.Scanner}


class Overheard:
    """A scanner, and all that it showed."""

    def __init__(self, scanner: Scanning) -> None:
        self._scanner = scanner
        self.shown: list[Shown] = []

    @property
    def number(self) -> int:
        """Packets seen so far."""
        return self._scanner.number

    @number.setter
    def number(self, number: int) -> None:
        self._scanner.number = number

    def begin(self, pcapng: bool, swapped: bool, header: int, interfaces: Interfaces, /) -> None:  # noqa: FBT001 - as C
        """Pass it on."""
        self._scanner.begin(pcapng, swapped, header, interfaces)

    def follow(self, port: int, how: int, /) -> None:
        """Pass it on."""
        self._scanner.follow(port, how)

    def pair(self, one: bytes, other: bytes, more: int, /) -> None:
        """Pass it on."""
        self._scanner.pair(one, other, more)

    def scan(self, data: bytearray, at: int, end: int, /) -> tuple[int, int, list[Shown]]:
        """Pass it on, and remember what is shown."""
        after, why, shown = self._scanner.scan(data, at, end)
        self.shown += shown
        return after, why, shown

    @property
    def ticks(self) -> int:
        """Of the latest packet."""
        return self._scanner.ticks

    @property
    def interface(self) -> int:
        """Of the latest packet."""
        return self._scanner.interface

    def syn(self, key: bytes, /) -> Shown | None:
        """Pass it on."""
        return self._scanner.syn(key)

    def flush(self) -> list[Shown]:
        """Pass it on, and remember what is shown."""
        shown = self._scanner.flush()
        self.shown += shown
        return shown


class Told(NamedTuple):
    """All that a scanner had read of files."""

    shown: list[Shown]
    files: list[CaptureFile]
    packets: Sequence[Packet]
    ended: float | None


def told(scanner: Scanning, paths: Iterable[Path]) -> Told:
    """What a scanner shows of files, their summaries, and the packets that are kept."""
    overheard = Overheard(scanner)
    capture = Capture(overheard)
    files = [capture.read(path) for path in paths]
    return Told(overheard.shown, files, capture.packets, capture.ended)


def both(*paths: Path) -> Told:
    """What both scanners tell of files: the same."""
    one, other = (told(scanner(), paths) for scanner in SCANNERS.values())
    assert one.shown == other.shown
    assert one == other
    return one


class Trickle(io.RawIOBase):
    """A file that hands out few bytes at a time."""

    def __init__(self, content: bytes, size: int) -> None:
        self._content = memoryview(content)
        self._size = size

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """At most `size` bytes."""
        free = memoryview(buffer)
        portion = self._content[: min(self._size, len(free))]
        self._content = self._content[len(portion) :]
        free[: len(portion)] = portion
        return len(portion)


@contextmanager
def standard_input(content: bytes, size: int) -> Iterator[Path]:
    """Standard input that hands out `size` bytes at a time."""
    stdin = sys.stdin
    # No larger portion is ever at hand than the buffer holds.
    sys.stdin = io.TextIOWrapper(io.BufferedReader(Trickle(content, size), max(size, 4)))
    try:
        yield STANDARD_INPUT
    finally:
        sys.stdin = stdin


Record = tuple[int, bytes]
"""Microseconds, frame."""


def as_pcap(records: Iterable[Record], *, order: str = "<", link_type: int = 1, snap: int = 1 << 18) -> bytes:
    """A pcap file, in microseconds."""
    content = [struct.pack(f"{order}IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, snap, link_type)]
    for at, data in records:
        content += [struct.pack(f"{order}IIII", *divmod(at, SECOND), len(data[:snap]), len(data)), data[:snap]]
    return b"".join(content)


def as_nanoseconds(records: Iterable[Record], *, order: str = "<") -> bytes:
    """A pcap file, in nanoseconds."""
    content = [struct.pack(f"{order}IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 1 << 18, 1)]
    for at, data in records:
        content += [struct.pack(f"{order}IIII", at // SECOND, at % SECOND * 1000, len(data), len(data)), data]
    return b"".join(content)


def as_pcapng(records: Iterable[Record], *, order: str = "<", links: tuple[int, ...] = (1,)) -> bytes:
    """A pcapng file whose packets come from several interfaces in turn."""
    content = [section(order), *(interface(order, link) for link in links)]
    for number, (at, data) in enumerate(records):
        numbers = (number % len(links), at >> 32, at & 0xFFFFFFFF, len(data), len(data))
        content.append(block(order, 6, struct.pack(f"{order}IIIII", *numbers) + data))
    return b"".join(content)
