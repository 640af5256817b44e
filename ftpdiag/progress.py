"""What is waited for, shown on a terminal while it is: a handshake, a long capture. Gone when the report comes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

_MOMENT = 0.4
_REFRESH = 0.1
"""Seconds."""


@contextmanager
def showing() -> Iterator[Callable[[str, str], None]]:
    """Yields the function to tell: who (such as `PASV`), and what it does now. Writes to standard error."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.fields[who]:5}"),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        tasks = {}
        lock = threading.Lock()

        def tell(who: str, what: str) -> None:
            with lock:
                if who not in tasks:
                    tasks[who] = progress.add_task(what, who=who, total=None)
            progress.update(tasks[who], description=what)

        yield tell


class _Place:
    """How far the reading has come."""

    def __init__(self) -> None:
        self._before = 0
        self._size = 0
        self._descriptor = -1

    def begun(self, file: BufferedReader) -> None:
        self._before += self._size
        self._descriptor = file.fileno()
        self._size = os.fstat(self._descriptor).st_size

    @property
    def bytes(self) -> int:
        """OSError: of a pipe, or between two files, there is no telling."""
        return self._before + os.lseek(self._descriptor, 0, os.SEEK_CUR)


@contextmanager
def reading(total: int | None) -> Iterator[Callable[[BufferedReader], None]]:
    """Yields the function to tell: which file is read now. `total`: bytes of all files; none: nobody knows.

    What is read within a moment shows nothing.
    """
    over, place = threading.Event(), _Place()
    watcher = threading.Thread(target=_watch, args=(over, place, total), daemon=True)
    watcher.start()
    try:
        yield place.begun
    finally:
        over.set()
        watcher.join()


def _watch(over: threading.Event, place: _Place, total: int | None) -> None:
    if over.wait(_MOMENT):
        return
    bar = (BarColumn(), DownloadColumn()) if total else ()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), *bar, TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading the capture", total=total)
        while not over.wait(_REFRESH):
            with suppress(OSError):
                progress.update(task, completed=place.bytes)
