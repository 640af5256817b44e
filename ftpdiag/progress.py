"""What each handshake waits for, shown on a terminal while it waits; gone when the report comes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


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
