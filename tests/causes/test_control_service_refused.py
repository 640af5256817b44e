from __future__ import annotations

import pytest

from ftpdiag.causes.control_service_refused import control_service_refused
from ftpdiag.model import Confidence, Ending, Method
from tests.causes.build import GREETING, exchange, grounds_of, hangup, talk


@pytest.mark.parametrize(
    "greeting",
    [
        "421 There are too many connected users, please try later.",
        "421 Too many connections (1) from this IP",
        "421 Service not available.",
        "500 OOPS: SSL: cannot load RSA certificate",
        "530 Sorry, no server available to handle request on 203.0.113.2",
    ],
)
def test_a_refusal_in_place_of_the_greeting(greeting: str) -> None:
    """The server's own words are proof."""
    grounds = grounds_of(control_service_refused, talk(exchange("", greeting)))
    assert grounds.confidence is Confidence.PROVEN
    assert greeting in grounds.summary


@pytest.mark.parametrize(
    "answer",
    [
        "530 Sorry, the maximum number of allowed clients (10) already connected.",
        "421 10 users (the maximum) are already logged in, sorry",
        "530 Sorry, too many sessions for this user",
    ],
)
def test_limits_may_be_told_at_the_login(answer: str) -> None:
    """ProFTPD and Pure-FTPd greet first."""
    login = (exchange("USER me", "331 Password?"), exchange("PASS ***", answer))
    assert grounds_of(control_service_refused, talk(GREETING, *login)).confidence is Confidence.PROVEN


@pytest.mark.parametrize(("method", "confidence"), [(Method.PORT, Confidence.LIKELY), (None, None)])
def test_a_crowd_of_its_own(method: Method | None, confidence: Confidence | None) -> None:
    """Where the server served others of the same probe, these may be the crowd; a capture of it tells nothing."""
    refused = talk(exchange("", "421 Too many connections."), crowded=True, method=method)
    grounds = control_service_refused.rule(refused)
    assert (grounds and grounds.confidence) is confidence
    assert grounds is None or "other sessions of this probe" in grounds.summary


def test_not_ready_yet() -> None:
    """RFC 959 §5.4: a 120 promises a 220, which did not come."""
    waiting = exchange("", "120 Service ready in 10 minutes.")
    assert grounds_of(control_service_refused, talk(waiting, hangup=hangup(Ending.STALLED))).evidence[0].line
    assert control_service_refused.rule(talk(waiting)) is None


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("PASS ***", "530 Login incorrect."),
        ("PASS ***", "530 Too many failed login attempts"),
        ("PASS ***", "421 Timeout (60 seconds): closing control connection."),
        ("USER me", "230 Welcome."),
    ],
)
def test_other_words_are_other_causes(command: str, answer: str) -> None:
    """A wrong password, a ban, the client's own slowness, no refusal."""
    assert control_service_refused.rule(talk(GREETING, exchange(command, answer))) is None


def test_a_login_that_worked_in_the_end() -> None:
    """Nothing was refused, whatever was said before."""
    refused = exchange("", "421 Too many users."), exchange("USER me", "230 Welcome.")
    assert control_service_refused.rule(talk(*refused, logged_in=True)) is None
    assert control_service_refused.rule(talk()) is None
