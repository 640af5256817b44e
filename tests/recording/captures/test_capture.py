from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scapy.utils import RawPcapReader, wrpcap, wrpcapng

from ftpdiag.recording.captures import capture
from tests.recording.files import BEGAN, SEGMENTS, frame, interface, pcap, read_capture, section


@pytest.mark.parametrize("wanted", ["pcap", "pcapng"])
def test_scapy_agrees(path: Path, wanted: str) -> None:
    """What scapy writes is read."""
    (wrpcap if wanted == "pcap" else wrpcapng)(str(path), SEGMENTS)
    summary, packets = read_capture(path)
    assert [packet.seq for packet in packets] == [1, 2, 3]
    assert (summary.packets, summary.link_type, summary.problems) == (3, "Ethernet", ())


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dash is standard input."""
    stream = io.BytesIO(pcap("<", 0xA1B2C3D4))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(stream)))
    summary, packets = read_capture(Path("-"))
    assert (summary.path, len(packets)) == ("-", 3)


def test_unknown_link_type(path: Path) -> None:
    """Packets of a link type we do not know are counted, and said to be unread."""
    path.write_bytes(pcap("<", 0xA1B2C3D4, link_type=147))
    summary, packets = read_capture(path)
    assert (summary.packets, summary.link_type, len(packets)) == (3, "link type 147", 0)
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
        read_capture(path)
    assert str(refused.value).endswith(".")


def test_no_file(tmp_path: Path) -> None:
    """A file that is missing, or is a folder, is refused in one sentence."""
    with pytest.raises(capture.Unreadable, match="There is no file"):
        read_capture(tmp_path / "none.pcap")
    with pytest.raises(capture.Unreadable, match="Is a directory"):
        read_capture(tmp_path)


@given(st.sampled_from([pcap("<", 0xA1B2C3D4), section("<") + interface("<")]), st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rubbish(path: Path, beginning: bytes, rubbish: bytes) -> None:
    """Whatever follows a good beginning is read, or is a problem, never a failure."""
    path.write_bytes(beginning + rubbish)
    read_capture(path)


def test_written_and_read(path: Path) -> None:
    """What is written is read again, with times to the precision of a float, in the order given."""
    frames = [frame(packet.payload, BEGAN + 0.123456) for packet in SEGMENTS]
    with path.open("wb") as file:
        capture.write(file, frames, control_ports=(21,))
    assert [(one.number, round(one.at, 6)) for one in read_capture(path)[1]] == [
        (number, BEGAN + 0.123456) for number in (1, 2, 3)
    ]
    with RawPcapReader(str(path)) as reader:
        assert [data for data, _ in reader] == [one.data for one in frames]


def test_nothing_written(path: Path) -> None:
    """Even without a frame the file is a capture."""
    with path.open("wb") as file:
        capture.write(file, [], control_ports=(21,))
    assert read_capture(path)[0].packets == 0
