from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.causes.control_refused import control_refused
from ftpdiag.model import Answer, Confidence, Endpoint, Location, Opening, Track, View
from tests.causes.build import OPEN, SERVER, captured, grounds_of, knock, session, unopened

REFUSED = knock(View.CLIENT_SOCKET, Answer.REFUSED, error="ECONNREFUSED")


def test_a_reset_in_the_servers_name_is_likely_its_own() -> None:
    """Nothing says how far away the server is, so a device in between is not ruled out."""
    wire = knock(View.CLIENT_WIRE, Answer.REFUSED, tries=1)
    grounds = grounds_of(control_refused, unopened(REFUSED, wire))
    assert (grounds.confidence, grounds.location) == (Confidence.LIKELY, Location.UNKNOWN)
    assert [one.cause for one in grounds.alternatives] == ["control-rejected"]
    assert [item.packet for item in grounds.evidence] == [1, 10]


def test_a_neighbour_answers_for_itself() -> None:
    """On one link a RST that no router has touched is what a server's own looks like."""
    wire = knock(View.CLIENT_WIRE, Answer.REFUSED, client="203.0.113.9", ttl=64)
    assert grounds_of(control_refused, unopened(REFUSED, wire)).confidence is Confidence.LIKELY


def test_this_machine_is_the_server() -> None:
    """Nobody is in between."""
    server = Endpoint(host="127.0.0.1", port=2121)
    for openings in ((REFUSED,), (REFUSED, knock(View.CLIENT_WIRE, Answer.REFUSED, client="127.0.0.1", ttl=64))):
        grounds = grounds_of(control_refused, unopened(*openings, server=server))
        assert (grounds.confidence, grounds.location) == (Confidence.PROVEN, Location.SERVER_HOST)
        assert {one.who for one in grounds.remedies} == {"server"}


def test_a_tap_at_the_server_sees_it_leave() -> None:
    """A RST that leaves the server's host is the server's."""
    wire = knock(View.SERVER_WIRE, Answer.REFUSED, ttl=64)
    grounds = grounds_of(control_refused, unopened(wire, client=Endpoint(host="198.51.100.2", port=40000)))
    assert (grounds.confidence, grounds.location) == (Confidence.PROVEN, Location.SERVER_HOST)


def test_captures_of_both_ends_tell_that_the_server_sent_it() -> None:
    """It left the server's host as it came to the client, and its TTL tells how far that is."""
    track = Track(view=View.CLIENT_WIRE, seen=((View.CLIENT_WIRE, 10), (View.SERVER_WIRE, 10)), missed=())
    wire = knock(View.CLIENT_WIRE, Answer.REFUSED, ttl=61)
    wire = replace(wire, packets=tuple(one._replace(track=track) for one in wire.packets))
    grounds = grounds_of(control_refused, unopened(wire, client=wire.opener))
    assert grounds.confidence is Confidence.PROVEN
    assert any("whose TTL tells of 3 routers in between" in item.text for item in grounds.evidence)


def test_a_socket_alone_cannot_tell_a_reset_from_an_icmp_error() -> None:
    """Port unreachable comes out of connect() as "connection refused", too."""
    grounds = grounds_of(control_refused, unopened(REFUSED))
    assert grounds.confidence is Confidence.POSSIBLE
    assert grounds.location is None


@pytest.mark.parametrize(
    "openings",
    [
        OPEN,
        (REFUSED, knock(View.CLIENT_WIRE, Answer.REJECTED, reporter="198.18.1.2")),
        (REFUSED, knock(View.CLIENT_WIRE, Answer.REFUSED, ttl=64)),
        (REFUSED, knock(View.CLIENT_WIRE, Answer.ABSENT)),
        (knock(View.CLIENT_SOCKET, Answer.SILENT), knock(View.CLIENT_WIRE, Answer.SILENT)),
        (knock(View.CLIENT_SOCKET, Answer.REJECTED, error="EHOSTUNREACH"),),
        (),
    ],
)
def test_other_answers_are_other_causes(openings: tuple[Opening, ...]) -> None:
    """An open port, an ICMP error, a RST from next door, one that never came over the wire, silence."""
    assert control_refused.rule(unopened(*openings)) is None


def test_the_address_is_named() -> None:
    """The summary names the host and the port."""
    summary = grounds_of(control_refused, unopened(REFUSED)).summary
    assert f"{SERVER[4]}:21" in summary
    assert control_refused.rule(session(openings=OPEN)) is None


def test_it_serves_others() -> None:
    """So it listens: a limit, or a ban."""
    crowded = unopened(REFUSED, knock(View.CLIENT_WIRE, Answer.REFUSED, tries=1), crowded=True)
    grounds = grounds_of(control_refused, crowded)
    assert "may limit how many one address has" in grounds.summary
    assert [one.cause for one in grounds.alternatives] == ["control-service-refused"]


def test_it_served_others_in_a_capture() -> None:
    """It may have stopped since: that is told, too, and not that this machine is concerned."""
    client = Endpoint(host="198.51.100.2", port=40000)
    crowded = captured(openings=(knock(View.CLIENT_WIRE, Answer.REFUSED, tries=1),), crowded=True, client=client)
    grounds = grounds_of(control_refused, replace(crowded, lines=(), exchanges=()))
    assert grounds.confidence is Confidence.POSSIBLE
    assert "other sessions of this client" in grounds.summary
    assert "shut the client 198.51.100.2 out, or the server has stopped since" in grounds.summary
    assert [one.cause for one in grounds.alternatives] == ["control-service-refused"]
    near = knock(View.CLIENT_WIRE, Answer.REFUSED, ttl=64)
    assert control_refused.rule(replace(crowded, openings=(near,))) is None
    assert control_refused.rule(replace(crowded, one_too_many=True)) is None
