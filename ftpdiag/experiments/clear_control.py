"""CCC: whether the server goes on in the clear on the control connection, where a device could read it again."""

from __future__ import annotations

from ftpdiag.experiment import Bench, experiment
from ftpdiag.model import Experiment
from ftpdiag.session import Session


@experiment(name=Experiment.CLEAR_CONTROL)
def clear_control(bench: Bench) -> None:
    """Ask, and leave."""
    bench.perform(_ask)


def _ask(session: Session) -> None:
    session.command("CCC")
