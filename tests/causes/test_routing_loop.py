from __future__ import annotations

import pytest

from ftpdiag.cause import Cause
from ftpdiag.causes.control_rejected import control_rejected
from ftpdiag.causes.passive_port_rejected import passive_port_rejected
from ftpdiag.causes.routing_loop import routing_loop
from ftpdiag.model import Answer, Confidence, ControlSession, DataChannel, View
from tests.causes.build import OPEN, dial, grounds_of, knock, passive, unopened

REPORTER, TTL = "198.18.1.1", 63
REASONS = ["time exceeded in transit", "hop limit exceeded in transit"]


def control(reason: str) -> ControlSession:
    """The SYN to the control port, and an ICMP error in answer."""
    return unopened(knock(View.CLIENT_WIRE, Answer.REJECTED, reason=reason, reporter=REPORTER, ttl=TTL))


def data(reason: str) -> DataChannel:
    """The SYN to the passive port, and an ICMP error in answer."""
    return passive(dial(View.CLIENT_WIRE, Answer.REJECTED, reason=reason, reporter=REPORTER, ttl=TTL))


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize(("make", "other"), [(control, control_rejected), (data, passive_port_rejected)])
def test_packets_in_circles_are_no_firewalls_doing(make: type, other: Cause, reason: str) -> None:
    """Who throws a packet away that has been on its way for too long turns nobody down."""
    grounds = grounds_of(routing_loop, make(reason))
    assert (grounds.confidence, grounds.hop) == (Confidence.LIKELY, 2)
    assert "goes in circles" in grounds.summary
    assert other.rule(make(reason)) is None


@pytest.mark.parametrize(
    "subject",
    [
        control("host unreachable"),
        data("administratively prohibited"),
        unopened(*OPEN),
        unopened(knock(View.CLIENT_SOCKET, Answer.REJECTED, error="EHOSTUNREACH")),
        unopened(knock(View.CLIENT_WIRE, Answer.SILENT)),
    ],
)
def test_other_answers_are_other_causes(subject: ControlSession | DataChannel) -> None:
    """Another error; open; not watched; silence."""
    assert routing_loop.rule(subject) is None
