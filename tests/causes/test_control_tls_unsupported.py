from __future__ import annotations

import pytest

from ftpdiag.causes.control_tls_unsupported import control_tls_unsupported
from ftpdiag.model import Confidence, Ending, Tls, Verdict
from tests.causes.build import GREETING, exchange, grounds_of, hangup, talk

GOODBYE = exchange("QUIT", "221 Goodbye.", at=0.9)


@pytest.mark.parametrize(
    "answer",
    ["530 Please login with USER and PASS.", "500 AUTH not understood", "502 No.", "504 Unknown.", "534 Policy."],
)
def test_auth_declined(answer: str) -> None:
    """The server says so; a device could have said it. What was just tried is not advised."""
    declined = exchange("AUTH TLS", answer, at=0.1)
    for rest in ((), (GOODBYE,)):
        grounds = grounds_of(control_tls_unsupported, talk(GREETING, declined, *rest, tls=Tls.EXPLICIT))
        assert (grounds.confidence, grounds.verdict) == (Confidence.LIKELY, Verdict.REFUSED)
        assert [one.cause for one in grounds.alternatives] == ["control-commands-mangled"]
        assert not any("--tls explicit" in remedy.text for remedy in grounds.remedies)


def test_a_server_that_works_in_the_clear_need_not_do_tls() -> None:
    """Pure-FTPd lists AUTH TLS even where it is switched off: on an open network that is no fault."""
    declined = exchange("AUTH TLS", "500 This security scheme is not implemented", at=0.1)
    beside = talk(GREETING, declined, tls=Tls.EXPLICIT, clear_beside=True)
    assert grounds_of(control_tls_unsupported, beside).verdict is None
    assert control_tls_unsupported.verdict is None


def test_plain_words_on_a_port_for_implicit_tls() -> None:
    """OpenSSL hears a greeting where it expects TLS."""
    end = hangup(Ending.TLS_FAILED, "The TLS handshake failed: wrong version number.")
    grounds = grounds_of(control_tls_unsupported, talk(tls=Tls.IMPLICIT, hangup=end))
    assert grounds.confidence is Confidence.PROVEN
    commands = [line for remedy in grounds.remedies for line in remedy.text.splitlines() if "ftpdiag" in line]
    assert commands == ["ftpdiag probe --tls explicit $target", "ftpdiag probe --tls none $target"]
    assert "does not speak TLS from the start" in grounds.summary
    assert not any("AUTH" in remedy.text for remedy in grounds.remedies)


def test_what_went_on_was_no_obstacle() -> None:
    """A client that logs in, or tries to, without TLS; AUTH agreed to, or not said; other failures of TLS."""
    declined = exchange("AUTH TLS", "502 No.", at=0.1)
    login = exchange("USER me", "530 No.", at=0.2)
    assert control_tls_unsupported.rule(talk(GREETING, declined, login)) is None
    assert control_tls_unsupported.rule(talk(GREETING, declined, logged_in=True)) is None
    assert control_tls_unsupported.rule(talk(GREETING, exchange("AUTH TLS", "234 Yes."), tls=Tls.EXPLICIT)) is None
    assert control_tls_unsupported.rule(talk(GREETING, GOODBYE)) is None
    assert control_tls_unsupported.rule(talk()) is None
    assert control_tls_unsupported.rule(talk(tls=Tls.IMPLICIT, hangup=hangup(Ending.STALLED))) is None
    alert = hangup(Ending.TLS_FAILED, "The TLS handshake failed: tlsv1 alert protocol version.")
    assert control_tls_unsupported.rule(talk(tls=Tls.IMPLICIT, hangup=alert)) is None
