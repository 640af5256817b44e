"""Clients behind a carrier's NAT, and those whose NAT is their own."""

import pytest
from msgspec.structs import replace

from ftpdiag.causes.active_inbound_dropped import active_inbound_dropped
from ftpdiag.causes.active_inbound_impossible import active_inbound_impossible
from ftpdiag.model import (
    Answer,
    Cell,
    Confidence,
    DataChannel,
    Endpoint,
    Experiment,
    Fate,
    HopWalk,
    Method,
    Step,
    Tls,
    Verdict,
    View,
    Walk,
)
from tests.causes.build import CLIENT, SERVER, active, call, grounds_of, session

OUTSIDE = CLIENT[4]
CALLED = (call(View.CLIENT_SOCKET, Answer.ABSENT, waited=5.0), call(View.CLIENT_WIRE, Answer.ABSENT))


def at(host: str, *routers: str, seen_as: str | None = OUTSIDE, server: str = SERVER[4], **how: str) -> DataChannel:
    """A client at `host` that was not called, and the routers that a walk met."""
    control = replace(
        session(method=Method.PORT, client_seen_as=seen_as, client=Endpoint(host=host, port=40000)),
        server=Endpoint(host=server, port=21),
    )
    target = control.server
    steps = tuple(Step(ttl=ttl, fate=Fate.EXPIRED, by=by) for ttl, by in enumerate(routers, 1))
    walk = HopWalk(
        at=9.0,
        cell=Cell(method=Method.PORT, family=4, tls=Tls.NONE),
        control=Walk(target=target, steps=steps),
        data=Walk(target=target, steps=()),
    )
    channel = active(*CALLED, control=control, announced=host, **how)  # type: ignore[arg-type]  # its fields
    return replace(channel, trials=(walk,) if routers else ())


def test_a_shared_address_of_its_own() -> None:
    """A client in 100.64.0.0/10 is behind its provider's NAT: proven where the server sees another address."""
    assert grounds_of(active_inbound_impossible, at("100.64.1.2")).confidence is Confidence.PROVEN
    assert grounds_of(active_inbound_impossible, at("100.64.1.2", seen_as=None)).confidence is Confidence.LIKELY


def test_a_second_nat() -> None:
    """Behind the client's own router begins a shared space: likely, and the router's own page would tell."""
    grounds = grounds_of(active_inbound_impossible, at("10.1.0.2", "10.1.0.1", "100.64.0.1", "198.18.1.1"))
    assert (grounds.confidence, grounds.hop, grounds.verdict) == (Confidence.LIKELY, 2, Verdict.BLOCKED)
    assert [one.cause for one in grounds.alternatives] == ["active-inbound-dropped"]
    assert OUTSIDE in grounds.alternatives[0].settle_with


def test_an_address_that_is_refused() -> None:
    """There is no better one to announce."""
    grounds = grounds_of(active_inbound_impossible, at("100.64.1.2", answer="500 Illegal PORT command."))
    assert grounds.verdict is Verdict.REFUSED


@pytest.mark.parametrize(
    "channel",
    [
        at("10.1.0.2"),
        at("10.1.0.2", "10.1.0.1", "172.16.0.1", "198.18.1.1"),
        at("10.1.0.2", "100.64.0.1", "198.18.1.1"),
        at("10.1.0.2", "10.1.0.1", "100.64.0.1", seen_as=None),
        at(CLIENT[4], "198.51.100.1", "100.64.0.1", seen_as=None),
        at("100.64.1.2", server="100.100.1.1"),
        at("100.64.1.2", answer="502 Not implemented."),
        replace(at("100.64.1.2"), openings=(call(View.CLIENT_WIRE, Answer.ACCEPTED),)),
    ],
    ids=[
        "a NAT, whosever",
        "two private networks, perhaps both the client's",
        "the first router is the carrier's: no router of its own",
        "whether anybody translates is not known",
        "a public address, whatever the routers are numbered",
        "a VPN in the shared space",
        "declined for something else",
        "called",
    ],
)
def test_clients_that_can_be_called(channel: DataChannel) -> None:
    """Nothing shows a NAT that is not the client's own, or nothing is wrong."""
    assert active_inbound_impossible.rule(channel) is None


@pytest.mark.parametrize(
    ("host", "routers", "asked"),
    [("10.1.0.2", (), True), ("10.1.0.2", ("10.1.0.1",), False), ("100.64.1.2", (), False)],
)
def test_whose_nat(host: str, routers: tuple[str, ...], asked: bool) -> None:  # noqa: FBT001  a row of the table
    """A walk is asked for where a private client is translated, and none was made yet."""
    grounds = grounds_of(active_inbound_dropped, at(host, *routers))
    assert (Experiment.CONTROL_WALK in grounds.settle_with) is asked
