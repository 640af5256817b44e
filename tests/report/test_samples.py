"""How many passive ports were sampled."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from ftpdiag.model import Answer, Cell, Change, DataChannel, Experiment, Facts, Method, Retried, Tls
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
    ports = [to_port(50000 + number, answer) for number, answer in enumerate(answers)]
    assert list(sampled(facts_of(ports, wanted))) == [told]
    assert list(sampled(facts_of([], wanted))) == []


def facts_of(ports: Sequence[DataChannel], wanted: int) -> Facts:
    """Of a probe that dialled these when it sampled, and had asked for so many."""
    facts = diagnosis(source=replace(LIVE, samples=wanted)).facts
    if not ports:
        return facts
    cell = Cell(method=Method.EPSV, family=4, tls=Tls.NONE)
    retried = Retried(
        experiment=Experiment.PORT_SAMPLES, cell=cell, change=Change(), session=ports[0].session, channels=tuple(ports)
    )
    return replace(facts, retried=(retried,))


def test_a_port_that_is_announced_twice_is_one() -> None:
    """It is said why there are fewer ports than were asked for."""
    ports = [to_port(port, YES) for port in (50000, 50001, 50000)]
    (told,) = sampled(facts_of(ports, 3))
    assert told.endswith("; in 3 tries, of which 3 opened, the server announced no more than these.")


def test_where_no_port_was_dialled_there_is_nothing_to_count() -> None:
    """Such as where the server is full. Where the time was up, that is told elsewhere."""
    facts = facts_of([replace(to_port(50000, YES), openings=())], 3)
    (told,) = sampled(facts)
    assert told == "No passive port could be sampled: the server let nobody in for that, or announced none."
    assert not list(sampled(replace(facts, cut=(Experiment.PORT_SAMPLES,))))
