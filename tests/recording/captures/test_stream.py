from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pytest

from ftpdiag.recording.captures import capture
from tests.recording.files import pcap, read, read_capture


def test_gzip(path: Path) -> None:
    """A gzipped capture is read as it is, and its size is what it unpacks to."""
    content = pcap("<", 0xA1B2C3D4)
    path.write_bytes(gzip.compress(content))
    summary, packets = read_capture(path)
    assert (len(packets), summary.bytes) == (3, len(content))


def test_gzip_cut_short(path: Path) -> None:
    """Of a gzipped capture that was cut, the packets before the cut are read."""
    segments, problems = read(path, gzip.compress(pcap("<", 0xA1B2C3D4), compresslevel=0)[:150])
    assert [seq for _, _, seq in segments] == [1]
    assert problems == (f"{path} is damaged after packet 1: the file is cut short; what follows was not read.",)


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
