from __future__ import annotations

from msgspec.structs import replace

from ftpdiag.model import Judgement, Mode, Verdict
from ftpdiag.report.judged import judged
from tests.hand_built import BLOCKED, WORKS, active, control_finding, diagnosis, dropped, passive, session, shut_out


def test_verdicts_and_causes_are_a_sessions_own() -> None:
    """Each session has the judgements of its channels alone, and the causes of its own findings."""
    called, dialled = active(), passive()
    one, other = judged(diagnosis((called, BLOCKED), (dialled, WORKS), findings=[dropped(called)]))
    assert (one.verdict(Mode.ACTIVE), one.verdict(Mode.PASSIVE)) == (Verdict.BLOCKED, Verdict.UNTESTED)
    assert (one.causes, other.causes) == (("active-dropped-by-client-host",), ())
    assert other.verdicts == {Verdict.WORKS}


def test_the_method_that_works_speaks_for_its_mode() -> None:
    """A client that fell back from EPSV to PASV got through; what failed once in one method counts against it."""
    control = session()
    tried = replace(passive(control), method=passive().method.PASV)
    found = diagnosis((passive(control), BLOCKED), (tried, WORKS))
    assert judged(found)[0].verdict(Mode.PASSIVE) is Verdict.WORKS


def test_a_session_that_tried_nothing_is_untested() -> None:
    """It has the cause of its control connection all the same."""
    control = shut_out()
    found = diagnosis((control, Judgement(verdict=Verdict.UNTESTED)), findings=[control_finding("control-x", control)])
    (one,) = judged(found)
    assert one.verdicts == frozenset({Verdict.UNTESTED})
    assert one.causes == ("control-x",)
