"""Writes captures/synthetic-*, link types, tunnels and odd files that no lab makes: `python -m tests.make_captures`.

Every one holds the same conversation, so every one must tell the same; where something is missing, its title says what.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.synthetic import files, shapes
from tests.synthetic.conversation import Timed, conversation

CAPTURES = Path(__file__).parents[1] / "captures"


class Made(NamedTuple):
    """A synthetic capture."""

    name: str
    title: str
    file: str
    content: bytes
    family: int = 4
    complete: str = "yes"
    """`no`: something is missing on purpose."""

    @property
    def folder(self) -> Path:
        """Where it is kept."""
        return CAPTURES / f"synthetic-{self.name}"


def made() -> Iterator[Made]:
    """All of them."""
    for name, (title, link_type, family, wrap) in shapes.LINKS.items():
        packets: Timed = [(at, wrap(packet)) for at, packet in conversation(family)]
        yield Made(name, f"The conversation in {title}", "unknown.pcap", files.pcap(packets, link_type), family)
    talk = conversation()
    yield _pcap("fragments", "Every packet in fragments, some in reverse order", shapes.fragmented(talk))
    yield _pcap("duplicated", "Every packet twice", shapes.doubled(talk))
    yield _pcap("split-segments", "Segments of seven bytes", shapes.split(talk))
    yield _pcap("giant-segments", "IP lengths of 0 and wrong checksums", shapes.giant(talk))
    yield _pcap("swapped", "Every third packet after the next", shapes.swapped(talk))
    yield _pcap("clock-set-back", "The clock is set back by an hour in the middle", shapes.set_back(talk))
    yield _pcap("lossy", "The tap lost the reply to PASS and half of the listing", shapes.lossy(talk))._replace(
        complete="no"
    )
    yield _pcap("commands-lost", "The tap lost each EPSV", shapes.unasked(talk))._replace(complete="no")
    yield _pcap("two-clocks", "Each direction by its own clock, the server's 9 ms behind", shapes.two_clocks(talk))
    yield _pcap("started-late", "The tap was started after the login", shapes.late(talk))._replace(complete="no")
    big = files.pcap(talk, order=">", magic=files.MICROSECONDS)
    yield Made("pcap-big-endian", "A pcap file of the other byte order", "unknown.pcap", big)
    modified = files.pcap(talk, magic=files.MODIFIED)
    yield Made("pcap-modified", "Kuznetsov's variant of pcap", "unknown.pcap", modified)
    yield Made("gzip", "A compressed pcap file", "unknown.pcap.gz", files.gzipped(files.pcap(talk)))
    snapped = files.pcap(talk, snap=60)
    yield Made("snapped", "A snap length that cuts most replies off", "unknown.pcap", snapped, complete="no")
    cut = files.pcap(talk)[:-300]
    yield Made("pcap-cut", "A pcap file that ends within a packet", "unknown.pcap", cut, complete="no")
    header = bytes(shapes.ethernet(talk[0][1]))[:14]
    sections = files.pcapng(talk[:12], talk[12:25], talk[25:], [header] * 13)
    yield Made("pcapng-sections", "Two sections, three interfaces and their clocks", "unknown.pcapng", sections)
    yield Made("pcapng-cut", "A pcapng file that ends within a block", "unknown.pcapng", sections[:-450], complete="no")


def _pcap(name: str, title: str, packets: Timed) -> Made:
    return Made(name, title, "unknown.pcap", files.pcap(packets))


def main() -> None:
    """Write those that differ from what is there."""
    for one in made():
        one.folder.mkdir(exist_ok=True)
        (one.folder / one.file).write_bytes(one.content)
        (one.folder / "case.toml").write_text(f'title = "{one.title}"\norigin = "synthetic"\n')


if __name__ == "__main__":
    main()
