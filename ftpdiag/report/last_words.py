"""A diagnosis -> sentences about each cell that could not be judged, or was not tested: what was asked and answered."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from ftpdiag.model import Cell, ControlSession, Diagnosis, Verdict
from ftpdiag.senseless import uninformative

_LEAVING = "QUIT"
_MOST = 3
"""Sessions of a cell that are quoted."""


def last_words(diagnosis: Diagnosis) -> Iterator[str]:
    """Of cells without a cause; a cell with one has evidence that says more."""
    unclear = [cell for cell, judgement in diagnosis.cells if judgement.verdict is Verdict.UNKNOWN]
    explained = {cell for cell, judgement in diagnosis.cells if judgement.causes}
    cells: dict[Cell, dict[int, ControlSession]] = {}
    for cell, session in chain(_with_channels(diagnosis), _alone(diagnosis)):
        if cell in unclear and cell not in explained:
            cells.setdefault(cell, {})[id(session)] = session
    yield from _asked_in_vain(diagnosis)
    for cell, sessions in cells.items():
        for session in islice(sessions.values(), _MOST):
            yield f"{cell.method} over IPv{cell.family} (TLS: {cell.tls}) could not be judged. {_said(session)}"


def _asked_in_vain(diagnosis: Diagnosis) -> Iterator[str]:
    """Cells of which nothing is known but a command that a server rightly declines."""
    untested = {cell for cell, judgement in diagnosis.cells if judgement.verdict is Verdict.UNTESTED}
    for channel in diagnosis.facts.channels:
        cell, asked = channel.cell, channel.negotiation
        if cell in untested and asked.final and uninformative(channel):
            untested.remove(cell)
            yield (
                f"{cell.method} over IPv{cell.family} (TLS: {cell.tls}) was not tested: any server may decline "
                f"`{asked.line}` in such a session. The answer was “{asked.final.lines[0]}”."
            )


def _with_channels(diagnosis: Diagnosis) -> Iterator[tuple[Cell, ControlSession]]:
    for channel, judgement in zip(diagnosis.facts.channels, diagnosis.channels, strict=True):
        if judgement.verdict is Verdict.UNKNOWN:
            yield channel.cell, channel.session


def _alone(diagnosis: Diagnosis) -> Iterator[tuple[Cell, ControlSession]]:
    """Sessions that never got to negotiate."""
    negotiated = {id(channel.session) for channel in diagnosis.facts.channels}
    for session in diagnosis.facts.sessions:
        if session.cell and session.logged_in and id(session) not in negotiated:
            yield session.cell, session


def _said(session: ControlSession) -> str:
    commands = [one for one in session.exchanges if one.verb not in {"", _LEAVING}]
    if not commands:
        return session.hangup.detail if session.hangup else "Nothing was asked."
    last = commands[-1]
    asked = f"The last command was `{last.line}`"
    if last.replies:
        asked += f"; the answer was “{last.replies[-1].lines[0]}”"
    elif session.hangup is None:
        asked += "; no reply came"
    return f"{asked}. {session.hangup.detail}" if session.hangup else f"{asked}."
