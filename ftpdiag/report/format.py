"""A diagnosis -> text: what a format is, and how one is declared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ftpdiag.model import Diagnosis
from ftpdiag.report.look import Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A declared format."""

    name: str
    """The word for `--format`."""
    render: Callable[[Diagnosis, Look], str]
    """The whole report, ending in a newline."""


def report_format(*, name: str) -> Callable[[Callable[[Diagnosis, Look], str]], Format]:
    """Declare the format `name` around its renderer, a pure function."""

    def declare(render: Callable[[Diagnosis, Look], str]) -> Format:
        return Format(name=name, render=render)

    return declare
