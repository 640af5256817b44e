"""The handshake on this control port and on another, several times each: whether the port makes the difference."""

from __future__ import annotations

from ftpdiag import ftp
from ftpdiag.clues.compared import OFTEN
from ftpdiag.experiment import Bench, experiment
from ftpdiag.model import AS_BEFORE, Change, Experiment, Tls

_EACH = 2 * OFTEN
"""Handshakes on each port: among fewer, chance would now and then sort the passive ports by their outcome."""


@experiment(name=Experiment.OTHER_PORT)
def other_port(bench: Bench) -> None:
    """Side by side, in the clear, as under TLS no device reads anything; only where the other port lets us in."""
    if bench.also_port is None or bench.cell.tls is not Tls.NONE:
        return
    there = Change(port=bench.also_port)
    first = bench.perform(lambda _: None, there)
    if first is None or not ftp.admitted(first.lines):
        return
    bench.side_by_side(*[lambda: bench.repeat(AS_BEFORE), lambda: bench.repeat(there)] * _EACH)
