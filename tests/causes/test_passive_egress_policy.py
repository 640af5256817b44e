from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.causes.passive_egress_policy import passive_egress_policy
from ftpdiag.model import Answer, Confidence, Location, Tls, View
from tests.causes.build import dial, grounds_of, passive, session
from tests.clues.test_trials import DROPPED, walked


@pytest.mark.parametrize(("passed", "confidence", "hop"), [(0, Confidence.PROVEN, 1), (1, Confidence.LIKELY, None)])
def test_what_is_lost_at_the_first_router_is_kept_in(passed: int, confidence: Confidence, hop: int | None) -> None:
    """No provider filters high ports right behind its customer's router, but that may count the hop first."""
    grounds = grounds_of(passive_egress_policy, walked(passed))
    assert (grounds.confidence, grounds.location, grounds.hop) == (confidence, None, hop)
    assert passive_egress_policy.location is Location.CLIENT_NETWORK


@pytest.mark.parametrize("passed", [2, 3, 4])
def test_what_gets_farther_was_let_out(passed: int) -> None:
    """A SYN that two routers pass on is lost elsewhere."""
    assert passive_egress_policy.rule(walked(passed)) is None


def test_without_a_walk_nobody_knows_where() -> None:
    """Silence alone has no place."""
    assert passive_egress_policy.rule(passive(*DROPPED)) is None


def test_without_a_tap_our_own_firewall_may_keep_the_walk_in_too() -> None:
    """SYNs that expire pass this machine's rules like any other."""
    assert passive_egress_policy.rule(replace(walked(0), openings=DROPPED[:1])) is None


def test_one_syn_is_too_little_to_tell() -> None:
    """It may have been lost by chance."""
    once = (DROPPED[0], dial(View.CLIENT_WIRE, Answer.SILENT, tries=1))
    assert passive_egress_policy.rule(replace(walked(0), openings=once)) is None


def test_an_edge_that_follows_ftp_cannot_follow_it_under_tls() -> None:
    """It lets out what it reads, and reads nothing there."""
    channel = replace(walked(0), session=session(tls=Tls.EXPLICIT))
    assert [one.cause for one in grounds_of(passive_egress_policy, channel).alternatives] == ["alg-blind-to-tls"]
