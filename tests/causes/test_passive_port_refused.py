from __future__ import annotations

import pytest

from ftpdiag.causes.passive_port_refused import passive_port_refused
from ftpdiag.model import Answer, Confidence, Location, Tls, View
from tests.causes.build import captured, dial, grounds_of, passive, session

REFUSED = dial(View.CLIENT_SOCKET, Answer.REFUSED, error="ECONNREFUSED")


@pytest.mark.parametrize("ttl", [61, 125, 252])
def test_a_reset_from_as_far_as_the_server(ttl: int) -> None:
    """Four hops away, whichever TTL the sender starts with."""
    grounds = grounds_of(passive_port_refused, passive(REFUSED, dial(View.CLIENT_WIRE, Answer.REFUSED, ttl=ttl)))
    assert (grounds.confidence, grounds.hop) == (Confidence.LIKELY, 4)
    assert passive_port_refused.location is Location.SERVER_HOST
    assert grounds.evidence[1].packet == 10
    assert [one.cause for one in grounds.alternatives] == ["alg-rewrote-endpoint"]


def test_what_no_device_can_read_no_device_has_rewritten() -> None:
    """Under TLS the port that is refused is the one that the server announced."""
    wire = dial(View.CLIENT_WIRE, Answer.REFUSED)
    grounds = grounds_of(passive_port_refused, passive(REFUSED, wire, control=session(tls=Tls.EXPLICIT)))
    assert not grounds.alternatives


@pytest.mark.parametrize("ttl", [60, 55])
def test_a_reset_from_farther_than_the_server(ttl: int) -> None:
    """No device in between sends it: another machine behind the address may, or the way is longer."""
    grounds = grounds_of(passive_port_refused, passive(REFUSED, dial(View.CLIENT_WIRE, Answer.REFUSED, ttl=ttl)))
    assert (grounds.confidence, grounds.location) == (Confidence.POSSIBLE, Location.UNKNOWN)
    assert [one.cause for one in grounds.alternatives] == ["passive-other-backend"]


@pytest.mark.parametrize("ttl", [62, 63, 64])
def test_a_reset_from_nearer_is_a_devices(ttl: int) -> None:
    """Nearer than the server: not the server."""
    assert passive_port_refused.rule(passive(REFUSED, dial(View.CLIENT_WIRE, Answer.REFUSED, ttl=ttl))) is None


def test_seen_at_the_server_it_is_proof() -> None:
    """There is no device left that could have sent it."""
    wire = dial(View.SERVER_WIRE, Answer.REFUSED, ttl=64)
    grounds = grounds_of(passive_port_refused, passive(wire, control=captured(server_ttl=64)))
    assert (grounds.confidence, grounds.hop) == (Confidence.PROVEN, None)


def test_without_the_servers_distance_it_is_possible() -> None:
    """A capture that begins in the middle of the control connection does not tell how far the server is."""
    control = captured(server_ttl=None)
    grounds = grounds_of(passive_port_refused, passive(dial(View.CLIENT_WIRE, Answer.REFUSED), control=control))
    assert (grounds.confidence, grounds.location) == (Confidence.POSSIBLE, Location.UNKNOWN)
    assert [one.cause for one in grounds.alternatives] == ["passive-port-rejected"]


def test_without_a_tap_it_is_possible() -> None:
    """ECONNREFUSED does not say who refused."""
    grounds = grounds_of(passive_port_refused, passive(REFUSED))
    assert (grounds.confidence, grounds.location) == (Confidence.POSSIBLE, Location.UNKNOWN)
    assert "passive-dropped-by-client-host" in {one.cause for one in grounds.alternatives}


@pytest.mark.parametrize("answer", [answer for answer in Answer if answer is not Answer.REFUSED])
def test_any_other_answer_is_another_matter(answer: Answer) -> None:
    """Only a RST refuses; ECONNREFUSED with no packet on the wire is this machine's own doing."""
    wire = dial(View.CLIENT_WIRE, answer, established=False)
    assert passive_port_refused.rule(passive(REFUSED, wire, control=session())) is None


@pytest.mark.parametrize("answer", [Answer.ACCEPTED, Answer.SILENT, Answer.REJECTED])
def test_without_a_tap_any_other_answer_is_another_matter(answer: Answer) -> None:
    """The socket's word counts alone."""
    assert passive_port_refused.rule(passive(dial(View.CLIENT_SOCKET, answer))) is None
