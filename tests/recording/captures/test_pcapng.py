from __future__ import annotations

import struct
from pathlib import Path

import pytest

from ftpdiag.recording.frames.packets import RAW_IP
from tests.recording.files import BEGAN, SEGMENTS, block, interface, packet_block, read, section


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng(path: Path, order: str) -> None:
    """In pcapng each section has its byte order, each interface its link type and clock; unknown blocks are skipped."""
    nanoseconds = struct.pack(f"{order}HHBxxx", 9, 1, 9)
    binary = struct.pack(f"{order}HHBxxx", 9, 1, 0x80 | 10) + struct.pack(f"{order}HHq", 14, 8, BEGAN)
    first, second, third = SEGMENTS
    content = (
        section(order)
        + interface(order, options=nanoseconds)
        + block(order, 0x0BAD, b"whatever")
        + packet_block(order, first, BEGAN * 10**9 + 250_000_000)
        + interface(order, RAW_IP, binary)
        + packet_block(order, second.payload, 512, index=1)
        + section(">" if order == "<" else "<")
        + interface(">" if order == "<" else "<")
        + packet_block(">" if order == "<" else "<", third, BEGAN * 10**6)
    )
    assert read(path, content) == ([(1, BEGAN + 0.25, 1), (2, BEGAN + 0.5, 2), (3, BEGAN, 3)], ())


def test_older_packet_blocks(path: Path) -> None:
    """Packet blocks without a time, and those of the first pcapng, are read too."""
    first, second, _ = SEGMENTS
    ticks = BEGAN * 10**6
    old = struct.pack("<HHIIII", 0, 0, ticks >> 32, ticks & 0xFFFFFFFF, len(second), len(second)) + bytes(second)
    simple = struct.pack("<I", len(first)) + bytes(first)
    content = section("<") + interface("<") + block("<", 3, simple) + block("<", 2, old)
    assert read(path, content) == ([(1, 0.0, 1), (2, BEGAN, 2)], ())


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (section("<") + packet_block("<", SEGMENTS[0], 0), "a packet names interface 0, which is not described"),
        (section("<") + interface("<") + block("<", 6, b""), "a block is shorter than its kind allows"),
        (section("<") + struct.pack("<II", 1, 4), "a block claims 4 bytes"),
        (section("<")[:8] + b"rubbish.", "a section does not tell its byte order"),
        (
            section("<") + interface("<") + block("<", 6, struct.pack("<IIIII", 0, 0, 0, 99, 99)),
            "a packet claims 99 bytes and its block is smaller",
        ),
    ],
)
def test_damage(path: Path, content: bytes, complaint: str) -> None:
    """Damage ends the reading, and is told in words."""
    problems = read(path, content)[1]
    assert len(problems) == 1
    assert complaint in problems[0]
