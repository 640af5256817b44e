from __future__ import annotations

import pytest

from ftpdiag.causes.active_address_refused import active_address_refused
from ftpdiag.model import Confidence, Endpoint, Location, View
from tests.causes.build import active, captured, control_opening, grounds_of, session

PRIVATE = "10.1.0.2"
BEHIND_NAT = session(client=Endpoint(host=PRIVATE, port=40000))


@pytest.mark.parametrize(
    "answer",
    [
        "500 Illegal PORT command.",
        "501 Sorry, but I won't connect to ports < 1024",
        "501 Rejected data connection to foreign address 10.1.0.2:46055.",
        "501 Server cannot accept argument.",
    ],
)
def test_a_private_address_that_is_refused_is_likely_the_reason(answer: str) -> None:
    """A server on the Internet cannot call a private address, in whichever words it says so."""
    grounds = grounds_of(active_address_refused, active(control=BEHIND_NAT, announced=PRIVATE, answer=answer))
    assert (grounds.confidence, grounds.location) == (Confidence.LIKELY, Location.CLIENT_NETWORK)
    assert answer in {item.line for item in grounds.evidence}


def test_a_server_that_names_the_address_it_sees_proves_it() -> None:
    """Pure-FTPd says both addresses in one line."""
    answer = "500 I won't open a connection to 10.1.0.2 (only to 198.51.100.2)"
    grounds = grounds_of(active_address_refused, active(control=BEHIND_NAT, announced=PRIVATE, answer=answer))
    assert (grounds.confidence, grounds.location) == (Confidence.PROVEN, Location.CLIENT_NETWORK)
    assert "198.51.100.2" in grounds.summary
    assert not grounds.alternatives


def test_stat_proves_it_too() -> None:
    """The address that STAT shows is the one that the server would call."""
    control = session(client=Endpoint(host=PRIVATE, port=40000), client_seen_as="198.51.100.2")
    grounds = grounds_of(
        active_address_refused, active(control=control, announced=PRIVATE, answer="500 Illegal PORT command.")
    )
    assert grounds.confidence is Confidence.PROVEN


def test_a_server_that_sees_a_private_address_has_the_nat_on_its_side() -> None:
    """A public client that the server sees at 172.17.0.1 is hidden by the server's own network."""
    control = session(client_seen_as="172.17.0.1")
    grounds = grounds_of(active_address_refused, active(control=control, answer="500 Illegal PORT command."))
    assert grounds.location is Location.SERVER_NETWORK
    assert not any("public address" in one.text for one in grounds.remedies)
    assert any("source NAT" in one.text for one in grounds.remedies)


def test_a_capture_beyond_the_nat_shows_both_addresses() -> None:
    """The control connection comes from one address, PORT names another."""
    grounds = grounds_of(
        active_address_refused, active(control=captured(), announced=PRIVATE, answer="500 Illegal PORT command.")
    )
    assert grounds.confidence is Confidence.PROVEN


def test_an_address_of_the_users_own_choosing_is_the_users_to_correct() -> None:
    """What --active-address announces is not this machine's address."""
    control = session(client_seen_as="198.51.100.2")
    grounds = grounds_of(
        active_address_refused, active(control=control, announced="198.51.100.9", answer="500 Illegal PORT command.")
    )
    assert grounds.location is Location.CLIENT_CONFIG


def test_a_public_address_that_is_refused_is_only_possibly_wrong() -> None:
    """Nothing but the words speaks for it."""
    grounds = grounds_of(active_address_refused, active(answer="501 Server cannot accept argument."))
    assert grounds.confidence is Confidence.POSSIBLE
    assert [one.cause for one in grounds.alternatives] == ["active-refused-by-server"]


def test_the_right_address_is_not_the_reason() -> None:
    """The server sees the client at the very address that it refuses: it declines something else."""
    control = session(client_seen_as="198.51.100.2")
    assert active_address_refused.rule(active(control=control, answer="500 Illegal PORT command.")) is None


@pytest.mark.parametrize(
    "answer",
    [
        "200 PORT command successful.",
        "500 Unable to service PORT commands",
        "501 Active mode is disabled",
        "550 Permission denied.",
        "502 Command not implemented.",
        "522 Network protocol not supported, use (1)",
        "530 Please login with USER and PASS.",
        "425 Can't connect to specified address.",
        "421 Service not available.",
    ],
)
def test_other_words_are_not_about_the_address(answer: str) -> None:
    """Only a refusal of the address counts."""
    assert active_address_refused.rule(active(control=BEHIND_NAT, announced=PRIVATE, answer=answer)) is None


def test_another_host_than_the_client_shows_no_nat() -> None:
    """PORT names a host that is no more private than the client (FXP, a bounce): nothing translates addresses."""
    refused = "500 Illegal PORT command."
    for view, nat in ((View.CLIENT_WIRE, False), (View.SERVER_WIRE, True)):
        control = captured(openings=(control_opening(view),))
        grounds = grounds_of(active_address_refused, active(control=control, announced="192.0.2.77", answer=refused))
        assert "192.0.2.77 is not the client 198.51.100.2" in grounds.summary
        assert "translates" not in grounds.summary
        assert ("NAT" in grounds.summary) is nat
        assert grounds.confidence is Confidence.LIKELY
        assert {one.who for one in grounds.remedies} == {"client", "server"}
