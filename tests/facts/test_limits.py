"""SYNs to the control port that nobody answered, beside such that somebody did."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.facts import derive
from ftpdiag.model import AS_BEFORE, Answer, Attempt, Experiment, Line, Party, Recording, Retry, Source, Target, Vantage
from tests.facts.test_samples import CELL, attempt, opening

IN = Line(at=0.5, sender=Party.SERVER, text="230 Welcome.")


def _silent(began: float) -> Attempt:
    return replace(attempt(began), lines=(), openings=(opening(began, 21, Answer.SILENT),))


def _let_in(began: float) -> Attempt:
    tried = attempt(began, (50001, Answer.SILENT))
    return replace(tried, lines=(*tried.lines[:1], Line(at=began, sender=Party.CLIENT, text="USER me"), IN))


@pytest.mark.parametrize(
    ("first", "later", "shut_out", "limited"),
    [
        ((_let_in(0.0),), (), False, False),
        ((_let_in(0.0),), (_let_in(200.0),), False, False),
        ((_let_in(0.0), _silent(0.1)), (_let_in(200.0),), True, False),
        ((_let_in(0.0),), (_silent(200.0),), True, False),
        ((_let_in(0.0),), (_let_in(200.0), _silent(201.0)), False, True),
    ],
)
def test_the_control_port_falls_silent(
    first: tuple[Attempt, ...], later: tuple[Attempt, ...], *, shut_out: bool, limited: bool
) -> None:
    """In the first round or in all experiments: what came before may have met the same; in some of them: less so."""
    recording = Recording(
        source=Source(target=Target(given="ftp.example.org", host="ftp.example.org", port=21)),
        vantage=Vantage.CLIENT,
        began=0.0,
        attempts=first,
        trials=tuple(Retry(experiment=Experiment.HOP_WALK, cell=CELL, change=AS_BEFORE, attempt=one) for one in later),
    )
    assert {(one.shut_out, one.limited) for one in derive(recording).sessions} == {(shut_out, limited)}
