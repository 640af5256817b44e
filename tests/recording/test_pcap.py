from __future__ import annotations

import io
import struct
from io import BufferedReader
from pathlib import Path

import pytest

from ftpdiag.recording.packets import Frame
from ftpdiag.recording.pcap import frames, write
from ftpdiag.recording.stream import Stream
from tests.recording.files import BEGAN, pcap, read


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("magic", [0xA1B2C3D4, 0xA1B23C4D])
def test_pcap(path: Path, order: str, magic: int) -> None:
    """A pcap file is read in both byte orders, with times in micro- and nanoseconds."""
    assert read(path, pcap(order, magic)) == ([(1, BEGAN, 1), (2, BEGAN + 0.25, 2), (3, BEGAN + 0.5, 3)], ())


def test_frame_check_sequence_in_the_header(path: Path) -> None:
    """The upper bits of the link type say how long a frame's checksum is, not what the link is."""
    assert len(read(path, pcap("<", 0xA1B2C3D4, 1 | 1 << 26 | 4 << 28))[0]) == 3


@pytest.mark.parametrize("order", ["<", ">"])
def test_modified(order: str) -> None:
    """Kuznetsov's variant has eight bytes more in each header: interface, protocol and packet type."""
    data = b"GET\r\n" * 20
    header = struct.pack(f"{order}IHHiIII", 0xA1B2CD34, 2, 4, 0, 0, 65535, 101)
    record = struct.pack(f"{order}IIIIIHBx", BEGAN, 5, len(data), len(data), 3, 0x800, 0) + data
    stream = Stream(BufferedReader(io.BytesIO(header + record * 2)))
    assert [(frame.at, frame.data) for frame in frames(stream)] == [(BEGAN + 5e-6, data)] * 2


def test_cut_short(path: Path) -> None:
    """A file that ends within a packet yields the packets before it, and says so."""
    segments, problems = read(path, pcap("<", 0xA1B2C3D4)[:-1])
    assert [number for number, _, _ in segments] == [1, 2]
    assert problems == (f"{path} is damaged after packet 2: the file is cut short.",)


def test_huge(path: Path) -> None:
    """A packet larger than any can be is damage: nothing is read, or allotted, for it."""
    segments, problems = read(path, pcap("<", 0xA1B2C3D4) + struct.pack("<IIII", 0, 0, 1 << 31, 1 << 31))
    assert len(segments) == 3
    assert problems == (f"{path} is damaged after packet 3: a packet claims 2147483648 bytes.",)


def test_one_link_type() -> None:
    """A pcap file holds one link type, so frames of two are a mistake of the caller."""
    captured = [Frame(at=0.0, data=b"", length=0, link_type=link_type) for link_type in (1, 101)]
    with pytest.raises(ValueError, match="one link type"):
        write(io.BytesIO(), captured)
