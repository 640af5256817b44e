from __future__ import annotations

import pytest

from ftpdiag.causes.active_eprt_unsupported import active_eprt_unsupported
from ftpdiag.model import Confidence, Method, Tls
from tests.causes.build import active, grounds_of, session


@pytest.mark.parametrize(
    ("answer", "confidence"),
    [
        ("500 'EPRT': command not understood.", Confidence.LIKELY),
        ("502 Command not implemented.", Confidence.LIKELY),
        ("500 Unknown command.", Confidence.LIKELY),
        ("500 Bad EPRT protocol.", Confidence.LIKELY),
        ("501 Unknown network protocol (use 2).", Confidence.LIKELY),
        ("522 Network protocol not supported, use (1,2)", Confidence.PROVEN),
    ],
)
def test_a_server_that_does_not_know_it_says_so(answer: str, confidence: Confidence) -> None:
    """522 is a code that only a server which knows the command uses; anything else a device may say, too."""
    assert grounds_of(active_eprt_unsupported, active(method=Method.EPRT, answer=answer)).confidence is confidence


def test_under_tls_nobody_else_can_have_said_it() -> None:
    """No device on the way can write into an encrypted control connection."""
    grounds = grounds_of(
        active_eprt_unsupported,
        active(control=session(tls=Tls.EXPLICIT), method=Method.EPRT, answer="502 Command not implemented."),
    )
    assert grounds.confidence is Confidence.PROVEN
    assert not grounds.alternatives


def test_over_ipv6_it_leaves_nothing() -> None:
    """PORT has no room for an IPv6 address."""
    grounds = grounds_of(
        active_eprt_unsupported, active(control=session(6), method=Method.EPRT, answer="502 Command not implemented.")
    )
    assert grounds.summary.endswith("no active method.")


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        (Method.EPRT, "200 EPRT command successful."),
        (Method.EPRT, "550 Permission denied."),
        (Method.EPRT, "500 Illegal EPRT command."),
        (Method.EPRT, "425 Can't connect to specified address."),
        (Method.EPRT, "530 Please login with USER and PASS."),
        (Method.EPRT, "521 Data connection cannot be opened with this PROT setting."),
        (Method.PORT, "502 Command not implemented."),
    ],
)
def test_other_words_are_other_causes(method: Method, answer: str) -> None:
    """The mode, the address, the network, the login and encryption are not the command."""
    assert active_eprt_unsupported.rule(active(method=method, answer=answer)) is None
