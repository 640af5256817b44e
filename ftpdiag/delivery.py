"""A recording -> the report in its reader's hands, and the exit code. How and where is checked before the work."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from ftpdiag.cause import Cause
from ftpdiag.destination import STANDARD_OUTPUT, Destination, shown
from ftpdiag.diagnosis import diagnose
from ftpdiag.discovery import declarations
from ftpdiag.facts import derive
from ftpdiag.model import Diagnosis, Recording
from ftpdiag.report.format import Format
from ftpdiag.report.look import Colour, Detail, Look
from ftpdiag.report.requirements import exit_code, requirements
from ftpdiag.report.selection import Selection, selected
from ftpdiag.vocabulary import Exit

_EVERY_SESSION = Selection()

_WIDEST, _NARROWEST = 80, 40
"""Columns that a report is made for, and those below which its packets cannot be drawn."""


class Delivery:
    """One report to come; enter it, and leave it when that was given, or when it will not come."""

    def __init__(
        self, *, format_name: str, output: Path | None, required: Iterable[str], selection: Selection = _EVERY_SESSION
    ) -> None:
        """ValueError or OSError where the reader asks for what cannot be."""
        self._required = requirements(required)
        self._choices = selection.choices()
        self._causes = declarations("ftpdiag.causes", Cause)
        unknown = set(selection.causes) - {one.name for one in self._causes}
        if unknown:
            raise ValueError(f"There is no cause {min(unknown)!r}; `ftpdiag explain` lists them all.")
        known = {one.name: one for one in declarations("ftpdiag.formats", Format)}
        if format_name not in known:
            raise ValueError(f"There is no format {format_name!r}; use one of {', '.join(known)}.")
        self._format = known[format_name]
        self._file = Destination(output) if output not in {None, STANDARD_OUTPUT} else None
        seen = self._file.is_terminal if self._file else sys.stdout.isatty()
        self._look = Look(
            width=_WIDEST if self._file else _width(),
            colour=Colour.ANSI if seen and "NO_COLOR" not in os.environ else Colour.NONE,
            detail=Detail.EVERYTHING if selection.session is not None else Detail.VERDICTS,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file:
            self._file.__exit__(kind, error, trace)

    def judge(self, recording: Recording) -> Diagnosis:
        """Derive and diagnose; what the reader does not want to hear of counts for nothing."""
        diagnosis = diagnose(derive(recording), self._causes)
        return diagnose(selected(diagnosis, self._choices), self._causes) if self._choices else diagnosis

    def give(self, diagnosis: Diagnosis) -> Exit:
        """Render and write. OSError where it cannot be written; a report to a file is then shown."""
        text = self._format.render(diagnosis, self._look, self._required)
        try:
            if self._file:
                with self._file.writing() as file:
                    file.write(text.encode(errors="backslashreplace"))
            else:
                shown(text)
        except OSError:
            if self._file:
                shown(text)
            raise
        return exit_code(diagnosis, self._required)


def _width() -> int:
    """Of the reader's screen, where that is narrower than a report is made for."""
    return max(_NARROWEST, min(_WIDEST, shutil.get_terminal_size((_WIDEST, 24)).columns))
