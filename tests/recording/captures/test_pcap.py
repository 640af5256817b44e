from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest

from ftpdiag.recording.captures.pcap import write
from ftpdiag.recording.frames.packets import Frame
from tests.recording.files import BEGAN, SEGMENTS, pcap, read


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("magic", [0xA1B2C3D4, 0xA1B23C4D])
def test_pcap(path: Path, order: str, magic: int) -> None:
    """A pcap file is read in both byte orders, with times in micro- and nanoseconds."""
    assert read(path, pcap(order, magic)) == ([(1, BEGAN, 1), (2, BEGAN + 0.25, 2), (3, BEGAN + 0.5, 3)], ())


def test_frame_check_sequence_in_the_header(path: Path) -> None:
    """The upper bits of the link type say how long a frame's checksum is, not what the link is."""
    assert len(read(path, pcap("<", 0xA1B2C3D4, 1 | 1 << 26 | 4 << 28))[0]) == 3


@pytest.mark.parametrize("order", ["<", ">"])
def test_modified(path: Path, order: str) -> None:
    """Kuznetsov's variant has eight bytes more in each header: interface, protocol and packet type."""
    header = struct.pack(f"{order}IHHiIII", 0xA1B2CD34, 2, 4, 0, 0, 65535, 1)
    records = [
        struct.pack(f"{order}IIIIIHBx", BEGAN, 250_000, len(packet), len(packet), 3, 0x800, 0) + bytes(packet)
        for packet in SEGMENTS
    ]
    assert read(path, header + b"".join(records)) == ([(n, BEGAN + 0.25, n) for n in (1, 2, 3)], ())


def test_cut_short(path: Path) -> None:
    """A file that ends within a packet yields the packets before it, and says so."""
    segments, problems = read(path, pcap("<", 0xA1B2C3D4)[:-1])
    assert [number for number, _, _ in segments] == [1, 2]
    assert problems == (f"{path} is damaged after packet 2: the file is cut short; what follows was not read.",)


def test_huge(path: Path) -> None:
    """A packet larger than any can be is damage: nothing is read, or allotted, for it."""
    segments, problems = read(path, pcap("<", 0xA1B2C3D4) + struct.pack("<IIII", 0, 0, 1 << 31, 1 << 31))
    assert len(segments) == 3
    assert problems == (
        f"{path} is damaged after packet 3: a packet claims 2147483648 bytes; what follows was not read.",
    )


def test_one_link_type() -> None:
    """A pcap file holds one link type, so frames of two are a mistake of the caller."""
    captured = [Frame(at=0.0, data=b"", length=0, link_type=link_type) for link_type in (1, 101)]
    with pytest.raises(ValueError, match="one link type"):
        write(io.BytesIO(), captured)


@pytest.mark.parametrize(("at", "written"), [(-5.0, 0.0), (1.5, 1.5), (2.0**40, 2.0**32 - 1)])
def test_a_time_that_a_pcap_file_cannot_hold(at: float, written: float) -> None:
    """A pcapng file may say that a packet came before 1970 or after 2106: the nearest time is written."""
    file = io.BytesIO()
    write(file, [Frame(at=at, data=bytes(40), length=40, link_type=101)])
    seconds, nanoseconds = struct.unpack_from("<II", file.getvalue(), 24)
    assert seconds + nanoseconds / 1e9 == written
