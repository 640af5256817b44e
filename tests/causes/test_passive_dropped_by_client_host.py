from __future__ import annotations

import pytest

from ftpdiag.causes.passive_dropped_by_client_host import passive_dropped_by_client_host
from ftpdiag.model import Answer, Confidence, View
from tests.causes.build import captured, dial, exchange, grounds_of, passive

NOT_SEEN = dial(View.CLIENT_WIRE, Answer.ABSENT)
TIMED_OUT = dial(View.CLIENT_SOCKET, Answer.SILENT, error="ETIMEDOUT")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer.SILENT, "ETIMEDOUT"),
        (Answer.REFUSED, "ECONNREFUSED"),
        (Answer.REJECTED, "ENETUNREACH"),
        (Answer.REJECTED, "EPERM"),
    ],
)
def test_a_connect_that_fails_with_nothing_on_the_wire(answer: Answer, error: str) -> None:
    """A tap sees outbound packets after the local firewall: what is not there was stopped before."""
    socket = dial(View.CLIENT_SOCKET, answer, error=error)
    grounds = grounds_of(passive_dropped_by_client_host, passive(socket, NOT_SEEN))
    assert grounds.confidence is Confidence.PROVEN


def test_unreachable_at_once_is_a_rule() -> None:
    """ARP that goes unanswered takes seconds to fail, a rule that rejects takes none."""
    for waited, found in ((0.001, True), (3.1, False), (None, False)):
        socket = dial(View.CLIENT_SOCKET, Answer.REJECTED, error="EHOSTUNREACH", waited=waited)
        channel = passive(socket, dial(View.CLIENT_WIRE, Answer.ABSENT))
        assert (passive_dropped_by_client_host.rule(channel) is not None) is found


@pytest.mark.parametrize("error", ["EPERM", "EACCES"])
def test_the_kernels_own_word_needs_no_tap(error: str) -> None:
    """These errors come from this machine's own rules."""
    socket = dial(View.CLIENT_SOCKET, Answer.REJECTED, error=error)
    assert grounds_of(passive_dropped_by_client_host, passive(socket)).confidence is Confidence.PROVEN


@pytest.mark.parametrize(
    ("answer", "error"), [(Answer.SILENT, "ETIMEDOUT"), (Answer.REFUSED, "ECONNREFUSED"), (Answer.REJECTED, "ENETDOWN")]
)
def test_without_a_tap_other_errors_show_nothing(answer: Answer, error: str) -> None:
    """Anybody may have dropped or rejected it."""
    assert passive_dropped_by_client_host.rule(passive(dial(View.CLIENT_SOCKET, answer, error=error))) is None


def test_a_machine_that_has_no_port_left_is_not_a_firewall() -> None:
    """A connect() that fails for want of something else never was a packet."""
    socket = dial(View.CLIENT_SOCKET, Answer.REJECTED, error="EADDRNOTAVAIL")
    assert passive_dropped_by_client_host.rule(passive(socket, NOT_SEEN)) is None


@pytest.mark.parametrize("answer", [answer for answer in Answer if answer is not Answer.ABSENT])
def test_a_syn_on_the_wire_has_left(answer: Answer) -> None:
    """Whatever became of it, this machine let it out."""
    wire = dial(View.CLIENT_WIRE, answer, established=False)
    assert passive_dropped_by_client_host.rule(passive(TIMED_OUT, wire)) is None


def test_in_a_capture_the_client_may_not_have_tried() -> None:
    """No SYN for seconds after the announcement is possibly the client's firewall."""
    grounds = grounds_of(passive_dropped_by_client_host, passive(NOT_SEEN, control=captured()))
    assert grounds.confidence is Confidence.POSSIBLE


def test_a_capture_that_ends_or_lacks_the_data_shows_nothing() -> None:
    """Neither an early end nor a transfer that went on is a missing SYN."""
    assert passive_dropped_by_client_host.rule(passive(NOT_SEEN, control=captured(last_seen=1.0))) is None
    for replies in (("150 Here it comes.",), ("150 Here it comes.", "226 Done.")):
        channel = passive(NOT_SEEN, control=captured(), transfer=exchange("LIST", *replies))
        assert passive_dropped_by_client_host.rule(channel) is None


@pytest.mark.parametrize("view", [View.MIDDLE_WIRE, View.SERVER_WIRE])
def test_elsewhere_a_missing_syn_may_have_been_lost_before(view: View) -> None:
    """Only the client's own wire shows what left it."""
    assert passive_dropped_by_client_host.rule(passive(dial(view, Answer.ABSENT), control=captured())) is None


def test_a_probe_that_never_dialled_shows_nothing() -> None:
    """No connect(), no SYN."""
    assert passive_dropped_by_client_host.rule(passive(NOT_SEEN)) is None
