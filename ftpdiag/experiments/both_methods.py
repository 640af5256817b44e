"""The other method of the mode, several times beside this one: whether it is the method that makes the difference."""

from __future__ import annotations

from ftpdiag.clues.algs import PARTNERS
from ftpdiag.clues.compared import OFTEN
from ftpdiag.experiment import Bench, experiment
from ftpdiag.model import AS_BEFORE, Change, Experiment, Mode


@experiment(name=Experiment.BOTH_METHODS)
def both_methods(bench: Bench) -> None:
    """Side by side. Passive ports of the one in doubt are sampled anyway: the server has only so many."""
    other = Change(method=PARTNERS[bench.cell.method])
    own = [lambda: bench.repeat(AS_BEFORE)] * (OFTEN if bench.cell.mode is Mode.ACTIVE else 0)
    bench.side_by_side(*own, *[lambda: bench.repeat(other)] * OFTEN)
