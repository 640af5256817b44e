"""A diagnosis -> text: what a format is, and how one is declared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from ftpdiag.model import Diagnosis
from ftpdiag.report.look import Look
from ftpdiag.report.requirements import Requirement


class Renderer(Protocol):
    """A pure function from what was found, how the reader sees it, and what the reader required."""

    def __call__(self, diagnosis: Diagnosis, look: Look, required: tuple[Requirement, ...] = (), /) -> str:
        """The whole report, ending in a newline."""


class Format(Struct, frozen=True, kw_only=True):
    """A declared format."""

    name: str
    """The word for `--format`."""
    render: Renderer


def report_format(*, name: str) -> Callable[[Renderer], Format]:
    """Declare the format `name` around its renderer."""

    def declare(render: Renderer) -> Format:
        return Format(name=name, render=render)

    return declare
