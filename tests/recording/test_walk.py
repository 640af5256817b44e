from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from ftpdiag.model import Endpoint, Fate, Walk
from ftpdiag.recording import walk
from tests.scripted_server import free_port

HERE = "127.0.0.1"


@pytest.fixture
def listening() -> Iterator[Endpoint]:
    """A port of this machine that accepts."""
    with socket.create_server((HERE, 0)) as server:
        yield Endpoint(host=HERE, port=server.getsockname()[1])


def test_what_no_router_leads_to_is_one_hop_away(listening: Endpoint) -> None:
    """The walk ends with the first hops that were answered; where the distance is known, with one."""
    walked = walk.to_control(listening, HERE, 1.0)
    assert walked.hops == 1
    assert len(walked.steps) == walk.AT_ONCE
    assert len(walk.to_control(listening, HERE, 1.0, far=1).steps) == 1
    assert {step.fate for step in walked.steps} == {Fate.ACCEPTED}


def test_a_closed_port_is_as_far_away_as_an_open_one(listening: Endpoint) -> None:
    """A RST in the target's name ends the walk as well."""
    closed = listening._replace(port=free_port())
    assert walk.to_control(closed, HERE, 1.0).hops == 1


def test_a_second_walk_goes_no_farther_than_the_first(listening: Endpoint) -> None:
    """One SYN for each hop up to what answered, and none where nothing did."""
    control = walk.to_control(listening, HERE, 1.0)
    assert [step.ttl for step in walk.beside(listening, HERE, control, 1.0).steps] == [1]
    nowhere = Walk(target=listening, steps=())
    assert walk.beside(listening, HERE, nowhere, 1.0) == nowhere


def test_an_opener_leaves_from_the_port_that_was_asked_for(listening: Endpoint) -> None:
    """So the call-back can be awaited there; the port is free again at once."""
    port = free_port()
    sent = walk.send_opener(Endpoint(host=HERE, port=port), listening, 1, 1.0)
    assert sent is not None
    assert sent[0] == Endpoint(host=HERE, port=port)
    assert sent[1].fate is Fate.ACCEPTED
    with socket.create_server((HERE, port)):
        pass
