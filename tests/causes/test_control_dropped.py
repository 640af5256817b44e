from __future__ import annotations

import pytest

from ftpdiag.causes.control_dropped import control_dropped
from ftpdiag.model import Answer, Confidence, Location, Opening, Verdict, View
from tests.causes.build import OPEN, grounds_of, knock, unopened

TIMED_OUT = knock(View.CLIENT_SOCKET, Answer.SILENT, error="ETIMEDOUT")


@pytest.mark.parametrize(("tries", "confidence"), [(3, Confidence.PROVEN), (2, Confidence.LIKELY)])
def test_syns_that_nobody_answers(tries: int, confidence: Confidence) -> None:
    """Two SYNs may be lost by chance; where three are lost, one place cannot tell."""
    grounds = grounds_of(control_dropped, unopened(TIMED_OUT, knock(View.CLIENT_WIRE, Answer.SILENT, tries=tries)))
    assert (grounds.confidence, grounds.location) == (confidence, Location.UNKNOWN)
    assert [one.cause for one in grounds.alternatives] == ["control-login-refused"]


@pytest.mark.parametrize(
    "openings",
    [
        (TIMED_OUT, knock(View.CLIENT_WIRE, Answer.SILENT, tries=1)),
        (knock(View.CLIENT_SOCKET, Answer.SILENT, error="ETIMEDOUT", waited=0.3),),
    ],
)
def test_one_syn_is_too_little_to_tell(openings: tuple[Opening, ...]) -> None:
    """It may have been lost by chance, or the path is slow: the advice is to wait longer."""
    grounds = grounds_of(control_dropped, unopened(*openings))
    assert (grounds.confidence, grounds.verdict) == (Confidence.POSSIBLE, Verdict.UNKNOWN)
    assert "--timeout 5" in grounds.alternatives[0].settle_with


@pytest.mark.parametrize("beside", ["shut_out", "crowded", "served_before"])
def test_who_was_served_beside_may_have_lost_packets_by_chance(beside: str) -> None:
    """That nothing came back is likely a limit, and proves none; in a capture the other may have been just before."""
    silent = knock(View.CLIENT_SOCKET, Answer.SILENT), knock(View.CLIENT_WIRE, Answer.SILENT, tries=4)
    grounds = grounds_of(control_dropped, unopened(*silent, **{beside: True}))
    assert grounds.confidence is Confidence.LIKELY
    assert "lost by chance" in grounds.summary
    assert "nobody has this address" not in grounds.summary


def test_an_answer_that_came_too_late_is_not_our_own_firewalls_doing() -> None:
    """Nothing was repeated after the SYN-ACK, so it did reach this machine's TCP, which had given up."""
    wire = knock(View.CLIENT_WIRE, Answer.ACCEPTED, established=False, tries=1)
    assert control_dropped.rule(unopened(TIMED_OUT, wire)) is None


def test_a_syn_that_never_left_is_our_own_firewalls_doing() -> None:
    """A tap sees outbound packets after the local firewall."""
    grounds = grounds_of(control_dropped, unopened(TIMED_OUT, knock(View.CLIENT_WIRE, Answer.ABSENT)))
    assert (grounds.confidence, grounds.location) == (Confidence.PROVEN, Location.CLIENT_HOST)


def test_an_answer_that_the_socket_never_got_is_our_own_firewalls_doing() -> None:
    """A tap sees inbound packets before the local firewall."""
    wire = knock(View.CLIENT_WIRE, Answer.ACCEPTED, established=False)
    grounds = grounds_of(control_dropped, unopened(TIMED_OUT, wire))
    assert (grounds.confidence, grounds.location) == (Confidence.PROVEN, Location.CLIENT_HOST)


def test_a_syn_that_arrives_and_is_not_answered_is_the_servers_doing() -> None:
    """A tap at the server sees it before the server's firewall."""
    grounds = grounds_of(control_dropped, unopened(knock(View.SERVER_WIRE, Answer.SILENT)))
    assert grounds.location is Location.SERVER_HOST


def test_without_a_tap_our_own_firewall_is_not_ruled_out() -> None:
    """Not watched is not absent."""
    grounds = grounds_of(control_dropped, unopened(TIMED_OUT))
    assert grounds.confidence is Confidence.POSSIBLE
    assert grounds.location is None
    assert [one.cause for one in grounds.alternatives] == ["prober-limited", "control-login-refused"]


@pytest.mark.parametrize(
    "openings",
    [
        OPEN,
        (TIMED_OUT, knock(View.CLIENT_WIRE, Answer.REJECTED, reporter="198.18.1.2")),
        (TIMED_OUT, knock(View.CLIENT_WIRE, Answer.REFUSED)),
        (knock(View.CLIENT_SOCKET, Answer.REFUSED), knock(View.CLIENT_WIRE, Answer.ABSENT)),
        (knock(View.CLIENT_SOCKET, Answer.REFUSED),),
        (knock(View.CLIENT_SOCKET, Answer.REJECTED, error="ENETUNREACH"),),
        (knock(View.CLIENT_WIRE, Answer.ACCEPTED, established=False),),
        (),
    ],
)
def test_an_answer_is_no_silence(openings: tuple[Opening, ...]) -> None:
    """Open, ICMP, RST, turned down by this machine; and half an opening that no socket waited for."""
    assert control_dropped.rule(unopened(*openings)) is None
