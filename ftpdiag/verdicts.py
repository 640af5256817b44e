"""Judgements -> one judgement: which verdict speaks for several."""

from __future__ import annotations

from collections.abc import Iterable

from ftpdiag.model import Cell, Judgement, Mode, Tls, Verdict

Pair = tuple[int, Tls]
"""The family and the encryption that a user cannot choose freely: a mode has to work in each pair on its own."""

WORST_FIRST = (
    Verdict.BLOCKED,
    Verdict.BROKEN,
    Verdict.REFUSED,
    Verdict.UNKNOWN,
    Verdict.UNTESTED,
    Verdict.WORKS,
)

BEST_FIRST = (
    Verdict.WORKS,
    # Could tell nothing about one method: it may work, so the mode is not called blocked.
    Verdict.UNKNOWN,
    Verdict.BLOCKED,
    Verdict.BROKEN,
    Verdict.REFUSED,
    Verdict.UNTESTED,
)

FAILED = frozenset({Verdict.BLOCKED, Verdict.REFUSED, Verdict.BROKEN})
"""A verdict was reached, and it is not that it works."""


def combined(judgements: Iterable[Judgement], order: tuple[Verdict, ...]) -> Judgement:
    """The verdict that comes first in `order`, with the causes of all that share it; UNTESTED of none."""
    everything = tuple(judgements)
    verdict = min((judgement.verdict for judgement in everything), key=order.index, default=Verdict.UNTESTED)
    causes = (name for judgement in everything if judgement.verdict is verdict for name in judgement.causes)
    return Judgement(verdict=verdict, causes=tuple(dict.fromkeys(causes)))


def pair_judgements(mode: Mode, cells: Iterable[tuple[Cell, Judgement]]) -> tuple[tuple[Pair, Judgement], ...]:
    """The best of a mode's methods within each (family, TLS) pair: a client may pick any of them."""
    pairs: dict[Pair, list[Judgement]] = {}
    for cell, judgement in cells:
        if cell.mode is mode:
            pairs.setdefault((cell.family, cell.tls), []).append(judgement)
    return tuple((pair, combined(judgements, BEST_FIRST)) for pair, judgements in pairs.items())


def mode_judgement(mode: Mode, cells: Iterable[tuple[Cell, Judgement]]) -> Judgement:
    """The best of a mode's methods within a (family, TLS) pair, and the worst over the pairs that were tested."""
    best = [judgement for _, judgement in pair_judgements(mode, cells)]
    tested = [judgement for judgement in best if judgement.verdict is not Verdict.UNTESTED]
    return combined(tested or best, WORST_FIRST)
