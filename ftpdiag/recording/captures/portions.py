"""A stream in, its portions out, each with the end of the one before that was not looked at."""

from __future__ import annotations

from collections.abc import Iterator

from ftpdiag.recording.captures.stream import Damaged, Stream

_SIZE = 1 << 20
"""Bytes read at a time: more would not stay in the processor's cache."""


class Portion:
    """Bytes of a stream: `data[at:end]`. Whoever looks at them moves `at` on."""

    def __init__(self) -> None:
        self.data = bytearray(_SIZE)
        self.at = self.end = 0

    def fill(self, stream: Stream) -> bool:
        """Read what comes next behind what is left; whether anything did."""
        left = self.end - self.at
        self.data[:left] = self.data[self.at : self.end]
        if left == len(self.data):
            self.data.extend(bytes(left))
        with memoryview(self.data)[left:] as free:
            size = stream.fill(free)
        self.at, self.end = 0, left + size
        return size > 0


def portions(stream: Stream) -> Iterator[Portion]:
    """One portion, again and again filled. Raises `Damaged` behind the last, also where some of it is left."""
    portion = Portion()
    while portion.fill(stream):
        yield portion
    if portion.end:
        raise Damaged("the file is cut short")
