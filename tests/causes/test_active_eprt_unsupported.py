from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.causes.active_eprt_unsupported import active_eprt_unsupported
from ftpdiag.model import Confidence, Method, Tls
from tests.causes.build import active, exchange, grounds_of, session


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


def test_a_protocol_that_nobody_knows_tells_nothing() -> None:
    """To `EPRT |3|`, 522 says that the server knows 1 and 2; one that does not know EPRT at all does not ask which."""
    bad = "522 Network protocol not supported, use (1,2)"
    for answer, told in (
        (bad, False),
        ("501 Unknown network protocol.", False),
        ("500 Invalid EPRT format.", False),
        ("502 Command not implemented.", True),
    ):
        channel = active(method=Method.EPRT, answer=answer)
        assert active_eprt_unsupported.rule(channel) is not None
        for words in ("|3|198.51.100.2|1025|", "||", None):
            odd = replace(channel, announced=None, negotiation=replace(channel.negotiation, argument=words))
            assert (active_eprt_unsupported.rule(odd) is not None) is told


def test_a_protocol_that_the_session_does_not_speak_tells_nothing() -> None:
    """A server that was called over IPv4 rightly asks for 1 where 2 was named: that is no lack of EPRT."""
    channel = active(method=Method.EPRT)
    other = exchange("EPRT |2|2001:db8::1|1025|", "522 Network protocol not supported, use (1)", at=2.0)
    assert active_eprt_unsupported.rule(replace(channel, negotiation=other)) is None


def test_what_was_accepted_in_the_same_session_is_supported() -> None:
    """EPRT for the same IP version once accepted, a later refusal is not about the command; for another, it may be."""
    control = session()
    works = active(control=control, method=Method.EPRT)
    declined = active(control=control, method=Method.EPRT, answer="502 Command not implemented.")
    other = exchange("EPRT |2|2001:db8::1|1025|", "502 Command not implemented.", at=2.0)
    for channel, told in ((declined, False), (replace(declined, negotiation=other), True)):
        assert active_eprt_unsupported.rule(channel) is not None
        beside = replace(channel, beside=(works, channel))
        assert (active_eprt_unsupported.rule(beside) is not None) is told
    elsewhere = replace(works, session=session())
    assert active_eprt_unsupported.rule(replace(declined, beside=(elsewhere, declined))) is not None
