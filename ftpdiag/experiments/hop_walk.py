"""SYNs that expire on the way to the announced passive port, beside such to the control port: where one is dropped."""

from __future__ import annotations

from ftpdiag.experiment import Bench, experiment
from ftpdiag.model import Experiment, Mode


@experiment(name=Experiment.HOP_WALK, modes=(Mode.PASSIVE,))
def hop_walk(bench: Bench) -> None:
    """While the server listens there."""
    bench.walk()
