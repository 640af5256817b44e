from __future__ import annotations

import pytest

from ftpdiag.causes.data_listener_late import data_listener_late
from ftpdiag.model import Answer, Confidence, DataChannel
from tests.causes.build import grounds_of
from tests.clues.test_dials import REFUSED, again, called

NO, YES = Answer.REFUSED, Answer.ACCEPTED


def test_refused_before_a_moment_and_let_in_after_it() -> None:
    """Whenever each port was dialled."""
    channel = again(REFUSED, called((0, NO), (0.2, NO), (0.4, YES)), called((0, NO), (0.3, NO), (0.6, YES)))
    grounds = grounds_of(data_listener_late, channel)
    assert grounds.confidence is Confidence.LIKELY
    assert "within 0.3 s of its announcement, and lets calls in from 0.4 s on" in grounds.summary


@pytest.mark.parametrize(
    "channel",
    [
        again(REFUSED, called((0, NO), (0.2, YES))),
        again(REFUSED, called((0, NO), (0.2, YES)), called((0, NO), (0.3, NO), (0.6, YES))),
        again(REFUSED, called((0, NO), (0.5, YES)), called((0, NO), (0.5, YES)), called((0, YES))),
        again(REFUSED, called((0, NO), (0.2, NO)), called((0, NO), (0.3, NO))),
        again(called((0, Answer.SILENT)), called((0, NO), (0.5, YES)), called((0, NO), (0.5, YES))),
        again(called((0, YES)), called((0, NO), (0.5, YES)), called((0, NO), (0.5, YES))),
        REFUSED,
    ],
    ids=["one", "no moment", "at once", "never", "silent", "open", "not dialled again"],
)
def test_what_has_another_pattern_is_something_else(channel: DataChannel) -> None:
    """Chance, a balancer, a closed port, a firewall, or nothing at all."""
    assert data_listener_late.rule(channel) is None
