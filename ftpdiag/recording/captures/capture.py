"""A capture file -> its packets; frames -> a capture file that holds no password.

Of a damaged file whatever can be read is read, and `cautions` says why the rest could not be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from ftpdiag.model import CaptureFile, Flag, Packet, Segment
from ftpdiag.recording.captures import pcap, pcapng, standard_input
from ftpdiag.recording.captures.follow import Follower, keys
from ftpdiag.recording.captures.layout import EARLIEST, LATEST, Layout, Records
from ftpdiag.recording.captures.portions import portions
from ftpdiag.recording.captures.scan import Scanning, Shown, Why
from ftpdiag.recording.captures.stream import Damaged, Stream, Unreadable
from ftpdiag.recording.frames.blanking import blanked
from ftpdiag.recording.frames.fragments import Reassembly
from ftpdiag.recording.frames.packets import LINKS, Frame, assembled, link_name, parse

__all__ = ["STANDARD_INPUT", "Begun", "Capture", "Unreadable", "opened", "write"]

STANDARD_INPUT = Path("-")

Begun = Callable[[BufferedReader], None]
"""Told of a file when its reading begins."""


class Capture:
    """Files of one capture, read one after the other: connections run on from file to file."""

    def __init__(
        self,
        scanner: Scanning,
        kept: dict[int, Frame] | None = None,
        begun: Begun | None = None,
    ) -> None:
        """With `kept`, the frames of the packets that belong to FTP go there, by number, and a few others.

        `begun` is told of every file that is read now.
        """
        self._begun = begun or (lambda _: None)
        self._scanner = scanner
        self._kept = kept
        self._follower = Follower(scanner)
        self._fragments = Reassembly()
        self._layout = Layout(pcapng=False, swapped=False, header=0, interfaces=())
        self._remembered = self._layout
        """Of the packets that the scanner remembers, those behind `_since`: in this file or in those before."""
        self._since = 0
        self._unread: Counter[int] = Counter()
        self._misdated = False
        self.began: float | None = None
        """When the first packet was captured."""
        self.ended: float | None = None
        """When the latest was."""

    @property
    def packets(self) -> Sequence[Packet]:
        """What belongs to FTP, in the order of the files; numbered through."""
        return self._follower.packets

    @property
    def announced(self) -> AbstractSet[int]:
        """The data ports that were announced in it."""
        return self._follower.announced

    def expect(self, ports: AbstractSet[int]) -> None:
        """Follow data connections to these ports as well, which are announced elsewhere."""
        self._follower.expect(ports)

    def read(self, path: Path) -> CaptureFile:
        """Read a pcap or pcapng file, plain, gzipped or zstandard-compressed. Raises `Unreadable`."""
        try:
            if path == STANDARD_INPUT:
                with standard_input.opened() as stdin:
                    return self._read(stdin, "standard input", path)
            with path.open("rb") as file:
                self._begun(file)
                return self._read(file, str(path), path)
        except FileNotFoundError as error:
            raise Unreadable(f"There is no file {path}: check its name.") from error
        except OSError as error:
            raise Unreadable(
                f"{path} cannot be read ({error.strerror}): name a capture file that you may read."
            ) from error

    def _read(self, file: BufferedReader, name: str, path: Path) -> CaptureFile:
        stream, records = opened(file, name)
        before, incomplete, links = self._scanner.number, self._fragments.incomplete, dict[str, None]()
        cautions: list[str] = []
        problems: list[str] = []
        self._unread.clear()
        self._misdated = False
        try:
            for layout in self._portions(stream, records(stream)):
                links |= dict.fromkeys(link_name(one.link_type) for one in layout.interfaces)
        except Damaged as damage:
            cautions.append(
                f"{name} is damaged after packet {self._scanner.number - before}: {damage}; what follows was not read."
            )
        for shown in self._scanner.flush():
            self._offer(shown)
        problems += (
            f"{count} packets of {name} were not read: ftpdiag does not know {link_name(link_type)}."
            for link_type, count in self._unread.items()
        )
        if self._misdated:
            problems.append(
                f"The clock of {name} says years before 1970 or after 2106: no time in it can be relied on."
            )
        if incomplete := self._fragments.incomplete - incomplete:
            problems.append(f"Of {incomplete} packets in {name} only some fragments were captured.")
        return CaptureFile(
            path=str(path),
            packets=self._scanner.number - before,
            bytes=stream.consumed,
            link_type=", ".join(links) or "none",
            cautions=tuple(cautions),
            problems=tuple(problems),
        )

    def _portions(self, stream: Stream, records: Records) -> Iterator[Layout]:
        """Scan the file; every layout that its records have."""
        yield self._begin(records.layout)
        for portion in portions(stream):
            why: int = Why.LOOK
            while why != Why.MORE:
                before = self._scanner.number
                portion.at, why, found = self._scanner.scan(portion.data, portion.at, portion.end)
                if self._scanner.number > before:
                    self._reached(self._scanner.ticks, self._scanner.interface)
                for shown in found:
                    self._offer(shown)
                if why == Why.ODD:
                    odd = records.odd(portion.data, portion.at, portion.end)
                    if odd is None:
                        break
                    portion.at = odd.after
                    if records.layout is not self._layout:
                        yield self._begin(records.layout)
                    if odd.packet:
                        self._count(*odd.packet)

    def _count(self, ticks: int, interface: int, length: int, data: bytes) -> None:
        """A packet that the scanner did not see."""
        self._scanner.number += 1
        self._reached(ticks, interface)
        self._offer((self._scanner.number, ticks, interface, length, 0, data))

    def _reached(self, ticks: int, interface: int) -> None:
        at = self._layout.interfaces[interface].at(ticks)
        self.ended = at if self.ended is None else max(self.ended, at)

    def _begin(self, layout: Layout) -> Layout:
        for shown in self._scanner.flush():
            self._offer(shown)
        joined = layout.beside(self._remembered)
        if joined is None:
            self._since = self._scanner.number
        self._layout, self._remembered = layout, joined or layout
        self._scanner.begin(layout.pcapng, layout.swapped, layout.header, layout.clocks)
        return layout

    def _offer(self, shown: Shown) -> None:
        packet = self._parsed(shown, self._layout)
        if packet is None:
            return
        wanted = self._follower.take(packet, self._recall)
        if self._kept is not None:
            opens = isinstance(packet, Segment) and packet.flags & Flag.SYN  # it may be recalled
            if not (wanted or opens):
                del self._kept[packet.number]

    def _parsed(self, shown: Shown, layout: Layout) -> Packet | None:
        number, passed = shown[0], shown[4]
        frame = layout.frame(shown)
        if self.began is None:
            self.began = frame.at
        if not EARLIEST < frame.at < LATEST and layout.interfaces[shown[2]].misreads(shown[1]):
            self._misdated = True
        if frame.link_type not in LINKS:
            self._unread[frame.link_type] += 1
        if self._kept is None:
            packet = parse(frame, number, self._fragments)
        else:
            whole = assembled(frame, self._fragments)
            packet = parse(whole, number) if whole else None
            if whole and packet:
                self._kept[number] = whole
        return packet._replace(passed=passed) if passed and isinstance(packet, Segment) else packet

    def _recall(self, packet: Packet) -> list[Segment]:
        """The SYNs of a packet's connection, which the scanner remembers."""
        shown = (self._scanner.syn(key) for key in keys(packet))
        found = (self._parsed(one, self._remembered) for one in shown if one and one[0] > self._since)
        return [one for one in found if isinstance(one, Segment)]


def write(file: BinaryIO, frames: Iterable[Frame], *, control_ports: Collection[int]) -> None:
    """Write a pcap file; passwords are blanked wherever an FTP command can be.

    What `parse` cannot read is left out: it could not be blanked either.
    """
    pcap.write(file, blanked(frames, control_ports=control_ports))


def opened(file: BufferedReader, name: str) -> tuple[Stream, Callable[[Stream], Records]]:
    """The bytes of a capture file, and the format that they are written in. Raises `Unreadable`."""
    try:
        stream = Stream(file)
        magic = stream.peek(4)
    except Damaged as damage:
        raise Unreadable(f"{name} cannot be read: {damage}; make the capture or the copy of it anew.") from damage
    except Unreadable as reason:
        raise Unreadable(f"{name} cannot be read: {reason}.") from reason
    if magic in pcap.MAGICS:
        return stream, pcap.Records
    if magic == pcapng.MAGIC:
        return stream, pcapng.Records
    if not magic:
        raise Unreadable(f"{name} is empty: nothing was captured into it, or the copy of it failed.")
    raise Unreadable(
        f"{name} is not a pcap or pcapng file: capture with `tcpdump -w FILE`, or convert it with `editcap -F pcapng`."
    )
