"""What becomes of channels, cells and modes."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.cause import Cause, Extent
from ftpdiag.diagnosis import diagnose
from ftpdiag.model import (
    Cell,
    ControlSession,
    Evidence,
    Method,
    Mode,
    Tls,
    Verdict,
)
from tests.diagnosis.build import always, cells, declared, facts, found, grounds
from tests.hand_built import BEGAN, active, exchange, passive, session, shut_out


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


def test_what_befell_a_captured_session_afterwards_says_nothing_of_a_transfer() -> None:
    """The data moved to the end; minutes later the idle session died. In a probe a session has one handshake."""

    def died(at: float) -> Cause:
        seen = (Evidence(text="It was cut off.", at=BEGAN + at),)
        return declared("died", lambda _: grounds(evidence=seen), ControlSession)

    done = passive()
    captured = replace(done, session=replace(done.session, method=None))
    for channel, at, verdict in (
        (captured, 600.0, Verdict.WORKS),
        (captured, 0.05, Verdict.BLOCKED),
        (done, 600.0, Verdict.BLOCKED),
    ):
        diagnosis = diagnose(facts(channel), [died(at)])
        assert found(diagnosis) == ["died"]
        assert [one.verdict for one in diagnosis.channels] == [verdict]


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
