"""A stream in, its portions out: the next one is read while the last is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from queue import SimpleQueue
from threading import Thread

from ftpdiag.recording.stream import Stream

_PORTION = 1 << 20
"""Bytes read at a time: more would not stay in the processor's cache."""

_ROOM = 1 << 17
"""Bytes in front of a portion, where the cut end of the one before is put: longer than nearly every packet."""

_BUFFERS = 3
"""One is looked at, one is full, one is being filled."""


class Portion:
    """Bytes of the stream: `data[start:end]`."""

    def __init__(self) -> None:
        self.data = bytearray(_ROOM + _PORTION)
        self.start = self.end = _ROOM

    def fill(self, stream: Stream) -> bool:
        """Read what comes next; whether anything did."""
        with memoryview(self.data)[_ROOM:] as free:
            size = stream.fill(free)
        self.start, self.end = _ROOM, _ROOM + size
        return size > 0

    def follow(self, rest: bytearray) -> None:
        """Put the end of the portion before in front."""
        if len(rest) <= _ROOM:
            self.start = _ROOM - len(rest)
            self.data[self.start : _ROOM] = rest
        else:
            self.data = rest + self.data[_ROOM : self.end]
            self.start, self.end = 0, len(self.data)


def portions(stream: Stream) -> Iterator[Portion]:
    """The portions of a stream; whoever takes one is done with the one before. Raises `Damaged` behind the last one."""
    free: SimpleQueue[Portion | None] = SimpleQueue()
    full: SimpleQueue[Portion | Exception | None] = SimpleQueue()
    for _ in range(_BUFFERS):
        free.put(Portion())
    Thread(target=_read, args=(stream, free, full), daemon=True).start()
    try:
        while portion := full.get():
            if isinstance(portion, Exception):
                raise portion
            yield portion
            free.put(portion)
    finally:
        free.put(None)


def _read(stream: Stream, free: SimpleQueue[Portion | None], full: SimpleQueue[Portion | Exception | None]) -> None:
    try:
        while portion := free.get():
            if not portion.fill(stream):
                full.put(None)
                return
            full.put(portion)
    except Exception as error:  # noqa: BLE001 - raised again where the portions are looked at
        full.put(error)
