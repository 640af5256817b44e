"""Expiring SYNs on loopback, to which no router leads."""

from __future__ import annotations

from ftpdiag.model import Experiment, HopWalk, Method
from tests.recording.experiments import settled
from tests.scripted_server import ordinary, serving


def test_a_walk_to_the_data_port_goes_as_far_as_the_control_port() -> None:
    """That is one hop away; nothing is missing on the way, so no other port is asked for."""
    with serving(ordinary()) as server:
        (walk,) = settled(server, Experiment.HOP_WALK, Method.EPSV)
    assert isinstance(walk, HopWalk)
    assert walk.control.hops == 1
    assert walk.data.target.port != server.endpoint.port
    assert [step.ttl for step in walk.data.steps] == [1]
    assert walk.alone is None


def test_an_opener_that_would_reach_the_server_is_not_sent() -> None:
    """Its RST would undo what the opener is for; nothing is asked of the server then."""
    with serving(ordinary()) as server:
        assert settled(server, Experiment.LOW_TTL_OPENER, Method.PORT) == ()


def test_without_a_login_nothing_is_tried() -> None:
    """A server that lets nobody in again leaves the doubt as it was."""
    with serving(ordinary(USER="530 Not now.")) as server:
        assert settled(server, Experiment.HOP_WALK, Method.EPSV) == ()
