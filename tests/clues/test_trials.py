from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ftpdiag.causes.active_inbound_dropped import active_inbound_dropped
from ftpdiag.causes.passive_port_dropped import passive_port_dropped
from ftpdiag.causes.passive_port_rejected import passive_port_rejected
from ftpdiag.clues.remedies import LET_ANSWERS_BACK
from ftpdiag.clues.trials import gap, opened, walk_evidence
from ftpdiag.model import (
    Answer,
    Cell,
    Confidence,
    DataChannel,
    Endpoint,
    Experiment,
    Fate,
    HopWalk,
    Location,
    Method,
    OpenedCall,
    Step,
    Tls,
    Verdict,
    View,
    Walk,
)
from tests.causes.build import CLIENT, SERVER, active, call, dial, grounds_of, passive, session

ROUTERS = ("198.51.100.1", "198.18.1.1", "198.18.9.1", "198.18.2.2")
CELL = Cell(method=Method.EPSV, family=4, tls=Tls.NONE)
DROPPED = (dial(View.CLIENT_SOCKET, Answer.SILENT), dial(View.CLIENT_WIRE, Answer.SILENT))
ABSENT = (call(View.CLIENT_SOCKET, Answer.ABSENT), call(View.CLIENT_WIRE, Answer.ABSENT))


def walk(port: int, *heard: str | None, end: Fate | None = None) -> Walk:
    """Routers that said that a SYN expired there (None: silence), and what the server answered."""
    steps = [Step(ttl=ttl, fate=Fate.EXPIRED if by else Fate.SILENT, by=by) for ttl, by in enumerate(heard, 1)]
    if end:
        steps.append(Step(ttl=len(steps) + 1, fate=end))
    return Walk(target=Endpoint(host=SERVER[4], port=port), steps=tuple(steps))


def walked(
    passed: int, *, routers: tuple[str | None, ...] = ROUTERS, data: tuple[str | None, ...] | None = None
) -> DataChannel:
    """A dropped channel whose port `passed` of the routers let through."""
    heard = data or tuple(by if ttl <= passed else None for ttl, by in enumerate(routers, 1))
    trial = HopWalk(at=5.0, cell=CELL, control=walk(21, *routers, end=Fate.ACCEPTED), data=walk(50002, *heard))
    return replace(passive(*DROPPED), trials=(trial,))


@pytest.mark.parametrize(
    ("passed", "location", "hop", "confidence"),
    [
        (0, Location.CLIENT_NETWORK, 1, Confidence.PROVEN),
        (1, Location.CLIENT_NETWORK, None, Confidence.LIKELY),
        (2, Location.PATH, None, Confidence.PROVEN),
        (3, Location.UNKNOWN, 3, Confidence.PROVEN),
        (4, Location.UNKNOWN, 4, Confidence.PROVEN),
    ],
)
def test_a_place_is_named_where_both_ends_of_the_gap_lie_in_it(
    passed: int, location: Location, hop: int | None, confidence: Confidence
) -> None:
    """Whether one hop drops a SYN on the way out, or the next on the way in, looks the same."""
    found = gap(walked(passed))
    assert found is not None
    assert (found.location, found.hop, found.confidence) == (location, hop, confidence)


@pytest.mark.parametrize("passed", range(5))
def test_the_finding_names_both_routers(passed: int) -> None:
    """Whoever must look for the filter is told where to begin."""
    grounds = grounds_of(passive_port_dropped, walked(passed))
    for router in ROUTERS[max(0, passed - 1) : passed + 1]:
        assert router in grounds.summary
    assert not grounds.settle_with


def test_before_the_walk_it_is_asked_for() -> None:
    """A finding without a place names the experiment that would tell it."""
    assert grounds_of(passive_port_dropped, passive(*DROPPED)).settle_with == (Experiment.HOP_WALK,)


def test_a_silent_router_widens_the_gap() -> None:
    """What never says anything cannot be ruled out."""
    found = gap(walked(1, routers=(ROUTERS[0], None, ROUTERS[2], ROUTERS[3])))
    assert found is not None
    assert (found.last, found.first, found.location) == (1, 3, Location.UNKNOWN)


def test_two_ways_tell_nothing() -> None:
    """Where the two ports take different routers (ECMP), one does not show what the other should meet."""
    channel = walked(2, data=(ROUTERS[0], "198.18.77.1", None, None))
    assert gap(channel) is None
    assert any("different ways" in item.text for item in walk_evidence(channel))


def test_an_unreached_server_tells_nothing() -> None:
    """How many hops there are is not known then, so neither is whose they are."""
    channel = walked(1)
    trial = channel.trials[0]
    assert isinstance(trial, HopWalk)
    channel = replace(channel, trials=(replace(trial, control=walk(21, *ROUTERS)),))
    assert gap(channel) is None
    assert grounds_of(passive_port_dropped, channel).location is None


def test_what_answers_for_the_control_port_may_stand_before_the_server() -> None:
    """Where the data port's SYN gets beyond what answers for the control port, that is a SYN proxy or the like."""
    data = walk(50002, *ROUTERS[:3])
    trial = HopWalk(at=5.0, cell=CELL, control=walk(21, *ROUTERS[:2], end=Fate.ACCEPTED), data=data)
    channel = replace(passive(*DROPPED), trials=(trial,))
    assert gap(channel) is None
    assert "at hop 3 is not the server" in list(walk_evidence(channel))[-1].text
    assert grounds_of(passive_port_dropped, channel).location is None


@pytest.mark.parametrize("fate", [Fate.EXPIRED, Fate.SILENT])
def test_a_single_syn_that_gets_farther_leaves_the_place_open(fate: Fate) -> None:
    """A firewall that reads FTP lets one connection through for each announcement: the others tell nothing."""
    before = walked(1)
    (trial,) = before.trials
    assert isinstance(trial, HopWalk)
    alone = Step(ttl=2, fate=fate, by=ROUTERS[1] if fate is Fate.EXPIRED else None)
    channel = replace(before, trials=(replace(trial, alone=alone),))
    assert (gap(channel) is None) is (fate is Fate.EXPIRED)
    assert any("announced anew" in item.text for item in walk_evidence(channel)) is (fate is Fate.EXPIRED)


def test_a_server_without_routers_before_it_may_be_a_proxy() -> None:
    """What answers at the first hop is likely, not surely, the server."""
    trial = HopWalk(at=5.0, cell=CELL, control=walk(21, end=Fate.ACCEPTED), data=walk(50002, None))
    found = gap(replace(passive(*DROPPED), trials=(trial,)))
    assert found is not None
    assert (found.location, found.confidence) == (Location.SERVER_HOST, Confidence.LIKELY)


def _reset(data: Walk) -> DataChannel:
    """A channel that was reset from a hop before the server, as its walk was."""
    openings = dial(View.CLIENT_SOCKET, Answer.REFUSED), dial(View.CLIENT_WIRE, Answer.REFUSED, ttl=62)
    trial = HopWalk(at=5.0, cell=CELL, control=walk(21, *ROUTERS[:3], end=Fate.ACCEPTED), data=data)
    return replace(passive(*openings), trials=(trial,))


def test_a_reset_that_the_server_cannot_have_sent() -> None:
    """What answers a SYN that never gets to the server is a device before it."""
    grounds = grounds_of(passive_port_rejected, _reset(walk(50002, ROUTERS[0], ROUTERS[1], end=Fate.REFUSED)))
    assert (grounds.confidence, grounds.alternatives) == (Confidence.PROVEN, ())
    assert any("expires at hop 3 is reset" in item.text for item in grounds.evidence)


@pytest.mark.parametrize(
    "data", [walk(50002, *ROUTERS[:3]), walk(50002, ROUTERS[0], "198.18.77.1", end=Fate.REFUSED)], ids=["none", "ecmp"]
)
def test_a_reset_that_may_be_the_servers(data: Walk) -> None:
    """Nothing is reset before the server, or only where the ports take different ways: the doubt stands."""
    grounds = grounds_of(passive_port_rejected, _reset(data))
    assert (grounds.confidence, grounds.settle_with) == (Confidence.POSSIBLE, ())
    assert [one.cause for one in grounds.alternatives] == ["passive-port-refused"]


@pytest.mark.parametrize(("passed", "perhaps"), [(4, True), (3, False), (2, False)])
def test_what_passes_all_routers_may_be_answered_in_vain(passed: int, *, perhaps: bool) -> None:
    """Beyond the last of them a SYN that is dropped looks like one whose answer is."""
    grounds = grounds_of(passive_port_dropped, walked(passed))
    assert ("the server's answer is lost on its way back" in grounds.summary) is perhaps
    assert (LET_ANSWERS_BACK in grounds.remedies) is perhaps


def test_a_walk_that_a_passive_port_answers_leaves_the_other_in_doubt() -> None:
    """Another passive port is open: the one that failed is one of some, or its SYNs were lost."""
    channel = walked(4)
    trial = replace(channel.trials[0], data=walk(50002, *ROUTERS, end=Fate.ACCEPTED))
    grounds = grounds_of(passive_port_dropped, replace(channel, trials=(trial,)))
    assert (grounds.confidence, grounds.verdict) == (Confidence.POSSIBLE, Verdict.UNKNOWN)
    assert "--samples" in grounds.alternatives[-1].settle_with
    assert Experiment.PORT_SAMPLES in grounds.settle_with


def test_a_router_with_the_servers_address_translates_for_it() -> None:
    """A NAT in front of the server does not forward the port."""
    found = gap(walked(2, routers=(ROUTERS[0], ROUTERS[1], SERVER[4])))
    assert found is not None
    assert (found.location, found.hop, found.confidence) == (Location.SERVER_NETWORK, 3, Confidence.LIKELY)


def called(ttl: int, *, came: bool, expired_by: str | None = ROUTERS[2]) -> OpenedCall:
    """A call that was awaited behind an opener; the server is the fifth hop."""
    return OpenedCall(
        at=5.0,
        cell=CELL,
        opener=Endpoint(host=CLIENT[4], port=46056),
        towards=Endpoint(host=SERVER[4], port=20),
        ttl=ttl,
        hops=5,
        expired_by=expired_by,
        call=call(View.CLIENT_SOCKET, Answer.ACCEPTED if came else Answer.ABSENT),
    )


def test_an_opener_that_only_the_first_router_passes_on_places_the_firewall() -> None:
    """What keeps state of it sits at the client's end."""
    channel = replace(active(*ABSENT), trials=(called(4, came=True), called(2, came=True)))
    grounds = grounds_of(active_inbound_dropped, channel)
    assert (grounds.location, grounds.confidence) == (Location.CLIENT_NETWORK, Confidence.LIKELY)
    assert not grounds.alternatives
    assert {remedy.who for remedy in grounds.remedies} == {"client", "network"}


def test_an_opener_that_helps_farther_out_names_no_place() -> None:
    """The firewall is somewhere between; that it keeps state is told."""
    channel = replace(active(*ABSENT), trials=(called(4, came=True), called(2, came=False)))
    grounds = grounds_of(active_inbound_dropped, channel)
    assert grounds.location is None
    assert "stateful" in grounds.summary


def test_an_opener_in_vain_has_the_port_looked_at_from_which_the_server_calls() -> None:
    """It stands for a call from port 20; a rule for that port lets in no other."""
    channel = replace(active(*ABSENT), trials=(called(4, came=False),))
    texts = [one.text for one in grounds_of(active_inbound_dropped, channel).remedies]
    assert any("connect_from_port_20=YES" in text for text in texts)
    assert any("not by source port 20" in text for text in texts)


@pytest.mark.parametrize(("expired_by", "word"), [(ROUTERS[2], "server's side"), (None, "came to nothing")])
def test_an_opener_in_vain_tells_only_where_it_was_heard_of(expired_by: str | None, word: str) -> None:
    """One that was itself lost on the way proves nothing."""
    channel = replace(active(*ABSENT), trials=(called(4, came=False, expired_by=expired_by),))
    found = opened(channel)
    assert found is not None
    assert found.location is None
    assert word in found.summary


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({}, (Experiment.LOW_TTL_OPENER,)),
        ({"client_seen_as": CLIENT[4]}, (Experiment.LOW_TTL_OPENER,)),
        ({"client_seen_as": "192.0.2.77"}, ()),
        ({"product": "pyftpdlib 2.2.0"}, ()),
    ],
)
def test_an_opener_is_asked_for_where_it_could_help(changes: dict[str, Any], asked: tuple[Experiment, ...]) -> None:
    """Not where the call goes to an address that a NAT hides, nor where it comes from another port than 20."""
    control = session(**changes)
    assert grounds_of(active_inbound_dropped, active(*ABSENT, control=control)).settle_with == asked
