"""Standard input, perhaps of a capture that still runs -> its bytes up to its end, or to Ctrl-C."""

from __future__ import annotations

import io
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, cast

from ftpdiag.recording.captures.stream import Unreadable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_LAST = 0.5
"""Seconds that are waited for what a capture hands out at its end: Ctrl-C stops it at the same time."""


class _UntilStopped(io.RawIOBase):
    """A file descriptor that ends a moment after `stop` can be read."""

    def __init__(self, source: int, stop: int) -> None:
        self._source, self._stop = source, stop
        self._until: float | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        while True:
            left = None if self._until is None else max(0.0, self._until - time.monotonic())
            if left == 0.0:
                return 0
            watched = [self._source] if left else [self._source, self._stop]
            ready, _, _ = select.select(watched, (), (), left)
            if self._stop in ready:
                self._until = time.monotonic() + _LAST
            elif ready:
                return os.readv(self._source, [buffer])


@contextmanager
def opened() -> Iterator[io.BufferedReader]:
    """Within, Ctrl-C ends standard input and nothing else; a second one is meant for the program.

    `Unreadable`: it is closed, or somebody's keyboard.
    """
    if sys.stdin is None or sys.stdin.isatty():
        why = "closed" if sys.stdin is None else "your terminal"
        raise Unreadable(
            f"Standard input cannot be read, for it is {why}: pipe a capture into it, as in "
            "`tcpdump -i any -w - host SERVER | ftpdiag replay -`."
        )
    stdin = cast("io.BufferedReader", sys.stdin.buffer)
    try:
        source = stdin.fileno()
    except io.UnsupportedOperation:
        source = -1
    if source < 0 or threading.current_thread() is not threading.main_thread():
        yield stdin
        return
    asked, ask = os.pipe()

    def stop(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, before)
        os.write(ask, b".")

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield io.BufferedReader(_UntilStopped(source, asked))
    finally:
        signal.signal(signal.SIGINT, before)
        os.close(asked)
        os.close(ask)
