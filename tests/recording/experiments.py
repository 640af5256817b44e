"""All experiments, made for one doubt."""

from __future__ import annotations

from ftpdiag.discovery import declarations
from ftpdiag.experiment import Procedure
from ftpdiag.model import Cell, Doubt, Experiment, Method, Tls, Trial
from ftpdiag.recording.plan import SAMPLES
from ftpdiag.recording.trials import Trials
from ftpdiag.session import Handshake
from tests.scripted_server import ScriptedServer, plan_for

HANDSHAKES = declarations("ftpdiag.handshakes", Handshake)
EXPERIMENTS = declarations("ftpdiag.experiments", Procedure)


def settled(
    server: ScriptedServer,
    experiment: Experiment,
    method: Method,
    samples: int = SAMPLES,
    also_port: int | None = None,
) -> tuple[Trial, ...]:
    """What was tried."""
    doubt = Doubt(
        experiment=experiment, cell=Cell(method=method, family=4, tls=Tls.NONE), server=server.endpoint, server_ttl=64
    )
    plan = plan_for(server.endpoint, samples=samples, also_port=also_port)
    return Trials(plan, HANDSHAKES, EXPERIMENTS, watch=None, tell=lambda _who, _what: None).settle([doubt])
