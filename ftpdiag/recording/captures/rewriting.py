"""One side of a control connection, and what to change of what it said -> its segments as if that had been said.

Where what is said grows or shrinks, sequence and acknowledgment numbers move with it, as behind a NAT with a helper.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple

from ftpdiag.recording.frames.blanking import Half
from ftpdiag.tcp import after

_WRAP = 1 << 32


class Edit(NamedTuple):
    """Bytes from `start` to `stop` become `text`."""

    start: int
    stop: int
    text: bytes


class Rewritten:
    """What a side says instead. `first` is the sequence number of its first byte."""

    def __init__(self, half: Half, edits: Callable[[bytes, bool], Iterable[Edit]]) -> None:
        """`edits` gets bytes without a gap, and whether bytes are missing before them."""
        self._first = half.first
        self._runs: list[tuple[int, bytes]] = []
        changes: list[Edit] = []
        for start, text, missing in half.runs():
            own = list(apart(edits(text, missing)))
            changes += (Edit(start + one.start, start + one.stop, one.text) for one in own)
            self._runs.append((start, text))
        self._edits = changes
        self._starts = [one.start for one in changes]
        self._shifts = [0, *accumulate(len(one.text) - (one.stop - one.start) for one in changes)]

    @property
    def shifts(self) -> bool:
        """Whether anything grows or shrinks."""
        return any(self._shifts)

    def seq(self, seq: int) -> int:
        """The sequence number that stands for another."""
        return (self._first + self._place(after(seq, self._first))) % _WRAP

    def length(self, seq: int, length: int) -> int:
        """How many bytes a segment's payload has then."""
        offset = after(seq, self._first)
        return self._place(offset + length) - self._place(offset)

    def payload(self, seq: int, payload: bytes) -> bytes:
        """What a segment carries then."""
        offset = after(seq, self._first)
        end = offset + len(payload)
        told, at = b"", offset
        for index in range(max(0, bisect_right(self._starts, offset) - 1), bisect_left(self._starts, end)):
            edit = self._edits[index]
            if edit.stop <= offset:
                continue
            told += payload[at - offset : max(edit.start, at) - offset]
            told += edit.text[self._inside(edit, offset) : self._inside(edit, end)]
            at = min(edit.stop, end)
        return told + payload[at - offset :]

    def _place(self, offset: int) -> int:
        index = bisect_right(self._starts, offset) - 1
        if index < 0:
            return offset
        edit = self._edits[index]
        if offset < edit.stop:
            return edit.start + self._shifts[index] + self._inside(edit, offset)
        return offset + self._shifts[index + 1]

    @staticmethod
    def _inside(edit: Edit, offset: int) -> int:
        """How much of an edit's text stands for what it replaces up to `offset`."""
        return len(edit.text) if offset >= edit.stop else min(max(0, offset - edit.start), len(edit.text))


def apart(edits: Iterable[Edit]) -> Iterator[Edit]:
    """In order; of two that overlap the first, or the longer one where both begin at the same place.

    Where the other hides byte for byte, it hides behind that one what is left.
    """
    end = 0
    for edit in sorted(edits, key=lambda one: (one.start, -one.stop)):
        if edit.start >= end:
            yield edit
        elif edit.stop > end and len(edit.text) == edit.stop - edit.start:
            yield Edit(end, edit.stop, edit.text[end - edit.start :])
        end = max(end, edit.stop)
