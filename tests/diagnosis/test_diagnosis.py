"""What a diagnosis is made of."""

from __future__ import annotations

from msgspec.structs import replace

from ftpdiag.diagnosis import diagnose
from ftpdiag.model import (
    Experiment,
    Mode,
    Remedy,
    Tls,
    Verdict,
)
from tests.diagnosis.build import always, declared, facts, grounds
from tests.hand_built import active, passive, session


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


def test_nothing_at_all() -> None:
    """No facts, no findings, and both modes untested."""
    diagnosis = diagnose(facts(), [always("dropped")])
    assert (diagnosis.findings, diagnosis.cells) == ((), ())
    assert {one.verdict for _, one in diagnosis.modes} == {Verdict.UNTESTED}


def test_a_mode_that_fails_too_is_not_advised() -> None:
    """Where both modes are blocked, none of them is the remedy for the other; where one works, it is."""
    advised = Remedy(who="client", product="any FTP client", text="Use passive mode.", mode=Mode.PASSIVE)
    blocked = always("blocked", verdict=Verdict.BLOCKED, remedies=(advised,))
    assert diagnose(facts(active(), passive()), [replace(blocked, modes=(Mode.ACTIVE,))]).findings[0].remedies
    assert not any(one.remedies for one in diagnose(facts(active(), passive()), [blocked]).findings)


def test_what_helps_in_the_clear_alone_is_not_advised_under_tls() -> None:
    """A helper that reads the session reads nothing there; where one session is in the clear, it is told."""
    helper = Remedy(who="network", product="a router", text="Let it read the session.", tls=Tls.NONE)
    blocked = always("blocked", verdict=Verdict.BLOCKED, remedies=(helper,))
    secured, clear = active(session(tls=Tls.EXPLICIT)), active()
    assert diagnose(facts(secured), [blocked]).findings[0].remedies == ()
    assert diagnose(facts(secured, clear), [blocked]).findings[0].remedies == (helper,)
