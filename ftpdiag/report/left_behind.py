"""What a probe may have left behind -> a sentence about each server that may still hold it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from ftpdiag.model import Leftover


def left_behind(uploads: Iterable[Leftover], *, unasked: str = "no session could be had for that") -> Iterator[str]:
    """Which files, and why they were not deleted; `unasked`: of those that the server was not told to delete."""
    for (server, answer), those in groupby(uploads, key=_whose):
        names = [one.path for one in those]
        why = f"the server says “{answer}”" if answer else unasked
        what = "An upload" if len(names) == 1 else "Uploads"
        them = "it" if len(names) == 1 else "them"
        yield f"{what} of this probe may still be on {server}, for {why}; delete {them}: {', '.join(names)}."


def _whose(one: Leftover) -> tuple[str, str | None]:
    return one.server, one.answer
