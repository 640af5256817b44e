"""Passive ports, as many as are wanted, in a few sessions side by side: which of them can be opened to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ftpdiag import ftp
from ftpdiag.experiment import Bench, experiment
from ftpdiag.model import Change, Experiment, Mode
from ftpdiag.session import Session

SESSIONS = 4
"""At the same time: servers limit how many one client may have, often to no more than that."""

ROUNDS = 2
"""Many logins in a row look like an attack."""

WAIT = 1.3
"""Seconds for a SYN and its repetition after 1 s (RFC 6298 §2.1): where others pass, two are not lost by chance."""

PACE = 0.1
"""Seconds for which each keeps its port before it asks for the next: so they overlap, as those of a busy hour do."""

HOPELESS = 12
"""Ports that fail, with none that opens, after which more of them tell nothing new: if one in four opened, one of so
many would have (97 %)."""


@experiment(name=Experiment.PORT_SAMPLES, modes=(Mode.PASSIVE,))
def port_samples(bench: Bench) -> None:
    """Each session has its share. What is left of it where the server stops it, those share that went on."""
    left, sessions = bench.samples, SESSIONS
    outcomes, begun = list[bool](), iter(range(HOPELESS))
    for _ in range(ROUNDS):
        shares = [len(range(first, left, sessions)) for first in range(min(left, sessions))]
        dialled = list[int]()
        bench.side_by_side(*(partial(_sampled, bench, share, dialled, begun, outcomes) for share in shares))
        left, sessions = left - sum(dialled), len(list(filter(None, dialled)))
        if not any(outcomes) and len(outcomes) >= HOPELESS:
            return


def _sampled(bench: Bench, share: int, dialled: list[int], begun: Iterator[int], outcomes: list[bool]) -> None:
    """Dial up to `share` ports in one session; how many it were joins `dialled`, and which opened `outcomes`.

    `begun`: as many as may begin before one opens.
    """
    ports = 0

    def sample(session: Session) -> None:
        nonlocal ports
        while ports < share and not bench.late and (any(outcomes) or next(begun, None) is not None):
            reply = session.command(bench.cell.method)
            announced = reply and ftp.announced_by(bench.cell.method, reply.text, session.server.host)
            if reply is None or not reply.positive or not announced:
                return
            outcomes.append(session.connect(announced.at_host(session.server.host)))
            ports += 1
            bench.pause(PACE)

    bench.perform(sample, Change(wait=WAIT))
    dialled.append(ports)
