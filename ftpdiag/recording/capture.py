"""A capture file -> its packets; frames -> a capture file that holds no password.

Of a damaged file whatever can be read is read, and `problems` says what could not be, and why.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast

from ftpdiag.model import CaptureFile, Packet
from ftpdiag.recording import pcap, pcapng
from ftpdiag.recording.blanking import blanked
from ftpdiag.recording.fragments import Reassembly
from ftpdiag.recording.packets import LINKS, Frame, link_name, parse
from ftpdiag.recording.stream import Damaged, Stream, Unreadable

__all__ = ["STANDARD_INPUT", "Unreadable", "read", "write"]

STANDARD_INPUT = Path("-")


def read(path: Path) -> tuple[CaptureFile, tuple[Packet, ...]]:
    """The packets of a pcap or pcapng file, plain, gzipped or zstandard-compressed, numbered as in the file.

    Raises `Unreadable` when there is nothing to read.
    """
    try:
        if path == STANDARD_INPUT:
            return _read(cast("BufferedReader", sys.stdin.buffer), "standard input", path)
        with path.open("rb") as file:
            return _read(file, str(path), path)
    except FileNotFoundError as error:
        raise Unreadable(f"There is no file {path}: check its name.") from error
    except OSError as error:
        raise Unreadable(f"{path} cannot be read ({error.strerror}): name a capture file that you may read.") from error


def write(file: BinaryIO, frames: Iterable[Frame], *, control_port: int) -> None:
    """Write a pcap file; the arguments of PASS and ACCT are blanked wherever an FTP command can be.

    What `parse` cannot read is left out: it could not be blanked either.
    """
    pcap.write(file, blanked(frames, control_port=control_port))


def _read(file: BufferedReader, name: str, path: Path) -> tuple[CaptureFile, tuple[Packet, ...]]:
    stream, frames = _opened(file, name)
    packets: list[Packet] = []
    fragments = Reassembly()
    links: Counter[int] = Counter()
    problems: list[str] = []
    try:
        for number, frame in enumerate(frames, start=1):
            links[frame.link_type] += 1
            packet = parse(frame, number, fragments)
            if packet:
                packets.append(packet)
    except Damaged as damage:
        problems.append(f"{name} is damaged after packet {links.total()}: {damage}.")
    problems += (
        f"{count} packets of {name} were not read: ftpdiag does not know {link_name(link_type)}."
        for link_type, count in links.items()
        if link_type not in LINKS
    )
    if fragments.incomplete:
        problems.append(f"Of {fragments.incomplete} packets in {name} only some fragments were captured.")
    summary = CaptureFile(
        path=str(path),
        packets=links.total(),
        bytes=stream.consumed,
        link_type=", ".join(dict.fromkeys(map(link_name, links))) or "none",
        problems=tuple(problems),
    )
    return summary, tuple(packets)


def _opened(file: BufferedReader, name: str) -> tuple[Stream, Iterator[Frame]]:
    try:
        stream = Stream(file)
        magic = stream.peek(4)
    except Damaged as damage:
        raise Unreadable(f"{name} cannot be read: {damage}; make the capture or the copy of it anew.") from damage
    except Unreadable as reason:
        raise Unreadable(f"{name} cannot be read: {reason}.") from reason
    if magic in pcap.MAGICS:
        return stream, pcap.frames(stream)
    if magic == pcapng.MAGIC:
        return stream, pcapng.frames(stream)
    if not magic:
        raise Unreadable(f"{name} is empty: nothing was captured into it, or the copy of it failed.")
    raise Unreadable(
        f"{name} is not a pcap or pcapng file: capture with `tcpdump -w FILE`, or convert it with `editcap -F pcapng`."
    )
