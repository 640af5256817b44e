from __future__ import annotations

import pytest

from ftpdiag.causes.passive_host_unreachable import passive_host_unreachable
from ftpdiag.model import Answer, Confidence, DataChannel, Location, View
from tests.causes.build import dial, grounds_of, passive

UNREACHABLE = dial(View.CLIENT_SOCKET, Answer.REJECTED, error="EHOSTUNREACH")
NOTHING_LEFT = dial(View.CLIENT_WIRE, Answer.ABSENT)


@pytest.mark.parametrize("reason", ["host unreachable", "address unreachable"])
@pytest.mark.parametrize(
    ("ttl", "hop", "location"),
    [(62, 3, Location.SERVER_NETWORK), (63, 2, Location.PATH), (61, 4, Location.UNKNOWN)],
)
def test_a_router_that_finds_nobody(reason: str, ttl: int, hop: int, location: Location) -> None:
    """Its own word; that a firewall uses the same words is not ruled out."""
    wire = dial(View.CLIENT_WIRE, Answer.REJECTED, reporter="198.18.2.2", ttl=ttl, reason=reason)
    grounds = grounds_of(passive_host_unreachable, passive(UNREACHABLE, wire))
    assert (grounds.confidence, grounds.hop, grounds.location) == (Confidence.LIKELY, hop, location)
    assert [one.cause for one in grounds.alternatives] == ["passive-port-rejected"]


@pytest.mark.parametrize("error", ["EHOSTUNREACH", "EHOSTDOWN"])
def test_a_neighbour_that_this_machine_does_not_find(error: str) -> None:
    """No SYN can leave before ARP is answered; a rule of this machine's own can say the same."""
    socket = dial(View.CLIENT_SOCKET, Answer.REJECTED, error=error)
    grounds = grounds_of(passive_host_unreachable, passive(socket, NOTHING_LEFT))
    assert (grounds.confidence, grounds.location) == (Confidence.LIKELY, None)
    assert [one.cause for one in grounds.alternatives] == ["passive-dropped-by-client-host"]


@pytest.mark.parametrize(
    "channel",
    [
        passive(UNREACHABLE),
        passive(UNREACHABLE, dial(View.CLIENT_WIRE, Answer.REJECTED)),
        passive(UNREACHABLE, dial(View.CLIENT_WIRE, Answer.SILENT)),
        passive(dial(View.CLIENT_SOCKET, Answer.REJECTED, error="EPERM"), NOTHING_LEFT),
        passive(dial(View.CLIENT_SOCKET, Answer.SILENT, error="ETIMEDOUT"), NOTHING_LEFT),
        passive(dial(View.CLIENT_SOCKET, Answer.REJECTED, error="EHOSTUNREACH", waited=0.001), NOTHING_LEFT),
        passive(dial(View.CLIENT_SOCKET, Answer.ACCEPTED)),
    ],
)
def test_whoever_minds_is_another_matter(channel: DataChannel) -> None:
    """Not watched; a prohibition; silence; this machine's own rules, loud, silent or at once; open."""
    assert passive_host_unreachable.rule(channel) is None
