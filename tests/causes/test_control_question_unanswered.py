from __future__ import annotations

import pytest

from ftpdiag.causes.control_question_unanswered import control_question_unanswered
from ftpdiag.model import Confidence
from tests.causes.build import GREETING, exchange, grounds_of, session, talk

LOGIN = exchange("USER me", "230 Welcome.", at=4.0)


@pytest.mark.parametrize("question", ["FEAT", "SYST", "STAT"])
def test_a_question_that_the_server_passes_over(question: str) -> None:
    """It answered what was asked later, so it had heard."""
    grounds = grounds_of(control_question_unanswered, talk(GREETING, exchange(question, at=0.1), LOGIN))
    assert f"gives no answer to {question};" in grounds.summary
    assert [one.line for one in grounds.evidence] == [question]
    assert grounds.confidence is Confidence.PROVEN


def test_a_question_that_was_left_out() -> None:
    """What a session before had no answer to is told of the sessions that did not ask."""
    grounds = grounds_of(control_question_unanswered, session(unasked=("STAT",)))
    assert "gives no answer to STAT;" in grounds.summary
    assert grounds.confidence is Confidence.LIKELY
    assert "lost packets explain it as well" in grounds.summary
    assert "control-segment-dropped" in {one.cause for one in grounds.alternatives}


def test_who_is_shut_out_has_no_answer_to_anything() -> None:
    """The session of the question stood still because its client was banned, whatever it asked."""
    assert control_question_unanswered.rule(session(unasked=("FEAT",), shut_out=True)) is None


def test_it_is_information_only() -> None:
    """Nothing depends on the answer."""
    assert control_question_unanswered.verdict is None


@pytest.mark.parametrize(
    "dialogue",
    [
        (GREETING, exchange("FEAT", "500 What?", at=0.1), LOGIN),
        (GREETING, exchange("FEAT", at=0.1)),
        (GREETING, LOGIN, exchange("NOOP", at=4.5), exchange("PWD", "257 /", at=5.0)),
    ],
    ids=["declined", "the session ended there", "another command"],
)
def test_near_misses(dialogue: tuple[object, ...]) -> None:
    """A refusal is an answer; where nothing was asked later, nobody knows; and other commands have other causes."""
    assert control_question_unanswered.rule(talk(*dialogue)) is None  # type: ignore[arg-type]  # rows of exchanges
