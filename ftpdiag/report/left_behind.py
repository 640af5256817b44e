"""Facts -> a sentence about each server that may still hold what a probe has uploaded."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from ftpdiag.model import Facts, Leftover


def left_behind(facts: Facts) -> Iterator[str]:
    """Which files, and why they were not deleted."""
    for (server, answer), those in groupby(facts.left_behind, key=_whose):
        names = [one.path for one in those]
        why = f"the server says “{answer}”" if answer else "no session could be had for that"
        what = "An upload" if len(names) == 1 else "Uploads"
        them = "it" if len(names) == 1 else "them"
        yield f"{what} of this probe may still be on {server}, for {why}; delete {them}: {', '.join(names)}."


def _whose(one: Leftover) -> tuple[str, str | None]:
    return one.server, one.answer
