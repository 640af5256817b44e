"""Passive ports that were sampled: which of them stand beside the first round."""

from __future__ import annotations

import pytest

from ftpdiag.facts import derive
from ftpdiag.model import (
    AS_BEFORE,
    Answer,
    Attempt,
    Cell,
    Change,
    Endpoint,
    Experiment,
    Facts,
    Line,
    Method,
    Opening,
    Party,
    Recording,
    Retry,
    Source,
    Target,
    Tls,
    Vantage,
    View,
)

HERE, THERE = Endpoint(host="198.51.100.2", port=40000), Endpoint(host="203.0.113.2", port=21)
CELL = Cell(method=Method.EPSV, family=4, tls=Tls.NONE)


def opening(at: float, port: int, answer: Answer) -> Opening:
    """A connect()."""
    opened = answer is Answer.ACCEPTED
    target = THERE._replace(port=port)
    return Opening(
        at=at, opener=HERE, target=target, answer=answer, view=View.CLIENT_SOCKET, tries=1, established=opened
    )


def attempt(began: float, *dialled: tuple[int, Answer]) -> Attempt:
    """A session that announces these ports, one a second."""
    lines, openings = [Line(at=began, sender=Party.SERVER, text="220 Hi")], [opening(began, 21, Answer.ACCEPTED)]
    for second, (port, answer) in enumerate(dialled, 1):
        at = began + second
        lines.append(Line(at=at, sender=Party.CLIENT, text="EPSV"))
        lines.append(Line(at=at + 0.1, sender=Party.SERVER, text=f"229 Here (|||{port}|)"))
        openings.append(opening(at + 0.2, port, answer))
    return Attempt(
        method=Method.EPSV,
        family=4,
        tls=Tls.NONE,
        client=HERE,
        server=THERE,
        began=began,
        ended=began + 100,
        lines=tuple(lines),
        openings=tuple(openings),
    )


def known(first: Answer, *samples: tuple[int, Answer]) -> Facts:
    """One data connection, and then samples."""
    return derived(
        first, Retry(experiment=Experiment.PORT_SAMPLES, cell=CELL, change=AS_BEFORE, attempt=attempt(200.0, *samples))
    )


def derived(first: Answer, *trials: Retry) -> Facts:
    """One data connection, and what was tried then."""
    target = Target(given="ftp.example.org", host="ftp.example.org", port=21)
    recording = Recording(
        source=Source(target=target),
        vantage=Vantage.CLIENT,
        began=0.0,
        attempts=(attempt(0.0, (50001, first)),),
        trials=trials,
    )
    return derive(recording)


@pytest.mark.parametrize(
    ("answers", "stands"),
    [
        ([Answer.SILENT] * 3, True),
        ([Answer.SILENT] * 2, False),
        ([Answer.SILENT, Answer.SILENT, Answer.ACCEPTED], False),
    ],
)
def test_a_handshake_that_passed_once_and_never_again(answers: list[Answer], *, stands: bool) -> None:
    """A firewall that limits new connections lets the first in: so it works no more than the method beside it."""
    beside = [
        Retry(
            experiment=Experiment.BOTH_METHODS,
            cell=Cell(method=Method.PASV, family=4, tls=Tls.NONE),
            change=Change(method=Method.EPSV),
            attempt=attempt(200.0 * number, (50000 + number, answer)),
        )
        for number, answer in enumerate(answers, 2)
    ]
    facts = derived(Answer.ACCEPTED, *beside)
    assert [one.announced for one in facts.samples] == ([THERE._replace(port=50002)] if stands else [])


def test_what_failed_stands_beside_what_had_opened() -> None:
    """The first of them, with all that is known of the others."""
    facts = known(Answer.ACCEPTED, (50002, Answer.ACCEPTED), (50003, Answer.SILENT), (50004, Answer.SILENT))
    (sample,) = facts.samples
    assert sample.announced == THERE._replace(port=50003)
    assert [len(one.channels) for one in sample.retries] == [3]
    assert sample.beside == facts.channels[0].beside


def test_where_the_first_round_failed_it_speaks_for_itself() -> None:
    """And where no sample failed there is nothing to say."""
    assert known(Answer.SILENT, (50002, Answer.SILENT)).samples == ()
    assert known(Answer.ACCEPTED, (50002, Answer.ACCEPTED)).samples == ()


def test_a_port_that_is_announced_again_is_another_try() -> None:
    """Each announcement has the attempt that followed it."""
    facts = known(Answer.SILENT, (50002, Answer.SILENT), (50002, Answer.ACCEPTED))
    (retried,) = facts.channels[0].retries
    assert [[one.answer for one in channel.openings] for channel in retried.channels] == [
        [Answer.SILENT],
        [Answer.ACCEPTED],
    ]
