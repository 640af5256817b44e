"""Capture files in, a Recording out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ftpdiag.model import Recording, Source, Vantage
from ftpdiag.recording.capture import Capture
from ftpdiag.recording.scan import Scanning, scanner


def record(files: Iterable[Path], vantage: Vantage, scanning: Scanning | None = None) -> Recording:
    """What the files hold, taken as one capture; packets are numbered through, as they would be in one file.

    Raises `Unreadable` for the first file that is no capture.
    """
    capture = Capture(scanning or scanner())
    summaries = tuple(capture.read(path) for path in files)
    return Recording(
        source=Source(files=summaries),
        vantage=vantage,
        began=capture.began or 0.0,
        packets=capture.packets,
    )
