"""An announced passive port at the server's own address, and at its addresses of the other family: where it is open."""

from __future__ import annotations

from ftpdiag import ftp
from ftpdiag.experiment import SYN_TWICE, Bench, experiment
from ftpdiag.model import Change, Experiment, Mode
from ftpdiag.session import Session

SESSIONS = 2
"""Each has a port of its own: one that is open by chance is no sign."""

MOST = 2
"""Addresses that are dialled."""


@experiment(name=Experiment.OTHER_FAMILY, modes=(Mode.PASSIVE,))
def other_family(bench: Bench) -> None:
    """Nothing is sent: that the port is open is all there is to know."""

    def dial(session: Session) -> None:
        method = bench.cell.method
        announced = ftp.passive_port(method, session.command(method), session.server.host)
        if announced is None:
            return
        for host in (session.server.host, *bench.across[:MOST]):
            if bench.late or session.connect(announced.at_host(host)):
                return

    def session() -> None:
        bench.perform(dial, Change(wait=SYN_TWICE))

    if bench.across:
        bench.side_by_side(*[session] * SESSIONS)
