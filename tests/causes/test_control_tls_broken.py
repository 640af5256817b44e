from __future__ import annotations

import pytest

from ftpdiag.causes.control_tls_broken import control_tls_broken
from ftpdiag.model import Answer, Confidence, Ending, Location, Tls, View
from tests.causes.build import GREETING, SERVER_TTL, captured, exchange, grounds_of, hangup, knock, reset, talk

AGREED = exchange("AUTH TLS", "234 Proceed with negotiation.", at=0.1)


@pytest.mark.parametrize(
    ("ttl", "location", "hop"),
    [(64, Location.CLIENT_NETWORK, 1), (63, Location.PATH, 2), (254, Location.PATH, 2)],
)
def test_a_reset_from_nearer_by_than_the_server_is_a_devices(ttl: int, location: Location, hop: int) -> None:
    """Its TTL gives the device away, and its place."""
    broken = talk(GREETING, AGREED, tls=Tls.EXPLICIT, hangup=hangup(Ending.RESET), reset=reset(ttl))
    grounds = grounds_of(control_tls_broken, broken)
    assert (grounds.confidence, grounds.location, grounds.hop) == (Confidence.PROVEN, location, hop)
    assert grounds.alternatives == ()


@pytest.mark.parametrize("ending", [Ending.RESET, Ending.FINISHED, Ending.STALLED, Ending.TLS_FAILED])
def test_other_ends_leave_open_who_it_was(ending: Ending) -> None:
    """A box that copies the server's TTL, a close and a silence tell no box from a server."""
    for rst in (None, reset(SERVER_TTL)):
        broken = talk(GREETING, AGREED, tls=Tls.EXPLICIT, hangup=hangup(ending), reset=rst)
        grounds = grounds_of(control_tls_broken, broken)
        assert grounds.confidence is Confidence.LIKELY
        assert grounds.location is None
        narrow = ["data-path-mtu"] if ending is Ending.STALLED else []
        assert [one.cause for one in grounds.alternatives] == ["control-tls-unsupported", *narrow]


@pytest.mark.parametrize("words", ["tlsv1 alert protocol version", "dh key too small", "unsupported protocol"])
def test_two_tls_sides_that_do_not_agree_are_no_firewalls_doing(words: str) -> None:
    """An alert, or a refusal of our own side, comes from a TLS implementation."""
    end = hangup(Ending.TLS_FAILED, f"The TLS handshake failed: {words}.")
    grounds = grounds_of(control_tls_broken, talk(GREETING, AGREED, tls=Tls.EXPLICIT, hangup=end))
    assert (grounds.confidence, grounds.location) == (Confidence.LIKELY, Location.SERVER_CONFIG)


def test_an_answer_in_the_clear_after_234() -> None:
    """The server had agreed to TLS."""
    end = hangup(Ending.TLS_FAILED, "The TLS handshake failed: wrong version number.")
    grounds = grounds_of(control_tls_broken, talk(GREETING, AGREED, tls=Tls.EXPLICIT, hangup=end))
    assert "is no TLS" in grounds.summary


def test_the_first_command_may_find_tls_dead() -> None:
    """With TLS 1.3 the client is done before the server has judged."""
    asked = exchange("FEAT", at=0.2)
    end = hangup(Ending.TLS_FAILED, "The control connection was lost after FEAT: tlsv13 alert certificate required.")
    broken = talk(GREETING, AGREED, asked, tls=Tls.EXPLICIT, hangup=end)
    assert grounds_of(control_tls_broken, broken).location is Location.SERVER_CONFIG


def test_implicit_tls_is_broken_before_the_greeting() -> None:
    """Nothing was agreed to, and nothing was said."""
    broken = talk(tls=Tls.IMPLICIT, hangup=hangup(Ending.FINISHED))
    assert grounds_of(control_tls_broken, broken).confidence is Confidence.LIKELY


def test_a_capture_shows_it_too() -> None:
    """The client's first TLS record is answered with a RST."""
    broken = captured(
        exchanges=(GREETING, AGREED),
        openings=(knock(View.CLIENT_WIRE, Answer.ACCEPTED),),
        logged_in=False,
        tls=Tls.EXPLICIT,
        opaque=True,
        hangup=hangup(Ending.RESET),
        reset=reset(63),
    )
    assert grounds_of(control_tls_broken, broken).location is Location.PATH


def test_what_is_no_broken_tls() -> None:
    """No hangup; AUTH unanswered or refused; a word through TLS; a bad certificate; plain words on an implicit port."""
    reset_ = hangup(Ending.RESET)
    explicit = {"tls": Tls.EXPLICIT}
    assert control_tls_broken.rule(talk(GREETING, AGREED, **explicit)) is None
    assert control_tls_broken.rule(talk(GREETING, exchange("AUTH TLS"), hangup=reset_, **explicit)) is None
    assert control_tls_broken.rule(talk(GREETING, exchange("AUTH TLS", "502 No."), hangup=reset_, **explicit)) is None
    worked = exchange("FEAT", "211 End", at=0.3)
    assert control_tls_broken.rule(talk(GREETING, AGREED, worked, hangup=reset_, **explicit)) is None
    assert control_tls_broken.rule(talk(GREETING, AGREED, hangup=hangup(Ending.UNTRUSTED), **explicit)) is None
    clear = hangup(Ending.TLS_FAILED, "The TLS handshake failed: wrong version number.")
    assert control_tls_broken.rule(talk(hangup=clear, tls=Tls.IMPLICIT)) is None
    assert control_tls_broken.rule(talk(hangup=hangup(Ending.STALLED))) is None
