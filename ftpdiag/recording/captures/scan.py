"""Portions of a capture in, the packets that FTP may have to do with out.

Most packets of a large capture never become objects. A packet is shown when a port of it is followed, when it begins
like a line of FTP's dialogue, or when only Python can tell (tunnels, fragments, ICMP errors, odd links); and the very
first, with which time begins. Whoever asks looks at it, has further ports followed, and goes on.

Of a followed data connection a few packets tell all: how it opened and ended, the first each way, one a second, and
those at either side of a gap or a pause; each says how many bytes passed before it. SYNs of other connections are
remembered: a control connection shows only by its first line that it is one.

Here stands what both scanners agree on: `plain_scan.py` runs everywhere, `_scan.c` where it was compiled.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Protocol

SLOTS = 65521
"""SYNs, and flows, remembered at a time: the largest prime below 2^16, so that all of a key's bytes count. Where two
share a slot, the later takes it."""

HEAD = 256
"""Bytes kept of a remembered packet: enough for every header."""

PACKET_BLOCK = 6
"""The pcapng block that holds a packet. Other kinds are left to the caller."""

INTERFACES = 256
"""Interfaces of a file that are known here; the packets of further ones are left to the caller."""

LARGEST = 1 << 24
"""A record of more than 16 MiB is damage: the largest packet a tap hands out is an offloaded one of 512 KiB."""


class Follow(IntEnum):
    """How a port is followed."""

    CONTROL = 1
    """Every packet with payload is shown, and few others."""
    DATA = 2
    """Few packets are shown."""


class Layer(IntEnum):
    """Link layers that are read here; packets of any other are all shown."""

    OTHER = 0
    ETHERNET = 1
    RAW_IP = 2
    LOOPBACK = 3
    COOKED = 4
    COOKED_2 = 5


class Why(IntEnum):
    """Why a scan came back."""

    MORE = 0
    """The portion is used up, but for a cut record."""
    LOOK = 1
    """What the last packet says may change what is followed."""
    ODD = 2
    """A record here is none of a packet, or makes no sense."""


Shown = tuple[int, int, int, int, int, bytes]
"""A packet in the file's own words: number, clock ticks, interface, length on the wire, payload bytes of its flow that
passed directly before it and are not shown, captured bytes."""

Interfaces = tuple[tuple[Layer, int], ...]
"""Of each interface: its link layer, and the ticks of its clock in a second."""


class Scanning(Protocol):
    """What both scanners do."""

    number: int
    """Packets seen so far."""

    @property
    def ticks(self) -> int:
        """When the latest was captured, by the clock of its interface."""

    @property
    def interface(self) -> int:
        """Where that was."""

    def begin(self, pcapng: bool, swapped: bool, header: int, interfaces: Interfaces, /) -> None:  # noqa: FBT001 - as C
        """How the records that follow are written. `swapped`: with big-endian integers; `header`: bytes of each."""

    def follow(self, port: int, how: int, /) -> None:
        """Follow a port, or no longer (0)."""

    def pair(self, one: bytes, other: bytes, more: int, /) -> None:
        """Show every SYN between two hosts, as long as more have asked for it (1) than have taken it back (-1)."""

    def scan(self, data: bytearray, at: int, end: int, /) -> tuple[int, int, list[Shown]]:
        """Go through the records from `at` on: where it stopped, `Why`, and what it shows."""

    def syn(self, key: bytes, /) -> Shown | None:
        """The latest SYN or SYN-ACK of a flow, by its addresses and ports as the packet holds them."""

    def flush(self) -> list[Shown]:
        """What is still held back: nothing more will come."""


REPLIES = (b"120", b"220", b"227", b"228", b"229", b"230", b"234", b"331", b"421", b"530")
COMMANDS = (b"USER", b"AUTH", b"PASV", b"EPSV", b"PORT", b"EPRT", b"LPSV", b"LPRT")


def _spellings(word: bytes) -> list[bytes]:
    letters = [(byte, byte | 0x20) for byte in word]
    spelt = [b""]
    for letter in letters:
        spelt = [start + bytes([one]) for start in spelt for one in letter]
    return spelt


SPOKEN = frozenset(
    [code + end for code in REPLIES for end in (b" ", b"-")] + [one for word in COMMANDS for one in _spellings(word)]
)
"""How a line begins by which a dialogue is known. Any other may follow it."""
