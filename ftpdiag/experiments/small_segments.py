"""The same transfer with small segments, then with full ones: whether only these are lost on the way."""

from __future__ import annotations

from ftpdiag.clues.widths import SMALLEST
from ftpdiag.experiment import Bench, experiment
from ftpdiag.model import Change, Experiment


@experiment(name=Experiment.SMALL_SEGMENTS)
def small_segments(bench: Bench) -> None:
    """Full ones again only where small ones passed: what stood still by chance does not do so twice."""
    attempt = bench.repeat(Change(segment=SMALLEST))
    if attempt and any(carriage.to_client or carriage.to_server for carriage in attempt.carriages):
        bench.repeat()
