"""A SYN from the announced port that expires on the way, then the call-back: whether a firewall here keeps it out."""

from __future__ import annotations

from ftpdiag.experiment import Bench, experiment
from ftpdiag.model import PAST_FIRST_ROUTER, Experiment, Mode


@experiment(name=Experiment.LOW_TTL_OPENER, modes=(Mode.ACTIVE,))
def low_ttl_opener(bench: Bench) -> None:
    """As far as it gets; where that lets the call in, no farther than the first router."""
    if bench.open_ahead():
        bench.open_ahead(PAST_FIRST_ROUTER)
