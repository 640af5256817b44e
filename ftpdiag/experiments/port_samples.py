"""Passive ports, as many as are wanted, in a few sessions side by side: which of them can be opened to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ftpdiag import ftp
from ftpdiag.experiment import SYN_TWICE, Bench, experiment
from ftpdiag.model import Change, Experiment, Mode
from ftpdiag.session import Session

SESSIONS = 4
"""At the same time: servers limit how many one client may have, often to no more than that."""

ROUNDS = 2
"""Many logins in a row look like an attack."""

PACE = 0.1
"""Seconds for which each keeps its port before it asks for the next: so they overlap, as those of a busy hour do."""

HOPELESS = 12
"""Ports that fail, with none that opens, after which more of them tell nothing new: if one in four opened, one of so
many would have (97 %)."""


@experiment(name=Experiment.PORT_SAMPLES, modes=(Mode.PASSIVE,))
def port_samples(bench: Bench) -> None:
    """Each session has its share. What is left of it where the server stops it, those share that went on."""
    left, sessions = bench.samples, SESSIONS
    begun, outcomes = iter(range(HOPELESS)), list[list[bool]]()

    def go_on() -> bool:
        return any(map(any, outcomes)) or next(begun, None) is not None

    for _ in range(ROUNDS):
        shares = [len(range(first, left, sessions)) for first in range(min(left, sessions))]
        made = [list[bool]() for _ in shares]
        outcomes += made
        parts = (partial(_sampled, bench, *each, go_on) for each in zip(shares, made, strict=True))
        bench.side_by_side(*parts)
        left, sessions = left - sum(map(len, made)), sum(map(bool, made))
        if not any(map(any, outcomes)) and sum(map(len, outcomes)) >= HOPELESS:
            return


def _sampled(bench: Bench, share: int, outcomes: list[bool], go_on: Callable[[], bool]) -> None:
    """Dial up to `share` ports in one session, for as long as to `go_on` makes sense; whether each opened."""
    method = bench.cell.method

    def sample(session: Session) -> None:
        while len(outcomes) < share and not bench.late and go_on():
            announced = ftp.passive_port(method, session.command(method), session.server.host)
            if announced is None:
                return
            outcomes.append(session.connect(announced.at_host(session.server.host)))
            bench.pause(PACE)

    bench.perform(sample, Change(wait=SYN_TWICE))
