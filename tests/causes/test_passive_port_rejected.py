from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.causes.passive_port_rejected import passive_port_rejected
from ftpdiag.clues.remedies import FIND_THE_ROUTE
from ftpdiag.model import Answer, Confidence, Endpoint, Location, Method, View
from tests.causes.build import SERVER, captured, dial, grounds_of, passive
from tests.causes.build import session as control

REJECTED = dial(View.CLIENT_SOCKET, Answer.REJECTED, error="EHOSTUNREACH")
REFUSED = dial(View.CLIENT_SOCKET, Answer.REFUSED, error="ECONNREFUSED")


@pytest.mark.parametrize(
    ("reporter", "ttl", "hop", "location"),
    [
        ("198.51.100.1", 64, 1, Location.CLIENT_NETWORK),
        ("198.18.1.1", 63, 2, Location.PATH),
        ("198.18.2.2", 62, 3, Location.SERVER_NETWORK),
        ("198.18.2.2", 253, 3, Location.SERVER_NETWORK),
        (SERVER[4], 61, 4, Location.SERVER_HOST),
        (SERVER[4], 62, 3, Location.SERVER_NETWORK),
        ("192.0.2.9", 61, 4, Location.UNKNOWN),
        ("192.0.2.9", 55, 10, Location.UNKNOWN),
    ],
)
def test_an_icmp_error_names_its_sender(reporter: str, ttl: int, hop: int, location: Location) -> None:
    """Its address is that of the device, its TTL tells which of the routers that is."""
    wire = dial(View.CLIENT_WIRE, Answer.REJECTED, reporter=reporter, ttl=ttl)
    grounds = grounds_of(passive_port_rejected, passive(REJECTED, wire))
    assert (grounds.confidence, grounds.hop, grounds.location) == (Confidence.PROVEN, hop, location)
    assert "administratively prohibited" in grounds.summary


@pytest.mark.parametrize(
    ("ttl", "location"),
    [(64, Location.CLIENT_NETWORK), (63, Location.PATH), (254, Location.PATH)],
)
def test_a_reset_from_less_far_than_the_server_is_a_devices(ttl: int, location: Location) -> None:
    """It bears the server's address and has travelled fewer hops."""
    grounds = grounds_of(passive_port_rejected, passive(REFUSED, dial(View.CLIENT_WIRE, Answer.REFUSED, ttl=ttl)))
    assert (grounds.confidence, grounds.location) == (Confidence.LIKELY, location)


def test_a_hop_less_is_only_possible() -> None:
    """Routers that share traffic among several ways may lead one answer by a router less."""
    grounds = grounds_of(passive_port_rejected, passive(REFUSED, dial(View.CLIENT_WIRE, Answer.REFUSED, ttl=62)))
    assert (grounds.confidence, grounds.location, grounds.hop) == (Confidence.POSSIBLE, Location.UNKNOWN, None)
    assert [one.cause for one in grounds.alternatives] == ["passive-port-refused"]


@pytest.mark.parametrize("reason", ["network unreachable", "no route to destination"])
def test_a_route_that_lacks_comes_first(reason: str) -> None:
    """Where a router knows no way on, a firewall is the second place to look."""
    wire = dial(View.CLIENT_WIRE, Answer.REJECTED, reporter="198.18.1.1", ttl=63, reason=reason)
    assert grounds_of(passive_port_rejected, passive(REJECTED, wire)).remedies[0] is FIND_THE_ROUTE


@pytest.mark.parametrize("reason", ["host unreachable", "address unreachable"])
def test_a_machine_that_nobody_finds_was_not_rejected(reason: str) -> None:
    """That is passive-host-unreachable."""
    wire = dial(View.CLIENT_WIRE, Answer.REJECTED, reporter="198.18.2.2", reason=reason)
    assert passive_port_rejected.rule(passive(REJECTED, wire)) is None


def test_a_reset_from_as_far_as_the_server_is_the_servers() -> None:
    """That is another cause."""
    assert passive_port_rejected.rule(passive(REFUSED, dial(View.CLIENT_WIRE, Answer.REFUSED))) is None


def test_a_reset_whose_distance_says_nothing() -> None:
    """Without the server's distance a RST is not held against a device."""
    wire = dial(View.CLIENT_WIRE, Answer.REFUSED, ttl=64)
    assert passive_port_rejected.rule(passive(wire, control=captured(server_ttl=None))) is None


def test_in_the_middle_the_first_hop_is_not_the_clients() -> None:
    """One hop from a tap on the way is the tapped router or the next one: nobody knows in whose network."""
    wire = dial(View.MIDDLE_WIRE, Answer.REJECTED, reporter="198.18.1.1", ttl=64)
    grounds = grounds_of(passive_port_rejected, passive(wire, control=captured()))
    assert (grounds.location, grounds.hop) == (Location.UNKNOWN, None)


def test_without_a_tap_it_is_possible() -> None:
    """EHOSTUNREACH does not say who said so."""
    grounds = grounds_of(passive_port_rejected, passive(REJECTED))
    assert (grounds.confidence, grounds.location) == (Confidence.POSSIBLE, None)
    assert [one.cause for one in grounds.alternatives] == ["passive-dropped-by-client-host"]


@pytest.mark.parametrize("error", ["EPERM", "EACCES"])
def test_what_the_kernel_itself_forbids_nobody_else_rejected(error: str) -> None:
    """These errors come from this machine's own rules."""
    assert passive_port_rejected.rule(passive(dial(View.CLIENT_SOCKET, Answer.REJECTED, error=error))) is None


@pytest.mark.parametrize("answer", [Answer.ACCEPTED, Answer.SILENT, Answer.ABSENT, Answer.UNKNOWN])
def test_any_other_answer_is_another_matter(answer: Answer) -> None:
    """Only an ICMP error or a RST rejects."""
    wire = dial(View.CLIENT_WIRE, answer, established=False)
    assert passive_port_rejected.rule(passive(REJECTED, wire)) is None


def test_the_nat_that_rejects_is_told_the_address_behind_it() -> None:
    """A reply to PASV named it; where none did, the reader must know it."""
    session = control(client_seen_as="192.0.2.7")
    wire = dial(View.CLIENT_WIRE, Answer.REJECTED, reporter=SERVER[4], ttl=62)
    channel = passive(wire, control=session)
    inside = replace(channel, method=Method.PASV, announced=Endpoint(host="10.2.0.2", port=50002))
    for beside, inner in (((), "INNER"), ((channel,), "INNER"), ((channel, inside), "10.2.0.2")):
        first, *rest = grounds_of(passive_port_rejected, replace(channel, beside=beside)).remedies
        assert f"saddr 192.0.2.7 $ip daddr {inner} tcp" in first.text
        assert not any("hook forward" in one.text for one in rest)


def test_what_resets_on_the_way_may_be_a_linux_router() -> None:
    """It is told the rule, in the words of nft and of iptables."""
    grounds = grounds_of(passive_port_rejected, passive(dial(View.CLIENT_WIRE, Answer.REFUSED, ttl=63)))
    told = [one.text for one in grounds.remedies or passive_port_rejected.remedies if one.who == "network"]
    assert any("nft insert rule inet filter forward $ip daddr $server tcp dport" in text for text in told)
    assert any("$iptables -I FORWARD -p tcp -d $server" in text for text in told)
