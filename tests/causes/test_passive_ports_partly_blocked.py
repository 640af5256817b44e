from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.causes.passive_ports_partly_blocked import passive_ports_partly_blocked
from ftpdiag.model import Answer, Confidence, DataChannel, Location, View
from tests.causes.build import captured, dial, grounds_of
from tests.clues.test_ports import ports, to_port, together


def of(answer: Answer, passed: range, failed: range, ttl: int) -> DataChannel:
    """One that failed so, beside others."""
    channel = ports(tuple(passed), tuple(failed))
    return replace(channel, openings=(dial(View.CLIENT_WIRE, answer, ttl=ttl),))


@pytest.mark.parametrize(
    ("count", "confidence"), [(3, Confidence.POSSIBLE), (4, Confidence.LIKELY), (8, Confidence.PROVEN)]
)
def test_ports_that_fail_side_by_side(count: int, confidence: Confidence) -> None:
    """The more of them, the less can it be chance."""
    channel = ports(tuple(range(50000, 50000 + count)), tuple(range(50050, 50050 + count)))
    grounds = grounds_of(passive_ports_partly_blocked, channel)
    assert grounds.confidence is confidence
    assert f"50050-{50049 + count} do not" in grounds.summary


def test_ports_that_fail_among_others_are_no_range() -> None:
    """A balancer, or a lossy way, picks at random."""
    assert passive_ports_partly_blocked.rule(ports(tuple(range(1, 20, 2)), tuple(range(2, 20, 2)))) is None


def test_one_of_each_tells_nothing() -> None:
    """Two ports are always sorted."""
    assert passive_ports_partly_blocked.rule(ports((50010,), (50060,))) is None


def test_where_all_fail_it_is_not_the_port() -> None:
    """Then nothing is let in at all."""
    assert passive_ports_partly_blocked.rule(ports((), (50010, 50060, 50070))) is None


def test_what_changed_meanwhile_may_look_like_a_range() -> None:
    """First all passed, then none: ports that rise with the time are sorted by either."""
    made = [to_port(port, Answer.ACCEPTED if port < 5 else Answer.SILENT, at=port) for port in range(10)]
    assert grounds_of(passive_ports_partly_blocked, together(*made)).confidence is Confidence.POSSIBLE


def test_the_first_that_was_lost_may_have_the_lowest_number_by_chance() -> None:
    """Of nine ports each is at an end of them in two cases of nine: where all later ones pass that is no range."""
    made = [to_port(port, Answer.ACCEPTED if port else Answer.SILENT, at=port) for port in range(9)]
    assert passive_ports_partly_blocked.rule(replace(made[0], beside=tuple(made))) is None


def test_a_port_that_a_firewall_knows_by_another_protocol() -> None:
    """5060 is SIP's, and those around it pass."""
    grounds = grounds_of(passive_ports_partly_blocked, ports((5057, 5058, 5059, 5062), (5060,)))
    assert grounds.confidence is Confidence.LIKELY
    assert "SIP" in grounds.summary
    advised = {one.product: one.text for one in grounds.remedies}
    assert "5060" in advised["any FTP server"]
    assert "no inspect sip" in advised["Cisco ASA"]
    assert "nf_conntrack_sip" in advised["Linux"]
    assert "default-voip-alg-mode" in advised["FortiGate"]


@pytest.mark.parametrize(
    ("answer", "ttl", "location", "hop"),
    [
        (Answer.REJECTED, 62, Location.SERVER_NETWORK, 3),
        (Answer.REFUSED, 61, Location.SERVER_HOST, 4),
        (Answer.REFUSED, 64, Location.CLIENT_NETWORK, 1),
        (Answer.REFUSED, 62, Location.UNKNOWN, None),
        (Answer.SILENT, 61, Location.UNKNOWN, None),
    ],
)
def test_who_turns_them_down_is_told_by_the_answer(
    answer: Answer, ttl: int, location: Location, hop: int | None
) -> None:
    """A RST from a hop nearer than the server may have come by another way."""
    channel = of(answer, range(50000, 50008), range(50050, 50058), ttl)
    grounds = grounds_of(passive_ports_partly_blocked, channel)
    assert (grounds.location, grounds.hop) == (location, hop)


def test_at_the_server_those_that_never_come_count() -> None:
    """Side by side, too, while others come: something before the server stops them."""
    known = captured()
    made = []
    for place, port in enumerate((50001, 50060, 50002, 50061, 50063, 50003, 50064, 50005, 50062, 50004)):
        answer = Answer.ACCEPTED if port < 50050 else Answer.ABSENT
        channel = to_port(port, answer, at=place)
        made.append(replace(channel, session=known, openings=(dial(View.SERVER_WIRE, answer),)))
    failed = replace(made[1], beside=tuple(made))
    grounds = grounds_of(passive_ports_partly_blocked, failed)
    assert (grounds.confidence, grounds.location) == (Confidence.LIKELY, Location.UNKNOWN)
