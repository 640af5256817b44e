"""Passive ports, as many as are wanted, in a few sessions side by side: which of them can be opened to."""

from __future__ import annotations

from ftpdiag import ftp
from ftpdiag.experiment import Bench, experiment
from ftpdiag.model import Change, Experiment, Mode
from ftpdiag.session import Session

SESSIONS = 4
"""At the same time: servers limit how many one client may have, often to no more than that."""

WAIT = 1.3
"""Seconds for a SYN and its repetition after 1 s (RFC 6298 §2.1): where others pass, two are not lost by chance."""


@experiment(name=Experiment.PORT_SAMPLES, modes=(Mode.PASSIVE,))
def port_samples(bench: Bench) -> None:
    """Sessions take turns; one that is not let in leaves its turns to the others."""
    turns = iter(range(bench.samples))

    def sample(session: Session) -> None:
        for _ in turns:
            reply = None if bench.late else session.command(bench.cell.method)
            if reply is None or not reply.positive:
                return
            announced = ftp.announced_by(bench.cell.method, reply.text, session.server.host)
            if announced is None:
                return
            session.connect(announced.at_host(session.server.host))

    def session() -> None:
        bench.perform(sample, Change(wait=WAIT))

    bench.side_by_side(*[session] * min(SESSIONS, bench.samples))
