from __future__ import annotations

import gzip
import io
import struct
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether
from scapy.packet import Packet
from scapy.utils import RawPcapReader, wrpcap, wrpcapng

from ftpdiag.model import Segment, Vantage
from ftpdiag.recording import capture
from ftpdiag.recording.packets import RAW_IP, Frame

SEGMENTS = [
    Ether(dst="02:00:00:00:00:01") / IP(src="198.51.100.2", dst="203.0.113.2") / TCP(seq=number, dport=21)
    for number in range(1, 4)
]
BEGAN = 1_795_000_000


def frame(packet: Packet, at: float = 1.0) -> Frame:
    """As the sniffer would have kept it."""
    return Frame(at=at, data=bytes(packet), length=len(packet), link_type=RAW_IP)


def pcap(order: str, magic: int, link_type: int = 1) -> bytes:
    """Three segments, half a second apart."""
    units = 1_000_000 if magic == 0xA1B2C3D4 else 1_000_000_000
    records = (
        struct.pack(f"{order}IIII", BEGAN, number * units // 4, len(packet), len(packet)) + bytes(packet)
        for number, packet in enumerate(SEGMENTS)
    )
    return struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65535, link_type) + b"".join(records)


def block(order: str, kind: int, content: bytes) -> bytes:
    """A pcapng block."""
    padded = content + bytes(-len(content) % 4)
    size = struct.pack(f"{order}I", len(padded) + 12)
    return struct.pack(f"{order}I", kind) + size + padded + size


def section(order: str) -> bytes:
    """The block that tells the byte order of those behind it."""
    return block(order, 0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order: str, link_type: int = 1, options: bytes = b"") -> bytes:
    """The block that describes an interface."""
    return block(order, 1, struct.pack(f"{order}HHI", link_type, 0, 0) + options)


def packet_block(order: str, packet: Packet, ticks: int, index: int = 0) -> bytes:
    """An enhanced packet block."""
    header = struct.pack(f"{order}IIIII", index, ticks >> 32, ticks & 0xFFFFFFFF, len(packet), len(packet))
    return block(order, 6, header + bytes(packet))


def read(path: Path, content: bytes) -> tuple[list[tuple[int, float, int]], tuple[str, ...]]:
    """Number, time and sequence number of each segment; the problems."""
    path.write_bytes(content)
    summary, packets = capture.read(path)
    segments = [(one.number, one.at, one.seq) for one in packets if isinstance(one, Segment)]
    assert summary.packets == len(segments)
    return segments, summary.problems


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the test's capture is."""
    return tmp_path / "one.pcap"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("magic", [0xA1B2C3D4, 0xA1B23C4D])
def test_pcap(path: Path, order: str, magic: int) -> None:
    """A pcap file is read in both byte orders, with times in micro- and nanoseconds."""
    assert read(path, pcap(order, magic)) == ([(1, BEGAN, 1), (2, BEGAN + 0.25, 2), (3, BEGAN + 0.5, 3)], ())


def test_frame_check_sequence_in_the_header(path: Path) -> None:
    """The upper bits of the link type say how long a frame's checksum is, not what the link is."""
    assert len(read(path, pcap("<", 0xA1B2C3D4, 1 | 1 << 26 | 4 << 28))[0]) == 3


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


@pytest.mark.parametrize("wanted", ["pcap", "pcapng"])
def test_scapy_agrees(path: Path, wanted: str) -> None:
    """What scapy writes is read."""
    (wrpcap if wanted == "pcap" else wrpcapng)(str(path), SEGMENTS)
    summary, packets = capture.read(path)
    assert [packet.seq for packet in packets] == [1, 2, 3]
    assert (summary.packets, summary.link_type, summary.problems) == (3, "Ethernet", ())


def test_gzip(path: Path) -> None:
    """A gzipped capture is read as it is, and its size is what it unpacks to."""
    content = pcap("<", 0xA1B2C3D4)
    path.write_bytes(gzip.compress(content))
    summary, packets = capture.read(path)
    assert (len(packets), summary.bytes) == (3, len(content))


def test_gzip_cut_short(path: Path) -> None:
    """Of a gzipped capture that was cut, the packets before the cut are read."""
    segments, problems = read(path, gzip.compress(pcap("<", 0xA1B2C3D4), compresslevel=0)[:150])
    assert [seq for _, _, seq in segments] == [1]
    assert problems == (f"{path} is damaged after packet 1: the file is cut short.",)


def test_zstandard(path: Path) -> None:
    """A zstandard-compressed capture is read as it is."""
    zstandard = pytest.importorskip("zstandard")
    assert len(read(path, zstandard.compress(pcap("<", 0xA1B2C3D4)))[0]) == 3


def test_zstandard_missing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Python cannot unpack zstandard, one sentence says what to do."""
    for module in ("compression.zstd", "zstandard"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(capture.Unreadable, match="pip install zstandard"):
        read(path, bytes.fromhex("28b52ffd2000010000"))


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dash is standard input."""
    stream = io.BytesIO(pcap("<", 0xA1B2C3D4))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(stream)))
    summary, packets = capture.read(Path("-"))
    assert (summary.path, len(packets)) == ("-", 3)


def test_cut_short(path: Path) -> None:
    """A file that ends within a packet yields the packets before it, and says so."""
    segments, problems = read(path, pcap("<", 0xA1B2C3D4)[:-1])
    assert [number for number, _, _ in segments] == [1, 2]
    assert problems == (f"{path} is damaged after packet 2: the file is cut short.",)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (pcap("<", 0xA1B2C3D4) + struct.pack("<IIII", 0, 0, 1 << 31, 1 << 31), "a packet claims 2147483648 bytes"),
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


def test_unknown_link_type(path: Path) -> None:
    """Packets of a link type we do not know are counted, and said to be unread."""
    path.write_bytes(pcap("<", 0xA1B2C3D4, link_type=147))
    summary, packets = capture.read(path)
    assert (summary.packets, summary.link_type, packets) == (3, "link type 147", ())
    assert summary.problems == (f"3 packets of {path} were not read: ftpdiag does not know link type 147.",)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"just a text", "is not a pcap or pcapng file"),
        (b"\x1f\x8b\x08rubbish", "cannot be read: "),
    ],
)
def test_no_capture(path: Path, content: bytes, sentence: str) -> None:
    """A file that is no capture is refused in one sentence."""
    path.write_bytes(content)
    with pytest.raises(capture.Unreadable, match=sentence) as refused:
        capture.read(path)
    assert str(refused.value).endswith(".")


def test_no_file(tmp_path: Path) -> None:
    """A file that is missing, or is a folder, is refused in one sentence."""
    with pytest.raises(capture.Unreadable, match="There is no file"):
        capture.read(tmp_path / "none.pcap")
    with pytest.raises(capture.Unreadable, match="Is a directory"):
        capture.read(tmp_path)


@given(st.sampled_from([pcap("<", 0xA1B2C3D4), section("<") + interface("<")]), st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rubbish(path: Path, beginning: bytes, rubbish: bytes) -> None:
    """Whatever follows a good beginning is read, or is a problem, never a failure."""
    path.write_bytes(beginning + rubbish)
    capture.read(path)


def test_written_and_read(path: Path) -> None:
    """What is written is read again, with times to the precision of a float, in the order given."""
    frames = [frame(packet.payload, BEGAN + 0.123456) for packet in SEGMENTS]
    with path.open("wb") as file:
        capture.write(file, frames, control_port=21)
    assert [(one.number, round(one.at, 6)) for one in capture.read(path)[1]] == [
        (number, BEGAN + 0.123456) for number in (1, 2, 3)
    ]
    with RawPcapReader(str(path)) as reader:
        assert [data for data, _ in reader] == [one.data for one in frames]


def test_nothing_written(path: Path) -> None:
    """Even without a frame the file is a capture."""
    with path.open("wb") as file:
        capture.write(file, [], control_port=21)
    assert capture.read(path)[0].packets == 0


def test_recording(tmp_path: Path) -> None:
    """Several files make one recording, in the order of time."""
    paths = [tmp_path / "later.pcap", tmp_path / "earlier.pcap"]
    for path, at in zip(paths, (20.0, 10.0), strict=True):
        with path.open("wb") as file:
            capture.write(file, [frame(SEGMENTS[0].payload, at)], control_port=21)
    recording = capture.record(map(str, paths), Vantage.CLIENT)
    assert [packet.at for packet in recording.packets] == [10.0, 20.0]
    assert (recording.began, recording.vantage, len(recording.source.files)) == (10.0, Vantage.CLIENT, 2)
