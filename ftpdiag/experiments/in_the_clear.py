"""The handshake again, some with TLS and some without: whether it is TLS that keeps the data connection away."""

from __future__ import annotations

from ftpdiag.clues.compared import OFTEN
from ftpdiag.experiment import Bench, experiment
from ftpdiag.model import AS_BEFORE, Change, Experiment, Tls


@experiment(name=Experiment.IN_THE_CLEAR)
def in_the_clear(bench: Bench) -> None:
    """Side by side; those with TLS one less, since one is known."""
    clear = [lambda: bench.repeat(Change(tls=Tls.NONE))] * OFTEN
    encrypted = [lambda: bench.repeat(AS_BEFORE)] * (OFTEN - 1)
    bench.side_by_side(*clear, *encrypted)
