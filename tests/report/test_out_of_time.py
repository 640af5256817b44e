"""What there was no time for."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.model import Answer, Cell, Change, Experiment, Facts, Method, Retried, Tls
from ftpdiag.report.out_of_time import out_of_time
from tests.clues.test_ports import to_port
from tests.hand_built import LIVE, diagnosis


def sampled(answer: Answer) -> Facts:
    """Two of nine samples, then the time was up."""
    cell = Cell(method=Method.EPSV, family=4, tls=Tls.NONE)
    samples = (to_port(50001, Answer.ACCEPTED), to_port(50002, answer))
    retried = Retried(
        experiment=Experiment.PORT_SAMPLES, cell=cell, change=Change(), session=samples[0].session, channels=samples
    )
    facts = diagnosis(source=replace(LIVE, samples=9)).facts
    return replace(facts, retried=(retried,), cut=(Experiment.PORT_SAMPLES,))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer.SILENT, "2 of 9 passive ports were tried: time ran out on ports that do not answer."),
        (Answer.REFUSED, "No time was left for all that would tell more (passive port samples): the server, or the "),
    ],
)
def test_what_takes_the_time_of_samples(answer: Answer, told: str) -> None:
    """Ports that are blocked answer late or never, however quick the server is."""
    (sentence,) = out_of_time(sampled(answer))
    assert sentence.startswith(told)
