from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ftpdiag.causes.passive_hairpin import passive_hairpin
from ftpdiag.causes.passive_port_dropped import passive_port_dropped
from ftpdiag.model import Answer, Confidence, DataChannel, Endpoint, Experiment, Location, View
from tests.causes.build import SERVER, active, call, dial, grounds_of, passive, session
from tests.clues.test_trials import walked

OWN = "10.1.0.2"
ONLY_ROUTER = ("10.1.0.1",)


def inside(answer: Answer = Answer.SILENT, ttl: int = 64, tries: int = 3, **changes: Any) -> DataChannel:  # noqa: ANN401
    """A client with a private address, which the server behind the first router sees as it is."""
    known = {"client": Endpoint(host=OWN, port=40000), "client_seen_as": OWN, "server_ttl": 63, **changes}
    return passive(dial(View.CLIENT_WIRE, answer, ttl=ttl, tries=tries), control=session(**known))


def kept(routers: tuple[str | None, ...] = ONLY_ROUTER, passed: int = 0, **changes: Any) -> DataChannel:  # noqa: ANN401
    """The same, with a hop walk: `passed` of the routers let the port through."""
    return replace(inside(**changes), trials=walked(passed, routers=routers).trials)


def test_nothing_lies_between_that_translates() -> None:
    """A private client whom a public server sees as that is in its network; the RST is its router's."""
    grounds = grounds_of(passive_hairpin, inside(Answer.REFUSED))
    assert (grounds.confidence, grounds.hop, grounds.settle_with) == (Confidence.LIKELY, 1, ())


def test_the_only_router_does_not_pass_it_on() -> None:
    """It takes the passive port for its own."""
    assert grounds_of(passive_hairpin, kept()).confidence is Confidence.LIKELY


@pytest.mark.parametrize("view", [View.CLIENT_WIRE, View.CLIENT_SOCKET])
def test_silence_alone_names_no_place(view: View) -> None:
    """A hairpin is one thing it may be: networks route public servers to private clients, with firewalls anywhere."""
    silent = passive(dial(view, Answer.SILENT), control=inside().session)
    assert passive_hairpin.rule(silent) is None
    grounds = grounds_of(passive_port_dropped, silent)
    assert (grounds.location or Location.UNKNOWN) is Location.UNKNOWN
    assert "passive-hairpin" in {one.cause for one in grounds.alternatives}
    assert Experiment.HOP_WALK in grounds.settle_with


@pytest.mark.parametrize(
    "beside",
    [passive(dial(View.CLIENT_WIRE, Answer.ACCEPTED)), active(call(View.CLIENT_WIRE, Answer.ACCEPTED))],
    ids=["another passive port", "a call from the public address"],
)
def test_a_data_connection_that_is_led_straight_rules_it_out(beside: DataChannel) -> None:
    """Nothing turns around what goes between the two addresses: not even an alternative is left of it."""
    assert {one.opener.host for one in beside.openings} <= {
        SERVER[4],
        beside.session.client and beside.session.client.host,
    }
    for channel in (kept(), inside()):
        known = replace(channel, beside=(channel, beside))
        assert passive_hairpin.rule(known) is None
        assert "passive-hairpin" not in {one.cause for one in grounds_of(passive_port_dropped, known).alternatives}


@pytest.mark.parametrize(
    ("channel", "cause"),
    [(kept(), "passive-egress-policy"), (inside(Answer.REFUSED), "passive-port-rejected")],
)
def test_a_router_that_lets_nobody_out_looks_alike(channel: DataChannel, cause: str) -> None:
    """To a server with a public address of its own; it stops the ports of others as well."""
    assert cause in {one.cause for one in grounds_of(passive_hairpin, channel).alternatives}


def test_a_router_that_masquerades_stands_for_the_client() -> None:
    """The server sees a private address all the same."""
    grounds = grounds_of(passive_hairpin, kept(client_seen_as="10.2.0.1"))
    assert "sees this client as 10.2.0.1, a private one" in grounds.evidence[0].text


@pytest.mark.parametrize(
    "channel",
    [
        kept(client_seen_as="198.51.100.2"),
        kept(client_seen_as="10.2.0.1", server_ttl=61),
        kept(client_seen_as=None),
        kept(client=Endpoint(host="198.51.100.2", port=40000), client_seen_as="198.51.100.2"),
        kept(server=Endpoint(host="10.2.0.2", port=21)),
        kept(("10.1.0.1", "198.18.1.1", "198.18.2.2"), server_ttl=61),
        kept(passed=1),
        kept((None,)),
        inside(Answer.REFUSED, ttl=64, server_ttl=61),
        inside(Answer.REFUSED, ttl=63),
        inside(Answer.REFUSED, ttl=62, server_ttl=60),
        kept(tries=1),
        kept(answer=Answer.ACCEPTED),
    ],
    ids=[
        "translated",
        "balanced",
        "unseen",
        "public",
        "inner",
        "far away",
        "passed on",
        "a router that tells nothing",
        "by the first of several routers",
        "by the server",
        "by a firewall behind the first router",
        "one SYN",
        "open",
    ],
)
def test_what_may_be_elsewhere_is_not_called_that(channel: DataChannel) -> None:
    """A NAT or a balancer in between, a private server or one farther away, its own RST, too little to tell."""
    assert passive_hairpin.rule(channel) is None
