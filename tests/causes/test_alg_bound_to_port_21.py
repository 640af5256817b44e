from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ftpdiag.causes.alg_bound_to_port_21 import alg_bound_to_port_21
from ftpdiag.causes.passive_port_dropped import passive_port_dropped
from ftpdiag.model import (
    Cell,
    Change,
    Confidence,
    DataChannel,
    Endpoint,
    Experiment,
    Location,
    Method,
    Mode,
    Retried,
    Tls,
    Verdict,
)
from tests.causes.build import (
    ANSWERED,
    CALLED,
    NEVER_ANSWERED,
    SERVER,
    active,
    grounds_of,
    passive,
    session,
)


def _passive(control: int, port: int, *, opens: bool) -> DataChannel:
    """A data connection to `port`, announced on the control port `control`."""
    server = Endpoint(host=SERVER[4], port=control)
    channel = passive(*(ANSWERED if opens else NEVER_ANSWERED), control=session(server=server))
    return replace(channel, announced=server._replace(port=port))


def _retried(channel: DataChannel, *channels: DataChannel) -> DataChannel:
    """The same, after the experiment led to these."""
    cell = Cell(method=channel.method, family=4, tls=Tls.NONE)
    own = channel.session.server.port
    retries = tuple(
        Retried(
            experiment=Experiment.OTHER_PORT,
            cell=cell,
            change=Change(port=port if (port := one.session.server.port) != own else None),
            session=one.session,
            channels=(one,),
        )
        for one in channels
    )
    return replace(channel, retries=retries)


ON_2121 = tuple(_passive(2121, port, opens=False) for port in (50001, 50030, 50060))
ON_21 = tuple(_passive(21, port, opens=True) for port in (50002, 50031, 50061))


def test_stopped_on_another_port_only() -> None:
    """Three of each, and their passive ports lie among one another."""
    grounds = grounds_of(alg_bound_to_port_21, _retried(ON_2121[0], *ON_2121[1:], *ON_21))
    assert (grounds.confidence, grounds.verdict) == (Confidence.LIKELY, Verdict.BLOCKED)
    assert grounds.settle_with == (Experiment.HOP_WALK,)


def test_asked_on_21_it_is_information() -> None:
    """What was asked for works; the remedies name the other port."""
    grounds = grounds_of(alg_bound_to_port_21, _retried(ON_21[0], *ON_21[1:], *ON_2121))
    assert grounds.verdict is None
    assert any("2121" in one.text for one in grounds.remedies)


@pytest.mark.parametrize(
    "others",
    [
        (*ON_2121[1:], _passive(2121, 50003, opens=True), *ON_21),
        (*ON_2121[1:], *ON_21, _passive(21, 50003, opens=False)),
        (ON_2121[1], ON_21[0]),
        ON_2121[1:],
    ],
    ids=["passes-now-and-then", "stopped-on-21-too", "too-few", "nobody-listens-on-21"],
)
def test_what_is_no_question_of_the_port(others: tuple[DataChannel, ...]) -> None:
    """One difference may be chance, and where both are stopped there is none."""
    assert alg_bound_to_port_21.rule(_retried(ON_2121[0], *others)) is None
    assert alg_bound_to_port_21.rule(_retried(ON_21[0], *others)) is None


def test_two_servers_may_have_two_ranges() -> None:
    """Of which one may be blocked."""
    low = tuple(_passive(21, port, opens=True) for port in (40001, 40002, 40003))
    grounds = grounds_of(alg_bound_to_port_21, _retried(ON_2121[0], *ON_2121[1:], *low))
    assert grounds.confidence is Confidence.POSSIBLE
    assert [one.cause for one in grounds.alternatives] == ["passive-port-dropped"]


def test_a_nat_that_rewrites_on_21_only() -> None:
    """The server calls the private address that it was told on 21, and declines the same on 2121."""
    nat: dict[str, Any] = {"client": Endpoint(host="10.1.0.2", port=40000), "client_seen_as": "198.51.100.2"}
    there = session(method=Method.PORT, server=Endpoint(host=SERVER[4], port=2121), **nat)
    declined = active(control=there, announced="10.1.0.2", answer="500 Illegal PORT command.")
    called = active(*CALLED, control=session(method=Method.PORT, **nat), announced="10.1.0.2")
    grounds = grounds_of(alg_bound_to_port_21, _retried(declined, declined, declined, called, called, called))
    assert (grounds.confidence, grounds.verdict) == (Confidence.PROVEN, Verdict.REFUSED)
    assert grounds.location is Location.CLIENT_NETWORK
    assert declined.mode is Mode.ACTIVE
    told = "".join(one.text for one in grounds.remedies)
    assert "Use port 21" in told
    assert "forward TCP 50000-50100 to the client" in told
    assert "The server announced" not in told


def test_until_it_is_tried_another_port_has_the_alternative() -> None:
    """The user is told how to find out; of port 21 itself there is nothing to say."""
    causes = {one.cause for one in grounds_of(passive_port_dropped, ON_2121[0]).alternatives}
    assert "alg-bound-to-port-21" in causes
    at_21 = grounds_of(passive_port_dropped, _passive(21, 50001, opens=False))
    assert "alg-bound-to-port-21" not in {one.cause for one in at_21.alternatives}
