"""A question about all channels between two hosts -> the same, answered once for all of them.

A capture asks it with each of its channels, and they share one tuple. A tuple is known by being that one: to compare
thousands would take too long.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar, TypeVarTuple

from ftpdiag.model import DataChannel

PAIRS = 256
"""Pairs of hosts of which answers are remembered."""

_Channels = tuple[DataChannel, ...]
_Ts = TypeVarTuple("_Ts")
_R = TypeVar("_R")


class _Same:
    def __init__(self, those: _Channels) -> None:
        self.those = those

    def __hash__(self) -> int:
        return id(self.those)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.those is other.those


def remembered(kinds: int = 1) -> Callable[[Callable[[_Channels, *_Ts], _R]], Callable[[_Channels, *_Ts], _R]]:
    """Decorate a question that is asked in so many `kinds` of each pair of hosts."""

    def decorate(question: Callable[[_Channels, *_Ts], _R]) -> Callable[[_Channels, *_Ts], _R]:
        @lru_cache(maxsize=kinds * PAIRS)
        def answer(same: _Same, rest: tuple[*_Ts]) -> _R:
            return question(same.those, *rest)

        return lambda those, *rest: answer(_Same(those), rest)

    return decorate
