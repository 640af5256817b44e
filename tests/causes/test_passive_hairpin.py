from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ftpdiag.causes.passive_hairpin import passive_hairpin
from ftpdiag.model import Answer, Confidence, DataChannel, Endpoint, Experiment, View
from tests.causes.build import dial, grounds_of, passive, session
from tests.clues.test_trials import walked

OWN = "10.1.0.2"


def inside(answer: Answer = Answer.SILENT, ttl: int = 64, tries: int = 3, **changes: Any) -> DataChannel:  # noqa: ANN401
    """A client with a private address, which the server behind the first router sees as it is."""
    known = {"client": Endpoint(host=OWN, port=40000), "client_seen_as": OWN, "server_ttl": 63, **changes}
    return passive(dial(View.CLIENT_WIRE, answer, ttl=ttl, tries=tries), control=session(**known))


def test_nothing_lies_between_that_translates() -> None:
    """A private client whom a public server sees as that is in its network; the RST is its router's."""
    grounds = grounds_of(passive_hairpin, inside(Answer.REFUSED))
    assert (grounds.confidence, grounds.hop, grounds.settle_with) == (Confidence.LIKELY, 1, ())


def test_silence_alone_wants_a_walk() -> None:
    """Where the first router passes it on, it is lost behind that, and no hairpin."""
    grounds = grounds_of(passive_hairpin, inside())
    assert (grounds.confidence, grounds.settle_with) == (Confidence.POSSIBLE, (Experiment.HOP_WALK,))
    kept, passed = (replace(inside(), trials=walked(hops).trials) for hops in (0, 1))
    assert grounds_of(passive_hairpin, kept).confidence is Confidence.LIKELY
    assert passive_hairpin.rule(passed) is None


@pytest.mark.parametrize(
    ("answer", "cause"),
    [(Answer.SILENT, "passive-egress-policy"), (Answer.REFUSED, "passive-port-rejected")],
)
def test_a_router_that_lets_nobody_out_looks_alike(answer: Answer, cause: str) -> None:
    """To a server with a public address of its own; it stops the ports of others as well."""
    assert cause in {one.cause for one in grounds_of(passive_hairpin, inside(answer)).alternatives}


def test_a_router_that_masquerades_stands_for_the_client() -> None:
    """The server is no more than a router away."""
    grounds = grounds_of(passive_hairpin, inside(client_seen_as="10.2.0.1"))
    assert "sees this client as 10.2.0.1, a private one, and is 2 hops away" in grounds.evidence[0].text


@pytest.mark.parametrize(
    "channel",
    [
        inside(client_seen_as="198.51.100.2"),
        inside(client_seen_as="10.2.0.1", server_ttl=61),
        inside(client_seen_as=None),
        inside(client=Endpoint(host="198.51.100.2", port=40000), client_seen_as="198.51.100.2"),
        inside(server=Endpoint(host="10.2.0.2", port=21)),
        inside(Answer.REFUSED, ttl=63),
        inside(Answer.REFUSED, ttl=62, server_ttl=60),
        inside(tries=1),
        inside(Answer.ACCEPTED),
    ],
    ids=[
        "translated",
        "balanced",
        "unseen",
        "public",
        "inner",
        "by the server",
        "by a firewall behind the first router",
        "one SYN",
        "open",
    ],
)
def test_what_may_be_elsewhere_is_not_called_that(channel: DataChannel) -> None:
    """A NAT or a balancer in between, a server that says nothing, a private server, its own RST, too little to tell."""
    assert passive_hairpin.rule(channel) is None
