from __future__ import annotations

from ftpdiag.causes.control_tls_untrusted import control_tls_untrusted
from ftpdiag.model import Confidence, Ending, Tls
from tests.causes.build import GREETING, exchange, grounds_of, hangup, talk

AGREED = exchange("AUTH TLS", "234 Proceed.", at=0.1)


def test_openssls_verdict_is_quoted() -> None:
    """Why it does not verify is the evidence; who showed it is open."""
    end = hangup(Ending.UNTRUSTED, "The server's certificate does not verify: self-signed certificate.")
    grounds = grounds_of(control_tls_untrusted, talk(GREETING, AGREED, tls=Tls.EXPLICIT, hangup=end))
    assert grounds.confidence is Confidence.PROVEN
    assert grounds.evidence[0].text == end.detail
    assert "-starttls ftp" in grounds.alternatives[0].settle_with
    implicit = grounds_of(control_tls_untrusted, talk(tls=Tls.IMPLICIT, hangup=end))
    assert "-starttls" not in implicit.alternatives[0].settle_with


def test_a_handshake_that_broke_is_another_cause() -> None:
    """Nobody looked at a certificate."""
    assert control_tls_untrusted.rule(talk(GREETING, AGREED, hangup=hangup(Ending.TLS_FAILED))) is None
    assert control_tls_untrusted.rule(talk(GREETING, AGREED)) is None
