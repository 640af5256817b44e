from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.causes.passive_epsv_unsupported import passive_epsv_unsupported
from ftpdiag.model import Confidence, Method, Tls
from tests.causes.build import exchange, grounds_of, passive, session


@pytest.mark.parametrize(
    ("answer", "confidence"),
    [
        ("500 'EPSV': command not understood.", Confidence.LIKELY),
        ("500 Syntax error.", Confidence.LIKELY),
        ("502 Command not implemented.", Confidence.LIKELY),
        ("522 Network protocol not supported, use (1)", Confidence.PROVEN),
    ],
)
def test_a_server_that_does_not_know_it_says_so(answer: str, confidence: Confidence) -> None:
    """522 is a code that only a server which knows the command uses; anything else a device may say, too."""
    assert grounds_of(passive_epsv_unsupported, passive(answer=answer)).confidence is confidence


def test_under_tls_nobody_else_can_have_said_it() -> None:
    """No device on the way can write into an encrypted control connection."""
    channel = passive(control=session(tls=Tls.EXPLICIT), answer="502 Command not implemented.")
    assert grounds_of(passive_epsv_unsupported, channel).confidence is Confidence.PROVEN


def test_over_ipv6_it_leaves_nothing() -> None:
    """PASV has no room for an IPv6 address."""
    channel = passive(control=session(6), answer="502 Command not implemented.")
    assert grounds_of(passive_epsv_unsupported, channel).summary.endswith("no passive method.")


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        (Method.EPSV, "229 Entering Extended Passive Mode (|||50001|)"),
        (Method.EPSV, "550 Permission denied."),
        (Method.EPSV, "501 EPSV denied by <Limit> configuration"),
        (Method.EPSV, "425 All reserved TCP ports are busy"),
        (Method.EPSV, "522 SSL/TLS required on the data channel"),
        (Method.PASV, "502 Command not implemented."),
    ],
)
def test_other_words_are_other_causes(method: Method, answer: str) -> None:
    """The mode, its ports, encryption and PASV are not this command."""
    assert passive_epsv_unsupported.rule(passive(method=method, answer=answer)) is None


def test_another_protocol_than_the_session_s_tells_nothing() -> None:
    """Over IPv6 a server has no IPv4 port to give: to `EPSV 1` it rightly says 522."""
    channel = passive(control=session(6))
    other = exchange("EPSV 1", "522 Network protocol not supported (use 2).", at=2.0)
    assert passive_epsv_unsupported.rule(replace(channel, negotiation=other)) is None
