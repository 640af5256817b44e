"""Answers that are remembered by the tuple that they are of."""

from __future__ import annotations

from ftpdiag.clues.remembered import remembered
from ftpdiag.model import DataChannel
from tests.hand_built import active, passive


def test_each_tuple_is_asked_about_once() -> None:
    """The same tuple has an answer by then; an equal one, or another argument, is another question."""
    asked = []

    @remembered(kinds=2)
    def count(those: tuple[DataChannel, ...], more: int) -> int:
        asked.append(those)
        return len(those) + more

    channels = (passive(), active())
    equal = (*channels[:1], *channels[1:])
    assert equal == channels
    assert [count(channels, 1), count(channels, 1), count(channels, 2), count(equal, 1)] == [3, 3, 4, 3]
    assert len(asked) == 3
    assert asked[-1] is equal
