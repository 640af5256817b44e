"""Which verdict speaks for several."""

from __future__ import annotations

from ftpdiag.model import Cell, Judgement, Method, Mode, Tls, Verdict
from ftpdiag.verdicts import WORST_FIRST, combined, mode_judgement, pair_judgements


def _cell(method: Method, verdict: Verdict, *causes: str, family: int = 4) -> tuple[Cell, Judgement]:
    return Cell(method=method, family=family, tls=Tls.NONE), Judgement(verdict=verdict, causes=causes)


def test_best_method_of_a_pair() -> None:
    """A mode works where one of its methods works: a client may pick that one."""
    cells = [_cell(Method.PASV, Verdict.BLOCKED, "passive-port-dropped"), _cell(Method.EPSV, Verdict.WORKS)]
    assert mode_judgement(Mode.PASSIVE, cells) == Judgement(verdict=Verdict.WORKS)


def test_worst_pair_of_a_mode() -> None:
    """A mode that works over IPv4 and not over IPv6 does not work: nobody picks the family on purpose."""
    cells = [_cell(Method.EPSV, Verdict.WORKS), _cell(Method.EPSV, Verdict.BLOCKED, "passive-port-dropped", family=6)]
    assert mode_judgement(Mode.PASSIVE, cells).verdict is Verdict.BLOCKED
    assert dict(pair_judgements(Mode.PASSIVE, cells))[4, Tls.NONE].verdict is Verdict.WORKS


def test_untested_pairs_do_not_speak() -> None:
    """A pair that never got as far as a test says nothing about the mode."""
    cells = [_cell(Method.EPSV, Verdict.WORKS), _cell(Method.EPSV, Verdict.UNTESTED, family=6)]
    assert mode_judgement(Mode.PASSIVE, cells).verdict is Verdict.WORKS


def test_nothing_tested() -> None:
    """A mode without any cell is untested, not working."""
    assert mode_judgement(Mode.ACTIVE, []).verdict is Verdict.UNTESTED


def test_doubt_beats_blocked_among_methods() -> None:
    """A method that could not be judged may work, so the mode is not called blocked."""
    cells = [_cell(Method.PASV, Verdict.BLOCKED, "passive-port-dropped"), _cell(Method.EPSV, Verdict.UNKNOWN)]
    assert mode_judgement(Mode.PASSIVE, cells).verdict is Verdict.UNKNOWN


def test_causes_of_all_that_share_the_verdict() -> None:
    """The causes are those behind the verdict that won, each once."""
    judgements = [
        Judgement(verdict=Verdict.BLOCKED, causes=("a", "b")),
        Judgement(verdict=Verdict.REFUSED, causes=("c",)),
        Judgement(verdict=Verdict.BLOCKED, causes=("b",)),
    ]
    assert combined(judgements, WORST_FIRST) == Judgement(verdict=Verdict.BLOCKED, causes=("a", "b"))
