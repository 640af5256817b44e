from __future__ import annotations

import pytest

from ftpdiag.causes.control_rejected import control_rejected
from ftpdiag.clues.remedies import FIND_THE_ROUTE
from ftpdiag.model import Answer, Confidence, Location, Opening, View
from tests.causes.build import OPEN, SERVER, grounds_of, knock, unopened

FAILED = knock(View.CLIENT_SOCKET, Answer.REJECTED, error="EHOSTUNREACH")
REFUSED = knock(View.CLIENT_SOCKET, Answer.REFUSED, error="ECONNREFUSED")


@pytest.mark.parametrize(
    ("reporter", "ttl", "location", "hop"),
    [
        ("198.51.100.1", 64, Location.CLIENT_NETWORK, 1),
        ("198.18.1.1", 63, Location.UNKNOWN, 2),
        ("198.18.2.2", 253, Location.UNKNOWN, 3),
        (SERVER[4], 61, Location.SERVER_HOST, 4),
    ],
)
def test_an_icmp_error_names_its_sender(reporter: str, ttl: int, location: Location, hop: int) -> None:
    """The sender's address is in it, its distance in its TTL; whose router the second is cannot be told."""
    wire = knock(View.CLIENT_WIRE, Answer.REJECTED, reporter=reporter, ttl=ttl)
    for socket in (FAILED, REFUSED):
        grounds = grounds_of(control_rejected, unopened(socket, wire))
        assert (grounds.confidence, grounds.location, grounds.hop) == (Confidence.PROVEN, location, hop)
        assert reporter in grounds.summary


@pytest.mark.parametrize("reason", ["network unreachable", "no route to destination"])
def test_a_route_that_lacks_comes_first(reason: str) -> None:
    """Where a router knows no way on, that router is the second place to look, and no firewall at either end."""
    wire = knock(View.CLIENT_WIRE, Answer.REJECTED, reporter="198.18.1.1", ttl=63, reason=reason)
    first, *others = grounds_of(control_rejected, unopened(FAILED, wire)).remedies
    assert first is FIND_THE_ROUTE
    assert {one.who for one in others} == {"network"}


def test_a_reset_from_next_door_is_not_that_of_a_server_far_away() -> None:
    """No router has touched it, and the server is in another network; but the server may be the router."""
    wire = knock(View.CLIENT_WIRE, Answer.REFUSED, ttl=64)
    grounds = grounds_of(control_rejected, unopened(REFUSED, wire))
    assert (grounds.confidence, grounds.location) == (Confidence.LIKELY, Location.CLIENT_NETWORK)
    assert [one.cause for one in grounds.alternatives] == ["control-refused"]


def test_what_never_left_this_machine_was_turned_down_by_it() -> None:
    """connect() is refused, and the tap saw nothing leave."""
    grounds = grounds_of(control_rejected, unopened(REFUSED, knock(View.CLIENT_WIRE, Answer.ABSENT)))
    assert (grounds.confidence, grounds.location) == (Confidence.PROVEN, Location.CLIENT_HOST)


def test_a_host_that_is_off_is_not_blamed_on_this_machine() -> None:
    """Where nobody answers ARP no SYN leaves either: that is no proof of a firewall here."""
    grounds = grounds_of(control_rejected, unopened(FAILED, knock(View.CLIENT_WIRE, Answer.ABSENT)))
    assert (grounds.confidence, grounds.location) == (Confidence.LIKELY, Location.UNKNOWN)


@pytest.mark.parametrize(
    ("error", "confidence", "location"),
    [
        ("EPERM", Confidence.LIKELY, Location.CLIENT_HOST),
        ("EHOSTUNREACH", Confidence.POSSIBLE, Location.UNKNOWN),
        ("EACCES", Confidence.POSSIBLE, Location.UNKNOWN),
    ],
)
def test_a_socket_alone_knows_only_its_own_systems_errors(
    error: str, confidence: Confidence, location: Location
) -> None:
    """No ICMP error becomes EPERM; several become EHOSTUNREACH, and ICMPv6 can become EACCES."""
    socket = knock(View.CLIENT_SOCKET, Answer.REJECTED, error=error)
    grounds = grounds_of(control_rejected, unopened(socket))
    assert (grounds.confidence, grounds.location) == (confidence, location)


@pytest.mark.parametrize(
    "openings",
    [
        OPEN,
        (REFUSED, knock(View.CLIENT_WIRE, Answer.REFUSED)),
        (REFUSED, knock(View.CLIENT_WIRE, Answer.REFUSED, client="203.0.113.9", ttl=64)),
        (REFUSED,),
        (knock(View.CLIENT_SOCKET, Answer.SILENT), knock(View.CLIENT_WIRE, Answer.SILENT)),
        (knock(View.CLIENT_SOCKET, Answer.SILENT), knock(View.CLIENT_WIRE, Answer.ABSENT)),
        (),
    ],
)
def test_other_answers_are_other_causes(openings: tuple[Opening, ...]) -> None:
    """Open; refused by a host as far away as a server may be, by a neighbour, by nobody knows whom; silence."""
    assert control_rejected.rule(unopened(*openings)) is None
