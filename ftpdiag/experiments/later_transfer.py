"""Two transfers in one encrypted session, some time apart: whether the server still knows its TLS session then."""

from __future__ import annotations

from ftpdiag.experiment import Bench, Scope, experiment
from ftpdiag.model import Change, Experiment, Tls


@experiment(
    name=Experiment.LATER_TRANSFER,
    encryptions=(Tls.EXPLICIT, Tls.IMPLICIT),
    scope=Scope.FAMILY,
)
def later_transfer(bench: Bench) -> None:
    """As far apart as a transfer is to be held."""
    bench.repeat(Change(pause=bench.hold))
