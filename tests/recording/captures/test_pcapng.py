from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ftpdiag.recording.frames.packets import RAW_IP
from tests.fuzzing.targets import check, clocks
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


@pytest.mark.parametrize(("offset", "ticks", "at"), [(0, 18 * 10**18, 0xFFFFFFFF), (-(1 << 62), 10**15, 0)])
def test_clock_that_was_never_set(path: Path, offset: int, ticks: int, at: float) -> None:
    """Years that cannot be are no reason not to read the packets; the file's problems tell of its clock."""
    clock = struct.pack("<HHq", 14, 8, offset)
    packets, problems = read(path, section("<") + interface("<", options=clock) + packet_block("<", SEGMENTS[0], ticks))
    assert packets == [(1, at, 1)]
    assert problems == (f"The clock of {path} says years before 1970 or after 2106: no time in it can be relied on.",)


@settings(max_examples=30)
@given(st.binary(max_size=200))
@example(b"\xff" * 200)
def test_any_clock(data: bytes) -> None:
    """Whatever a clock counts in, begins with and says, both scanners show the same, and it is reported."""
    check(clocks(data))


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
