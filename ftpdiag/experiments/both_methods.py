"""Both methods of the mode, several times each: whether it is the method that keeps the data connection away."""

from __future__ import annotations

from ftpdiag.clues.algs import PARTNERS
from ftpdiag.clues.compared import OFTEN
from ftpdiag.experiment import Bench, experiment
from ftpdiag.model import AS_BEFORE, Change, Experiment


@experiment(name=Experiment.BOTH_METHODS)
def both_methods(bench: Bench) -> None:
    """Side by side, so that the server takes their ports from the same range at the same time."""
    other = Change(method=PARTNERS[bench.cell.method])
    bench.side_by_side(*[lambda: bench.repeat(AS_BEFORE), lambda: bench.repeat(other)] * (OFTEN + 1))
