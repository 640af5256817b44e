"""A capture without any data connection: what its filter may have left out is nobody's fault."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.cause import Cause
from ftpdiag.diagnosis import diagnose
from ftpdiag.discovery import declarations
from ftpdiag.model import Answer, Confidence, DataChannel, Facts, Finding, Source, Vantage, Verdict, View
from tests.causes.build import active, call, captured, dial, exchange, passive

GAVE_UP = exchange("LIST", "425 Failed to establish connection.", after=60.0)
WIRES = [View.CLIENT_WIRE, View.MIDDLE_WIRE, View.SERVER_WIRE]


def told(channel: DataChannel) -> tuple[Verdict, tuple[Finding, ...]]:
    """What becomes of a channel that no packet of its capture shows."""
    left_out = replace(channel, left_out=True)
    facts = Facts(
        source=Source(), vantage=Vantage.CLIENT, began=0.0, sessions=(left_out.session,), channels=(left_out,)
    )
    diagnosis = diagnose(facts, declarations("ftpdiag.causes", Cause))
    return diagnosis.channels[0].verdict, diagnosis.findings


@pytest.mark.parametrize("view", WIRES)
def test_nothing_is_blamed(view: View) -> None:
    """Neither side's firewall is suspected because packets are missing that the filter leaves out."""
    for channel in (
        passive(dial(view, Answer.ABSENT), control=captured()),
        active(call(view, Answer.ABSENT), control=captured()),
    ):
        assert told(channel) == (Verdict.UNKNOWN, ())


@pytest.mark.parametrize("view", WIRES)
def test_the_servers_word_is_believed(view: View) -> None:
    """It tried, and it could not: blocked; where cannot be told."""
    verdict, (finding,) = told(active(call(view, Answer.ABSENT), control=captured(), transfer=GAVE_UP))
    assert verdict is Verdict.BLOCKED
    assert (finding.cause, finding.confidence) == ("active-inbound-dropped", Confidence.POSSIBLE)
    assert "not in the capture" in finding.summary


def test_a_server_that_waited_in_vain_is_believed() -> None:
    """Nobody came, says the server; that no SYN passed is not claimed."""
    channel = passive(dial(View.SERVER_WIRE, Answer.ABSENT), control=captured(), transfer=GAVE_UP)
    verdict, (finding,) = told(channel)
    assert (verdict, finding.confidence) == (Verdict.BLOCKED, Confidence.POSSIBLE)
    assert not any("No SYN" in one.text for one in finding.evidence)
