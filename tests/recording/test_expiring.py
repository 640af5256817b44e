"""Expiring SYNs on loopback, to which no router leads: what must not reach the server is not sent."""

from __future__ import annotations

from ftpdiag.model import Experiment, HopWalk, Method
from tests.recording.experiments import settled
from tests.scripted_server import ordinary, serving


def test_a_walk_sends_the_data_port_nothing_that_would_reach_it() -> None:
    """The control port is one hop away, so there is no hop before it."""
    with serving(ordinary()) as server:
        (walk,) = settled(server, Experiment.HOP_WALK, Method.EPSV)
    assert isinstance(walk, HopWalk)
    assert walk.control.hops == 1
    assert walk.data.target.port != server.endpoint.port
    assert walk.data.steps == ()


def test_an_opener_that_would_reach_the_server_is_not_sent() -> None:
    """Its RST would undo what the opener is for; nothing is asked of the server then."""
    with serving(ordinary()) as server:
        assert settled(server, Experiment.LOW_TTL_OPENER, Method.PORT) == ()


def test_without_a_login_nothing_is_tried() -> None:
    """A server that lets nobody in again leaves the doubt as it was."""
    with serving(ordinary(USER="530 Not now.")) as server:
        assert settled(server, Experiment.HOP_WALK, Method.EPSV) == ()
