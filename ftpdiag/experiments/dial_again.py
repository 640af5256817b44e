"""The same passive port again and again, until it opens: whether the server listens late, or not always."""

from __future__ import annotations

from collections.abc import Callable

from ftpdiag import ftp
from ftpdiag.experiment import SYN_TWICE, Bench, experiment
from ftpdiag.model import Change, Experiment, Mode
from ftpdiag.session import Session

PAUSES = ((0.2, 0.2, 0.4, 0.8), (0.3, 0.3, 0.6, 1.2), (0.5, 0.5, 1.0))
"""Seconds between the calls of each session: at different times, so that what comes with time is told from chance."""


@experiment(name=Experiment.DIAL_AGAIN, modes=(Mode.PASSIVE,))
def dial_again(bench: Bench) -> None:
    """In a few sessions side by side, each with a port of its own."""
    bench.side_by_side(*(_session(bench, pauses) for pauses in PAUSES))


def _session(bench: Bench, pauses: tuple[float, ...]) -> Callable[[], None]:
    def dial(session: Session) -> None:
        method = bench.cell.method
        announced = ftp.passive_port(method, session.command(method), session.server.host)
        if announced is None:
            return
        ours = announced.at_host(session.server.host)
        for pause in (0.0, *pauses):
            bench.pause(pause)
            if bench.late or session.connect(ours):
                return

    def session() -> None:
        bench.perform(dial, Change(wait=SYN_TWICE))

    return session
