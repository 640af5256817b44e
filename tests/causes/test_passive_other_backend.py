from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.causes.passive_other_backend import passive_other_backend
from ftpdiag.model import Answer, DataChannel, View
from tests.causes.build import dial, grounds_of, session
from tests.clues.test_dials import REFUSED, again, called
from tests.clues.test_ports import ports

NO, YES = Answer.REFUSED, Answer.ACCEPTED
ODD, EVEN = tuple(range(50001, 50015, 2)), tuple(range(50002, 50015, 2))


def refused(channel: DataChannel, ttl: int = 61) -> DataChannel:
    """The same, turned down with a RST that has this TTL."""
    return replace(channel, openings=(dial(View.CLIENT_WIRE, Answer.REFUSED, ttl=ttl),))


def test_refused_later_than_another_was_let_in() -> None:
    """A server that listens at once, as it did there, would have let it in."""
    grounds = grounds_of(
        passive_other_backend, again(REFUSED, called((0, YES)), called((0, NO), (0.3, NO), (0.6, YES)))
    )
    assert "some are led to another machine" in grounds.summary
    assert grounds.alternatives == ()


def test_refused_among_ports_that_pass() -> None:
    """No range has such holes; but a server might fail to listen."""
    grounds = grounds_of(passive_other_backend, refused(ports(ODD, EVEN)))
    assert [one.cause for one in grounds.alternatives] == ["passive-port-refused"]


def test_sessions_that_meet_different_servers() -> None:
    """Their names are in the greetings."""
    channel = refused(ports((50001, 50002, 50003), (50050,)))
    beside = tuple(
        replace(one, session=session(product=name))
        for one, name in zip(channel.beside, ["A", "B", "A", "B"], strict=True)
    )
    told = grounds_of(passive_other_backend, replace(channel, beside=beside))
    assert told.evidence[0].text == "Sessions with 203.0.113.2 meet A and B."


@pytest.mark.parametrize(
    "channel",
    [
        refused(ports(ODD, EVEN), ttl=63),
        ports(ODD, EVEN),
        refused(ports(tuple(range(7)), tuple(range(50, 57)))),
        again(REFUSED, called((0, NO), (0.3, YES)), called((0, NO), (0.6, YES))),
        again(REFUSED, called((0, NO), (0.3, NO)), called((0, NO), (0.6, NO))),
        REFUSED,
    ],
    ids=["by a device", "silent", "side by side", "late", "closed", "once"],
)
def test_what_has_another_pattern_is_something_else(channel: DataChannel) -> None:
    """A firewall, lost packets, a range, a listener that comes late, or a port that nobody listens on."""
    assert passive_other_backend.rule(channel) is None
