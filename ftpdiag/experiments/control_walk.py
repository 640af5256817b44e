"""SYNs to the control port that expire on the way: which routers, and whose NAT, lie between here and the server."""

from __future__ import annotations

from ftpdiag.experiment import Bench, Scope, experiment
from ftpdiag.model import Experiment


@experiment(name=Experiment.CONTROL_WALK, scope=Scope.FAMILY)
def control_walk(bench: Bench) -> None:
    """The data connection is left alone."""
    bench.trace()
