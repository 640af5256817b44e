"""Which finding stands, what is merged into one, and what becomes of cells and modes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ftpdiag.diagnosis import (
    Cause,
    Extent,
    Grounds,
    cause,
    command_sighting,
    diagnose,
    packet_sighting,
    quotation,
    sighting,
)
from ftpdiag.model import (
    Alternative,
    Cell,
    Confidence,
    ControlSession,
    DataChannel,
    Diagnosis,
    Evidence,
    Experiment,
    Facts,
    Flag,
    Location,
    Method,
    Mode,
    Remedy,
    Tls,
    Vantage,
    Verdict,
)
from tests.hand_built import BEGAN, LIVE, active, exchange, passive, reply, segment, session, shut_out

REMEDY = Remedy(who="client", product="nft", text="accept $server to $data_port, $ip $unknown")


def grounds(confidence: Confidence = Confidence.PROVEN, **changes: Any) -> Grounds:  # noqa: ANN401  any field
    """Why a cause holds."""
    built = Grounds(confidence=confidence, summary=f"It is {confidence}.", evidence=(Evidence(text=str(confidence)),))
    return replace(built, **changes)


def declared(
    name: str,
    rule: Callable[[Any], Grounds | None],
    judges: type | tuple[type, ...] = DataChannel,
    **changes: Any,  # noqa: ANN401  any field of a declaration
) -> Cause:
    """A cause that holds where its rule says so."""
    rule.__name__ = name.replace("-", "_")
    settings: dict[str, Any] = {
        "title": f"The title of {name}",
        "verdict": Verdict.BLOCKED,
        "location": Location.PATH,
        "remedies": (REMEDY,),
    }
    return cause(judges=judges, **{**settings, **changes})(rule)


def always(name: str, judges: type | tuple[type, ...] = DataChannel, **changes: Any) -> Cause:  # noqa: ANN401  ditto
    """A cause that always holds."""
    return declared(name, lambda _: grounds(), judges, **changes)


def facts(*subjects: DataChannel | ControlSession, untried: tuple[Cell, ...] = ()) -> Facts:
    """What happened in some sessions, and on some data connections with theirs."""
    sessions = {id(one): one for one in (_control(subject) for subject in subjects)}
    return Facts(
        source=LIVE,
        vantage=Vantage.CLIENT,
        began=BEGAN,
        sessions=tuple(sessions.values()),
        channels=tuple(one for one in subjects if isinstance(one, DataChannel)),
        untried=untried,
    )


def _control(subject: DataChannel | ControlSession) -> ControlSession:
    return subject.session if isinstance(subject, DataChannel) else subject


def found(diagnosis: Diagnosis) -> list[str]:
    """The causes found."""
    return [one.cause for one in diagnosis.findings]


def cells(diagnosis: Diagnosis) -> dict[Method, Verdict]:
    """The verdicts by method."""
    return {cell.method: judgement.verdict for cell, judgement in diagnosis.cells}


# --- channels -------------------------------------------------------------------------------------------------------


def test_completed_without_a_cause() -> None:
    """Data that moved to the end work, and nothing is found."""
    diagnosis = diagnose(facts(passive()), [])
    assert diagnosis.findings == ()
    assert [one.verdict for one in diagnosis.channels] == [Verdict.WORKS]


def test_failed_without_a_cause() -> None:
    """A failure that no cause explains is unknown, not blocked."""
    assert [one.verdict for one in diagnose(facts(active()), []).channels] == [Verdict.UNKNOWN]


def test_information_changes_no_verdict() -> None:
    """A cause without a verdict is reported, and what works still works."""
    diagnosis = diagnose(facts(passive()), [always("note", verdict=None)])
    assert found(diagnosis) == ["note"]
    assert [one.verdict for one in diagnosis.channels] == [Verdict.WORKS]


def test_worst_of_several_causes() -> None:
    """Where several causes stand the worst verdict counts, and all are named."""
    causes = [always("one", verdict=Verdict.REFUSED), always("two", verdict=Verdict.BLOCKED)]
    (judgement,) = diagnose(facts(active()), causes).channels
    assert (judgement.verdict, judgement.causes) == (Verdict.BLOCKED, ("one", "two"))


def test_cause_about_the_session() -> None:
    """What stopped a session stopped the data connection that it had negotiated."""
    diagnosis = diagnose(facts(active()), [always("cut-off", ControlSession)])
    assert [one.verdict for one in diagnosis.channels] == [Verdict.BLOCKED]
    assert [one.mode for one in diagnosis.findings] == [None]


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


# --- which finding stands -------------------------------------------------------------------------------------------


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


# --- one finding for all that share a fault -------------------------------------------------------------------------


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


def test_each_doubt_once() -> None:
    """An experiment is made for one cell of each family, in the clear where there is one; none for a capture."""
    secured, clear = passive(session(tls=Tls.EXPLICIT)), passive(session())
    six, captured = passive(session(family=6)), passive(session(None, family=4))
    cause = declared("dropped", lambda _: grounds(settle_with=(Experiment.HOP_WALK,)))
    diagnosis = diagnose(facts(captured, secured, clear, six), [cause])
    assert [(one.experiment, one.cell.family, one.cell.tls) for one in diagnosis.doubts] == [
        (Experiment.HOP_WALK, 4, Tls.NONE),
        (Experiment.HOP_WALK, 6, Tls.NONE),
    ]
    assert diagnose(facts(captured), [cause]).doubts == ()


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


def test_declaration() -> None:
    """A cause has the contract's name, and the text of its file."""
    made = always("active-dropped")
    assert made.name == "active-dropped"
    assert made.text == (__doc__ or "").strip()


# --- cells and modes ------------------------------------------------------------------------------------------------


def test_cells_of_channels() -> None:
    """Each method in each family and encryption is a cell, with the verdict of its data connection."""
    diagnosis = diagnose(facts(passive(), active()), [always("dropped", modes=(Mode.ACTIVE,))])
    assert cells(diagnosis) == {Method.EPSV: Verdict.WORKS, Method.PORT: Verdict.BLOCKED}
    assert dict(diagnosis.modes)[Mode.PASSIVE].verdict is Verdict.WORKS
    assert dict(diagnosis.modes)[Mode.ACTIVE].verdict is Verdict.BLOCKED
    assert dict(diagnosis.modes)[Mode.ACTIVE].causes == ("dropped",)


def test_several_channels_in_a_cell() -> None:
    """A method that failed once has failed: the worst of a cell's data connections counts."""
    control = session(Method.EPSV)
    failed = replace(passive(control), carriages=())
    assert cells(diagnose(facts(passive(control), failed), [])) == {Method.EPSV: Verdict.UNKNOWN}


def test_session_that_never_logged_in() -> None:
    """Without a login the method is untested, with the cause beside it."""
    diagnosis = diagnose(facts(shut_out()), [always("login-refused", ControlSession, verdict=Verdict.REFUSED)])
    ((_, judgement),) = diagnosis.cells
    assert (judgement.verdict, judgement.causes) == (Verdict.UNTESTED, ("login-refused",))


def test_session_that_never_negotiated() -> None:
    """A session that logged in and never came to negotiate is what its cause makes of it, or unknown."""
    cut_off = always("cut-off", ControlSession, verdict=Verdict.BLOCKED)
    assert cells(diagnose(facts(session()), [cut_off])) == {Method.EPSV: Verdict.BLOCKED}
    assert cells(diagnose(facts(session()), [])) == {Method.EPSV: Verdict.UNKNOWN}


def test_captured_session_without_a_negotiation() -> None:
    """A captured session that moved no data tested no method."""
    assert diagnose(facts(session(method=None)), []).cells == ()


def test_untried_cells() -> None:
    """What was left out because the session ahead could not log in is untested for the same cause."""
    untried = tuple(Cell(method=method, family=4, tls=Tls.NONE) for method in (Method.PASV, Method.PORT))
    diagnosis = diagnose(facts(shut_out(), untried=untried), [always("login-refused", ControlSession)])
    judgements = {cell.method: judgement for cell, judgement in diagnosis.cells}
    assert set(judgements) == {Method.EPSV, Method.PASV, Method.PORT}
    assert {one.verdict for one in judgements.values()} == {Verdict.UNTESTED}
    assert {one.causes for one in judgements.values()} == {("login-refused",)}
    assert {one.verdict for _, one in diagnosis.modes} == {Verdict.UNTESTED}


def test_untried_cells_of_another_pair() -> None:
    """A cell takes its cause from the sessions of its own family and encryption."""
    untried = (Cell(method=Method.PASV, family=6, tls=Tls.NONE),)
    diagnosis = diagnose(facts(shut_out(), untried=untried), [always("login-refused", ControlSession)])
    judgements = {cell.method: judgement for cell, judgement in diagnosis.cells}
    assert judgements[Method.PASV].causes == ()


def test_nothing_at_all() -> None:
    """No facts, no findings, and both modes untested."""
    diagnosis = diagnose(facts(), [always("dropped")])
    assert (diagnosis.findings, diagnosis.cells) == ((), ())
    assert {one.verdict for _, one in diagnosis.modes} == {Verdict.UNTESTED}


# --- evidence -------------------------------------------------------------------------------------------------------


def test_evidence() -> None:
    """Evidence points at what it rests on: a packet, a reply, a command, or a moment at a socket."""
    at_socket, on_wire = active().openings
    assert (sighting(on_wire, "x").packet, sighting(on_wire, "x").at) == (12, on_wire.at)
    assert (sighting(at_socket, "x").packet, sighting(at_socket, "x").at) == (None, at_socket.at)
    server, client = at_socket.opener, at_socket.target
    assert packet_sighting(segment(7, 0.5, server, client, Flag.RST), "x").packet == 7
    assert quotation(reply("211-One\n211 Two", at=0.0), "x").line == "211-One"
    assert command_sighting(exchange("PORT 1,2,3,4,5,6", "200 Ok", at=0.0), "x").line == "PORT 1,2,3,4,5,6"
    assert command_sighting(exchange("EPSV", "500 ?", at=0.0), "x").line == "EPSV"


def test_a_mode_that_fails_too_is_not_advised() -> None:
    """Where both modes are blocked, none of them is the remedy for the other; where one works, it is."""
    advised = Remedy(who="client", product="any FTP client", text="Use passive mode.", mode=Mode.PASSIVE)
    blocked = always("blocked", verdict=Verdict.BLOCKED, remedies=(advised,))
    assert diagnose(facts(active(), passive()), [replace(blocked, modes=(Mode.ACTIVE,))]).findings[0].remedies
    assert not any(one.remedies for one in diagnose(facts(active(), passive()), [blocked]).findings)


@pytest.mark.parametrize(("extent", "other"), [(Extent.METHOD, Verdict.WORKS), (Extent.MODE, Verdict.BLOCKED)])
def test_what_works_by_luck_is_judged_like_what_does_not(extent: Extent, other: Verdict) -> None:
    """Where a cause holds for the whole mode, its other methods have it too; what moved has moved all the same."""
    channels = passive(session(Method.EPSV)), replace(passive(session(Method.PASV)), method=Method.PASV)
    chosen = declared("some", lambda one: grounds() if one.method is Method.EPSV else None, extent=extent)
    diagnosis = diagnose(facts(*channels), [chosen])
    assert cells(diagnosis) == {Method.EPSV: Verdict.BLOCKED, Method.PASV: other}
    assert dict(diagnosis.modes)[Mode.PASSIVE].verdict is other
    assert [one.verdict for one in diagnosis.channels] == [Verdict.BLOCKED, Verdict.WORKS]


def test_a_sample_that_failed_speaks_for_its_cell() -> None:
    """The first round had luck; what the sample met is found, and its channels stay as they were."""
    lucky, sample = passive(), replace(passive(), announced=None)
    seen = replace(facts(lucky), samples=(sample,))
    diagnosis = diagnose(seen, [declared("some", lambda one: None if one.announced else grounds())])
    assert cells(diagnosis) == {lucky.method: Verdict.BLOCKED}
    assert [one.verdict for one in diagnosis.channels] == [Verdict.WORKS]


def test_a_data_connection_that_was_let_go_tells_nothing_of_its_cell() -> None:
    """A client opened it, and went on without asking for data: another of the same cell moved some."""
    moved = passive()
    quit_command = exchange("QUIT", "221 Bye.", at=moved.negotiation.at + 9)
    control = replace(moved.session, exchanges=(*moved.session.exchanges, quit_command))
    let_go = replace(moved, session=control, transfer=None)
    diagnosis = diagnose(facts(moved, let_go), [])
    assert [one.verdict for one in diagnosis.channels] == [Verdict.WORKS, Verdict.UNTESTED]
    assert cells(diagnosis) == {moved.method: Verdict.WORKS}
