"""Capture files in, a Recording out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ftpdiag.model import CaptureFile, Packet, Recording, Source, Vantage
from ftpdiag.recording import capture


def record(files: Iterable[Path], vantage: Vantage) -> Recording:
    """What the files hold, taken as one capture; packets are numbered through, as they would be in one file.

    Raises `capture.Unreadable` for the first file that is no capture.
    """
    summaries: list[CaptureFile] = []
    packets: list[Packet] = []
    for path in files:
        before = sum(summary.packets for summary in summaries)
        summary, read = capture.read(path)
        summaries.append(summary)
        packets += (replace(packet, number=before + packet.number) for packet in read) if before else read
    return Recording(
        source=Source(files=tuple(summaries)),
        vantage=vantage,
        began=packets[0].at if packets else 0.0,
        packets=tuple(packets),
    )
