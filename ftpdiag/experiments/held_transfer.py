"""A transfer held open while the control connection is idle; beside it one with NOOP now and then."""

from __future__ import annotations

from ftpdiag.experiment import Bench, Scope, experiment
from ftpdiag.model import Change, Experiment

NOOPS = 10
"""How many are said while a transfer is held: timers are at least some seconds long."""

FASTEST = 0.5
"""Seconds between two NOOPs at least."""

SLOWEST = 15.0
"""Seconds between two at most: half of the shortest timer of a NAT or firewall (30 s)."""


@experiment(name=Experiment.HELD_TRANSFER, scope=Scope.FAMILY)
def held_transfer(bench: Bench) -> None:
    """The same, but for NOOP: what ends the one and not the other is a timer."""
    noop = min(SLOWEST, max(FASTEST, bench.hold / NOOPS))
    bench.side_by_side(
        lambda: bench.repeat(Change(hold=bench.hold)),
        lambda: bench.repeat(Change(hold=bench.hold, noop=noop)),
    )
