from __future__ import annotations

import pytest

from ftpdiag.causes.passive_answer_dropped_by_client_host import passive_answer_dropped_by_client_host
from ftpdiag.model import Answer, Confidence, View
from tests.causes.build import captured, dial, grounds_of, passive

TIMED_OUT = dial(View.CLIENT_SOCKET, Answer.SILENT, error="ETIMEDOUT")
ANSWERED = dial(View.CLIENT_WIRE, Answer.ACCEPTED, established=False)


def test_an_answer_that_arrives_and_a_socket_that_times_out() -> None:
    """Only the local firewall lies between the tap and the socket."""
    grounds = grounds_of(passive_answer_dropped_by_client_host, passive(TIMED_OUT, ANSWERED))
    assert grounds.confidence is Confidence.PROVEN
    assert grounds.evidence[1].packet == 10


def test_a_capture_has_no_socket_to_ask() -> None:
    """The same packets make it likely."""
    grounds = grounds_of(passive_answer_dropped_by_client_host, passive(ANSWERED, control=captured()))
    assert grounds.confidence is Confidence.LIKELY


@pytest.mark.parametrize("view", [View.MIDDLE_WIRE, View.SERVER_WIRE])
def test_elsewhere_the_answer_may_be_lost_on_the_way(view: View) -> None:
    """Only the client's own wire shows that it arrived."""
    wire = dial(view, Answer.ACCEPTED, established=False)
    assert passive_answer_dropped_by_client_host.rule(passive(wire, control=captured())) is None


@pytest.mark.parametrize("answer", [Answer.SILENT, Answer.REFUSED, Answer.REJECTED, Answer.ABSENT])
def test_without_an_answer_none_is_dropped(answer: Answer) -> None:
    """No SYN-ACK, no finding."""
    wire = dial(View.CLIENT_WIRE, answer)
    assert passive_answer_dropped_by_client_host.rule(passive(TIMED_OUT, wire)) is None


def test_a_connection_that_stands_is_no_fault() -> None:
    """A late answer is an answer."""
    accepted = dial(View.CLIENT_SOCKET, Answer.ACCEPTED)
    assert passive_answer_dropped_by_client_host.rule(passive(accepted, ANSWERED)) is None
    established = dial(View.CLIENT_WIRE, Answer.ACCEPTED)
    assert passive_answer_dropped_by_client_host.rule(passive(established, control=captured())) is None


def test_an_answer_at_the_end_of_a_recording_is_not_dropped() -> None:
    """Nothing was repeated: the ACK may have come after the recording."""
    wire = dial(View.CLIENT_WIRE, Answer.ACCEPTED, established=False, tries=1)
    assert passive_answer_dropped_by_client_host.rule(passive(wire, control=captured())) is None


def test_without_a_tap_nothing_shows_it() -> None:
    """The socket knows of no answer."""
    assert passive_answer_dropped_by_client_host.rule(passive(TIMED_OUT)) is None
