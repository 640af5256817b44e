from __future__ import annotations

import pytest

from ftpdiag.clues.resets import Sender, origin
from ftpdiag.model import Answer, Endpoint, Location, View
from tests.causes.build import OPEN, SERVER_TTL, knock, opening, reset, session, talk, unopened


@pytest.mark.parametrize(
    ("ttl", "sender", "location"),
    [
        (SERVER_TTL, Sender.SERVER, Location.SERVER_HOST),
        (SERVER_TTL + 64, Sender.SERVER, Location.SERVER_HOST),
        (64, Sender.DEVICE, Location.CLIENT_NETWORK),
        (254, Sender.DEVICE, Location.PATH),
        (62, Sender.UNKNOWN, Location.UNKNOWN),
        (60, Sender.UNKNOWN, Location.UNKNOWN),
        (59, Sender.UNKNOWN, Location.UNKNOWN),
    ],
)
def test_a_reset_compared_with_the_servers_syn_ack(ttl: int, sender: Sender, location: Location) -> None:
    """Distances count, not what the TTL began with; a hop more or less, or farther away, is no device in between."""
    found = origin(reset(ttl), talk())
    assert (found.sender, found.location) == (sender, location)


def test_without_the_servers_distance_only_the_nearest_hop_can_be_told() -> None:
    """And only where the server is on another link."""
    far = unopened(knock(View.CLIENT_WIRE, Answer.REFUSED))
    assert origin(reset(64), far).sender is Sender.DEVICE
    assert origin(reset(63), far).sender is Sender.UNKNOWN
    near = unopened(knock(View.CLIENT_WIRE, Answer.REFUSED, client="203.0.113.9"))
    assert origin(reset(64), near).sender is Sender.UNKNOWN


@pytest.mark.parametrize(
    ("client", "server", "sender"),
    [
        ("10.1.0.2", "10.1.5.9", Sender.UNKNOWN),
        ("172.31.1.7", "172.31.40.9", Sender.UNKNOWN),
        ("100.64.3.4", "100.101.9.9", Sender.UNKNOWN),
        ("10.1.0.2", "203.0.113.2", Sender.DEVICE),
    ],
)
def test_private_addresses_may_share_a_wide_link(client: str, server: str, sender: Sender) -> None:
    """10.1.0.0/16 may be one link, and the routers of a cloud's own network leave the TTL alone."""
    opener, target = Endpoint(host=client, port=40000), Endpoint(host=server, port=21)
    seen = opening(View.CLIENT_WIRE, Answer.REFUSED, opener=opener, target=target)
    assert origin(reset(64), unopened(seen, server=target)).sender is sender


def test_a_place_in_the_middle_does_not_know_whose_the_nearest_hop_is() -> None:
    """Hops count from the tap."""
    assert origin(reset(64), unopened(knock(View.MIDDLE_WIRE, Answer.REFUSED))).sender is Sender.UNKNOWN


def test_one_machine_has_nobody_in_between() -> None:
    """By its loopback, or by its own address."""
    loopback = session(openings=OPEN, server=Endpoint(host="127.0.0.1", port=21))
    assert origin(None, loopback).sender is Sender.SERVER
    own = session(openings=OPEN, server=Endpoint(host="198.51.100.2", port=21))
    assert origin(reset(64), own).location is Location.SERVER_HOST


def test_no_packet_no_origin() -> None:
    """Nothing was sniffed."""
    assert origin(None, talk()).sender is Sender.UNKNOWN
    assert origin(reset(64), session(openings=(), client=None, server_ttl=None)).sender is Sender.UNKNOWN
