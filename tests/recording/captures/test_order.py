from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ftpdiag.recording.captures.order import in_order
from tests.recording.files import SEGMENTS, interface, packet_block, pcap, section


def later(seconds: int) -> bytes:
    """A pcapng file whose only packet was captured so many seconds after those of `pcap`."""
    ticks = (1_795_000_000 + seconds) * 1_000_000
    return section("<") + interface("<") + packet_block("<", SEGMENTS[0], ticks)


@pytest.fixture
def ring(tmp_path: Path) -> Path:
    """A ring buffer whose numbers have started again, and what else lies beside it."""
    (tmp_path / "ring.pcap0").write_bytes(later(20))
    (tmp_path / "ring.pcap1").write_bytes(pcap("<", 0xA1B2C3D4))
    (tmp_path / "ring.pcap2.gz").write_bytes(gzip.compress(later(10)))
    (tmp_path / "notes.txt").write_text("from Tuesday")
    (tmp_path / "ring.pcap3").touch()
    return tmp_path


def test_a_folder_is_read_in_the_order_of_its_packets(ring: Path) -> None:
    """By the first packet of each file, of whatever format; what is no capture is left out, with a sentence each."""
    files, left_out = in_order([ring])
    assert [one.name for one in files] == ["ring.pcap1", "ring.pcap2.gz", "ring.pcap0"]
    assert ["notes.txt is not a pcap" in left_out[0], "ring.pcap3 is empty" in left_out[1]] == [True, True]


def test_files_in_any_order(ring: Path) -> None:
    """Named one by one they are put in order as well; what is named is never left out, and standard input is last."""
    named = [Path("-"), ring / "ring.pcap0", ring / "notes.txt", ring / "ring.pcap1"]
    assert in_order(named) == ([ring / "ring.pcap1", ring / "ring.pcap0", Path("-"), ring / "notes.txt"], [])


def test_what_lies_beside_captures_takes_one_sentence(ring: Path) -> None:
    """However many files it is."""
    for name in ("case.toml", "expected.json", "more.json"):
        (ring / name).write_text("no capture")
    _, (beside, empty) = in_order([ring])
    assert "case.toml, expected.json, more.json and 1 more" in beside
    assert "ring.pcap3 is empty" in empty


def test_subfolders_are_not_searched(tmp_path: Path) -> None:
    """Where the captures may lie in one of them, that is said."""
    (tmp_path / "monday").mkdir()
    with pytest.raises(ValueError, match="and its subfolders are not searched"):
        in_order([tmp_path])


def test_a_folder_without_captures(tmp_path: Path) -> None:
    """It is a mistake that is said."""
    with pytest.raises(ValueError, match="There is no capture in the folder"):
        in_order([tmp_path])
