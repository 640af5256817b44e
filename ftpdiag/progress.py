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


class Place:
    """How far the reading has come, of one file after the other or of several at a time."""

    def __init__(self) -> None:
        self._read = 0
        """Bytes of the files that were read to their ends."""
        self._sizes: dict[int, int] = {}
        """Of the others, by descriptors of our own: these share the place, and nobody else closes them."""
        self._lock = threading.Lock()
        self._over = False

    def begun(self, file: BufferedReader) -> None:
        """A file is read from now on."""
        with self._lock:
            self._settle()
            if not self._over:
                self._sizes[os.dup(file.fileno())] = os.fstat(file.fileno()).st_size

    def _settle(self) -> None:
        for descriptor, size in list(self._sizes.items()):
            with suppress(OSError):  # a pipe has no place
                if os.lseek(descriptor, 0, os.SEEK_CUR) >= size:
                    self._read += self._sizes.pop(descriptor)
                    os.close(descriptor)

    @property
    def bytes(self) -> int:
        """Read so far. OSError: of a pipe there is no telling."""
        with self._lock:
            return self._read + sum(os.lseek(descriptor, 0, os.SEEK_CUR) for descriptor in self._sizes)

    def over(self) -> None:
        """Nothing is read any more, or nobody waits for it."""
        with self._lock:
            for descriptor in self._sizes:
                os.close(descriptor)
            self._sizes.clear()
            self._over = True


@contextmanager
def reading(total: int | None) -> Iterator[Callable[[BufferedReader], None]]:
    """Yields the function to tell: which file is read now. `total`: bytes of all files; none: nobody knows.

    What is read within a moment shows nothing.
    """
    over, place = threading.Event(), Place()
    watcher = threading.Thread(target=_watch, args=(over, place, total), daemon=True)
    watcher.start()
    try:
        yield place.begun
    finally:
        over.set()
        watcher.join()
        place.over()


def _watch(over: threading.Event, place: Place, total: int | None) -> None:
    if over.wait(_MOMENT):
        return
    bar = (BarColumn(), DownloadColumn()) if total else ()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), *bar, TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading the capture", total=total)
        while not over.wait(_REFRESH):
            with suppress(OSError):
                progress.update(task, completed=place.bytes)
