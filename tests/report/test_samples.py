"""How many passive ports were sampled."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.model import Answer, Cell, Change, Experiment, Method, Retried, Tls
from ftpdiag.report.samples import sampled
from tests.clues.test_ports import to_port
from tests.hand_built import LIVE, diagnosis

YES, NO = Answer.ACCEPTED, Answer.SILENT


@pytest.mark.parametrize(
    ("answers", "wanted", "told"),
    [
        ([YES, YES], 2, "2 of 2 passive ports opened when they were sampled."),
        ([YES, NO, NO], 3, "1 of 3 passive ports opened when they were sampled."),
        ([YES, NO], 3, "1 of 2 passive ports opened when they were sampled."),
        ([NO, NO], 2, "None of 2 passive ports opened when they were sampled."),
        (
            [NO, NO],
            40,
            (
                "None of 2 passive ports opened when they were sampled; 38 more were left out, for so many that fail "
                "are enough."
            ),
        ),
    ],
)
def test_the_number_is_told_whatever_the_outcome(answers: list[Answer], wanted: int, told: str) -> None:
    """Also where all fail, and where it was left at that."""
    ports = tuple(to_port(50000 + number, answer) for number, answer in enumerate(answers))
    cell = Cell(method=Method.EPSV, family=4, tls=Tls.NONE)
    retried = Retried(
        experiment=Experiment.PORT_SAMPLES, cell=cell, change=Change(), session=ports[0].session, channels=ports
    )
    facts = diagnosis(source=replace(LIVE, samples=wanted)).facts
    assert list(sampled(replace(facts, retried=(retried,)))) == [told]
    assert list(sampled(facts)) == []
