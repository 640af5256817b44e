"""Which finding stands."""

from __future__ import annotations

import pytest

from ftpdiag.diagnosis import diagnose
from ftpdiag.model import (
    ControlSession,
    DataChannel,
    Facts,
    Mode,
    Verdict,
)
from tests.diagnosis.build import always, declared, facts, found, grounds
from tests.hand_built import active, passive


@pytest.mark.parametrize("mode", Mode)
def test_cause_of_one_mode(mode: Mode) -> None:
    """A cause of one mode is not asked about the other."""
    asked: list[Mode] = []

    def rule(channel: DataChannel) -> None:
        asked.append(channel.mode)

    diagnose(facts(passive(), active()), [declared("picky", rule, modes=(mode,))])
    assert asked == [mode]


def test_cause_of_several_kinds() -> None:
    """A cause may judge data connections, sessions and the whole."""
    asked: list[type] = []

    def rule(subject: object) -> None:
        asked.append(type(subject))

    diagnose(facts(passive()), [declared("broad", rule, (DataChannel, ControlSession, Facts))])
    assert asked == [DataChannel, ControlSession, Facts]


def test_override() -> None:
    """A cause that overrides another leaves nothing of it, neither in findings nor in verdicts."""
    causes = [always("vague", verdict=Verdict.BLOCKED), always("exact", verdict=Verdict.REFUSED, overrides=("vague",))]
    diagnosis = diagnose(facts(active()), causes)
    assert found(diagnosis) == ["exact"]
    assert [one.verdict for one in diagnosis.channels] == [Verdict.REFUSED]


def test_override_of_another_subject() -> None:
    """An override holds for its own subject only."""
    one, other = passive(), active()
    exact = declared("exact", lambda channel: grounds() if channel is one else None, overrides=("vague",))
    diagnosis = diagnose(facts(one, other), [always("vague"), exact])
    assert [judgement.causes for judgement in diagnosis.channels] == [("exact",), ("vague",)]


def test_override_from_the_session() -> None:
    """A cause about a session overrides causes about its data connections, and about no other session's."""
    one, other = passive(), active()
    exact = declared("exact", lambda it: grounds() if it is one.session else None, ControlSession, overrides=("vague",))
    diagnosis = diagnose(facts(one, other), [always("vague"), exact])
    assert [judgement.causes for judgement in diagnosis.channels] == [("exact",), ("vague",)]


def test_no_override_upwards() -> None:
    """What is known of a data connection takes nothing away from what is known of its session."""
    causes = [always("session", ControlSession), always("channel", overrides=("session",))]
    assert set(found(diagnose(facts(active()), causes))) == {"session", "channel"}


def test_overridden_cause_still_overrides() -> None:
    """The least exact of three goes, whatever their order: overrides are a fixed order among causes, not a vote."""
    causes = [
        always("vague"),
        always("better", overrides=("vague",)),
        always("best", overrides=("better",)),
    ]
    assert found(diagnose(facts(active()), causes)) == ["best"]
    assert found(diagnose(facts(active()), causes[::-1])) == ["best"]
