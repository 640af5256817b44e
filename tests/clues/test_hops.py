from __future__ import annotations

import pytest

from ftpdiag.clues.hops import answerer, away, from_client_itself, from_server_itself, nearer, place
from ftpdiag.model import Answer, Confidence, Location, View
from tests.causes.build import call, captured, control_opening, dial, session


@pytest.mark.parametrize(
    ("view", "hop", "server", "location"),
    [
        (View.CLIENT_WIRE, 1, 4, Location.CLIENT_NETWORK),
        (View.CLIENT_WIRE, 2, 4, Location.PATH),
        (View.CLIENT_WIRE, 3, 4, Location.SERVER_NETWORK),
        (View.CLIENT_WIRE, 4, 4, Location.SERVER_HOST),
        (View.CLIENT_WIRE, 5, 4, Location.UNKNOWN),
        (View.CLIENT_WIRE, 1, 2, Location.PATH),
        (View.CLIENT_WIRE, 1, 1, Location.SERVER_HOST),
        (View.CLIENT_WIRE, 1, None, Location.CLIENT_NETWORK),
        (View.CLIENT_WIRE, 3, None, Location.UNKNOWN),
        (View.MIDDLE_WIRE, 1, 4, Location.UNKNOWN),
        (View.MIDDLE_WIRE, 1, 2, Location.UNKNOWN),
        (View.MIDDLE_WIRE, 1, None, Location.UNKNOWN),
        (View.SERVER_WIRE, 2, 3, Location.UNKNOWN),
    ],
)
def test_a_place_is_named_only_where_the_distance_shows_it(
    view: View, hop: int, server: int | None, location: Location
) -> None:
    """The first router is the client's, the last the server's; of a single one nobody can tell whose it is."""
    assert place(view, hop, server) is location


def test_what_turned_a_syn_down() -> None:
    """The RST or the ICMP error, whichever decided; nothing else does."""
    refused, rejected = dial(View.CLIENT_WIRE, Answer.REFUSED), dial(View.CLIENT_WIRE, Answer.REJECTED)
    assert answerer(refused) is refused.packets[-1]
    assert answerer(rejected) is rejected.packets[-1]
    for answer in (Answer.SILENT, Answer.ACCEPTED, Answer.ABSENT):
        assert answerer(dial(View.CLIENT_WIRE, answer)) is None
    assert answerer(dial(View.CLIENT_SOCKET, Answer.REFUSED)) is None


def test_a_packet_in_the_servers_name_is_measured_against_its_syn_ack() -> None:
    """Without the SYN-ACK of the control connection there is nothing to compare with."""
    reset = dial(View.CLIENT_WIRE, Answer.REFUSED, ttl=62).packets[-1]
    assert from_server_itself(reset, session(server_ttl=62)) is True
    assert from_server_itself(reset, session(server_ttl=61)) is False
    assert from_server_itself(reset, session(server_ttl=None)) is None


@pytest.mark.parametrize(
    ("ttl", "confidence"),
    [
        (64, Confidence.LIKELY),
        (63, Confidence.LIKELY),
        (62, Confidence.POSSIBLE),
        (61, None),
        (60, None),
        (40, None),
    ],
)
def test_nearer_than_the_server(ttl: int, confidence: Confidence | None) -> None:
    """One hop may be the routers' choice of the way; what comes from farther away was not sent in front of it."""
    reset = dial(View.CLIENT_WIRE, Answer.REFUSED, ttl=ttl).packets[-1]
    assert nearer(reset, session()) is confidence
    assert nearer(reset, session(server_ttl=None)) is None


def test_what_no_router_has_touched_came_by_no_other_way() -> None:
    """However near the server is: the nearest device sent it."""
    reset = dial(View.CLIENT_WIRE, Answer.REFUSED, ttl=64).packets[-1]
    assert nearer(reset, session(server_ttl=63)) is Confidence.LIKELY
    assert nearer(reset, session(server_ttl=64)) is None


def test_a_packet_in_the_clients_name_is_measured_against_its_syn() -> None:
    """From elsewhere, the client's own SYN on the control connection is the yardstick."""
    reset = call(View.SERVER_WIRE, Answer.REFUSED, ttl=64).packets[-1]
    seen = captured(openings=(control_opening(View.SERVER_WIRE),))
    assert from_client_itself(reset, seen, View.SERVER_WIRE)
    assert not from_client_itself(reset, captured(), View.SERVER_WIRE)


def test_one_hop_is_singular() -> None:
    """A distance reads well in a sentence."""
    assert [away(1), away(2)] == ["1 hop away", "2 hops away"]
