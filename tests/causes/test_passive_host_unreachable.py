from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.causes.passive_host_unreachable import passive_host_unreachable
from ftpdiag.model import Answer, Confidence, DataChannel, Location, Opening, View
from tests.causes.build import dial, grounds_of, passive

UNREACHABLE = dial(View.CLIENT_SOCKET, Answer.REJECTED, error="EHOSTUNREACH")
NOTHING_LEFT = dial(View.CLIENT_WIRE, Answer.ABSENT)
NOBODY_THERE = dial(View.CLIENT_WIRE, Answer.REJECTED, reporter="198.18.2.2", ttl=62, reason="host unreachable")
SILENCE = dial(View.CLIENT_WIRE, Answer.SILENT)


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


def _beside(wire: Opening, *others: Opening) -> DataChannel:
    """An attempt, and others of the same client."""
    channel = passive(dial(View.CLIENT_SOCKET, Answer.SILENT), wire)
    return replace(channel, beside=(channel, *map(passive, others)))


def _later(seconds: float, wire: Opening) -> Opening:
    return replace(
        wire,
        at=wire.at + seconds,
        packets=tuple(one._replace(at=one.at + seconds) for one in wire.packets),
    )


@pytest.mark.parametrize("wait", [-3.0, 0.0, 3.0])
@pytest.mark.parametrize(
    ("view", "hop"),
    [(View.CLIENT_WIRE, 3), (View.MIDDLE_WIRE, None)],
)
def test_a_router_that_tells_one_of_two(view: View, hop: int | None, wait: float) -> None:
    """Its word is about the host, so about the attempt that it left without one: likely, and perhaps dropped."""
    silence, word = (replace(one, view=view) for one in (SILENCE, NOBODY_THERE))
    grounds = grounds_of(passive_host_unreachable, _beside(silence, _later(wait, word)))
    assert (grounds.confidence, grounds.hop) == (Confidence.LIKELY, hop)
    assert "to the SYN to 203.0.113.2:50001 at that time" in grounds.evidence[1].text
    assert [one.cause for one in grounds.alternatives] == ["passive-port-rejected", "passive-port-dropped"]


def test_a_router_that_tells_one_of_two_over_ipv6() -> None:
    """Address unreachable is the same word (RFC 4443 §3.1)."""
    silence = dial(View.CLIENT_WIRE, Answer.SILENT, family=6)
    word = dial(View.CLIENT_WIRE, Answer.REJECTED, family=6, reporter="2001:db8::1", reason="address unreachable")
    assert "address unreachable" in grounds_of(passive_host_unreachable, _beside(silence, word)).summary


def test_a_long_silence_is_no_routers_thrift() -> None:
    """What stays unanswered while an ordinary client tries for two minutes was not left out by a limit of errors."""
    first, last = SILENCE.packets[0], SILENCE.packets[-1]
    long = replace(SILENCE, packets=(first, last._replace(at=127.0)))
    assert passive_host_unreachable.rule(_beside(long, _later(63.0, NOBODY_THERE))) is None


@pytest.mark.parametrize(
    "channel",
    [
        _beside(SILENCE),
        _beside(SILENCE, _later(60.0, NOBODY_THERE)),
        _beside(SILENCE, dial(View.CLIENT_WIRE, Answer.REJECTED, host="203.0.113.77", reason="host unreachable")),
        _beside(SILENCE, dial(View.CLIENT_WIRE, Answer.REJECTED, reason="port unreachable")),
        _beside(SILENCE, dial(View.CLIENT_WIRE, Answer.REJECTED)),
        _beside(SILENCE, NOBODY_THERE, dial(View.CLIENT_WIRE, Answer.ACCEPTED)),
        _beside(SILENCE, NOBODY_THERE, dial(View.CLIENT_WIRE, Answer.REFUSED)),
        _beside(SILENCE, NOBODY_THERE, dial(View.CLIENT_WIRE, Answer.REJECTED)),
        _beside(SILENCE, replace(NOBODY_THERE, view=View.MIDDLE_WIRE)),
        _beside(dial(View.CLIENT_WIRE, Answer.SILENT, tries=1), NOBODY_THERE),
        _beside(dial(View.CLIENT_WIRE, Answer.ACCEPTED), NOBODY_THERE),
        _beside(dial(View.CLIENT_WIRE, Answer.REFUSED), NOBODY_THERE),
    ],
)
def test_a_word_that_is_not_about_the_attempt(channel: DataChannel) -> None:
    """None; long after; of another host, a port, a rule; of a host that is there; elsewhere; of one SYN; answered."""
    assert passive_host_unreachable.rule(channel) is None
