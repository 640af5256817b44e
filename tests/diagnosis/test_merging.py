"""What is merged into one finding, and what it advises."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.cause import Decided, Grounds
from ftpdiag.diagnosis import diagnose
from ftpdiag.model import (
    Alternative,
    Confidence,
    ControlSession,
    DataChannel,
    Facts,
    Location,
    Method,
    Mode,
    Sight,
    View,
)
from tests.diagnosis.build import REMEDY, always, declared, facts, grounds
from tests.hand_built import active, passive, session


def unsure(channel: DataChannel) -> Grounds:
    """Proven for EPRT, possible for PORT."""
    return grounds(
        Confidence.PROVEN if channel.method is Method.EPRT else Confidence.POSSIBLE,
        alternatives=(Alternative(cause="other", settle_with=channel.method),),
    )


def test_merged() -> None:
    """Data connections with one fault make one finding: the surest speaks, and every evidence is cited once."""
    first, second = active(), replace(active(session(Method.EPRT)), method=Method.EPRT)
    (finding,) = diagnose(facts(first, second), [declared("dropped", unsure)]).findings
    assert (finding.confidence, finding.summary) == (Confidence.PROVEN, "It is proven.")
    assert [one.text for one in finding.evidence] == ["possible", "proven"]
    assert [one.settle_with for one in finding.alternatives] == ["PORT", "EPRT"]
    assert finding.subjects == (first, second)


def test_same_evidence_once() -> None:
    """What two data connections cite alike is cited once."""
    (finding,) = diagnose(facts(active(), active(session(Method.EPRT))), [always("dropped")]).findings
    assert len(finding.evidence) == 1
    assert len(finding.subjects) == 2


def test_not_merged() -> None:
    """Modes and locations keep findings apart."""
    one, other = active(), replace(active(session(Method.EPRT)), method=Method.EPRT)

    def rule(channel: DataChannel) -> Grounds:
        return grounds(location=Location.CLIENT_HOST if channel is other else None)

    diagnosis = diagnose(facts(passive(), one, other), [declared("dropped", rule)])
    assert [(one.mode, one.location) for one in diagnosis.findings] == [
        (Mode.PASSIVE, Location.PATH),
        (Mode.ACTIVE, Location.PATH),
        (Mode.ACTIVE, Location.CLIENT_HOST),
    ]


def test_remedies_are_filled_in() -> None:
    """A remedy names the addresses of the case; what it cannot fill in it leaves as it is."""
    (finding,) = diagnose(facts(active()), [always("dropped")]).findings
    assert [one.text for one in finding.remedies] == ["accept 203.0.113.2 to 46055, ip $unknown"]


def test_a_client_without_a_known_address() -> None:
    """Where the connection never stood, nobody knows the client's address, and it is called what it is."""
    let_out = replace(REMEDY, text="Let TCP from $client out.")
    rule = declared("dropped", lambda _: grounds(remedies=(let_out,)), judges=ControlSession)
    (finding,) = diagnose(facts(replace(session(), client=None)), [rule]).findings
    assert [one.text for one in finding.remedies] == ["Let TCP from this machine out."]


def test_a_rule_at_the_server_names_the_client_as_it_is_there() -> None:
    """Beyond a NAT the client has another address; on its own machine it has its own."""
    let_out = replace(REMEDY, text="Let TCP to $client out.")
    there = replace(let_out, who="server")
    rule = declared("dropped", lambda _: grounds(remedies=(let_out, there)), judges=ControlSession)
    translated = replace(session(), client_seen_as="192.0.2.1")
    (finding,) = diagnose(facts(translated), [rule]).findings
    assert [one.text for one in finding.remedies] == ["Let TCP to 198.51.100.2 out.", "Let TCP to 192.0.2.1 out."]


def test_remedies_of_the_case_come_before_those_of_the_card() -> None:
    """What a rule advises for this very case stands in place of all that its cause may advise."""
    better = replace(REMEDY, text="ftpdiag probe $host:$port")

    odd = declared("odd", lambda _: grounds(remedies=(better,)))
    (finding,) = diagnose(facts(passive(session(family=6))), [odd]).findings
    assert [one.text for one in finding.remedies] == ["ftpdiag probe [2001:db8:2::2]:21"]


def test_remedy_without_a_subject() -> None:
    """A cause about the whole has no addresses to fill in, and that is no error."""
    (finding,) = diagnose(facts(), [always("nameless", Facts)]).findings
    assert [one.text for one in finding.remedies] == [REMEDY.text]
    assert finding.subjects == ()


@pytest.mark.parametrize(
    ("ends", "decided_by", "open_still"),
    [
        ((View.CLIENT_WIRE, View.SERVER_WIRE), Decided.BOTH_ENDS, False),
        ((View.CLIENT_WIRE, View.SERVER_WIRE), Decided.NOTHING, True),
        ((View.CLIENT_WIRE,), Decided.BOTH_ENDS, True),
    ],
)
def test_what_both_ends_decide_is_no_alternative(
    ends: tuple[View, ...], decided_by: Decided, *, open_still: bool
) -> None:
    """Where both ends were captured, a cause that they would show is no alternative to what was found."""
    control = session()
    assert control.client
    sights = tuple(Sight(view=one, client=control.client, server=control.server) for one in ends)
    other = declared("other", lambda _: None, decided_by=decided_by)
    alternative = Alternative(cause="other", settle_with="a capture of the other end")
    dropped = declared("dropped", lambda _: grounds(alternatives=(alternative,)))
    (finding,) = diagnose(facts(active(replace(control, sights=sights))), [dropped, other]).findings
    assert finding.alternatives == ((alternative,) if open_still else ())
