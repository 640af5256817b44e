"""A diagnosis of captures of several ends -> the sentences that say how they belong together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations

from ftpdiag.model import ControlSession, Diagnosis, View
from ftpdiag.report.captures import seen_as

LETTERS = {View.CLIENT_WIRE: "C", View.MIDDLE_WIRE: "M", View.SERVER_WIRE: "S"}
"""Before a packet's number, where several captures count."""


def belonging(diagnosis: Diagnosis) -> Iterator[str]:
    """Clocks, addresses, and what only one of them holds."""
    files = [file for file in diagnosis.facts.source.files if file.view]
    for file in files:
        if file.shift:
            ahead = "ahead of" if file.shift > 0 else "behind"
            by = _seconds(abs(file.shift))
            yield f"{file.path}: its clock is {by} {ahead} that of {files[0].path}, by which all times are told."
    sessions = diagnosis.facts.sessions
    for file in files:
        if not file.packets:
            yield f"{file.path} holds no packet: nothing that passed there fitted its filter.{_seen_from(diagnosis)}"
    yield from dict.fromkeys(sentence for session in sessions for sentence in _translated(session))
    alone = Counter(session.sights[0].view for session in sessions if len(session.sights) == 1)
    for view, count in alone.items():
        yield f"{count} session{'s'[: count != 1]} {'is' if count == 1 else 'are'} in {view.capture} only."


def _seen_from(diagnosis: Diagnosis) -> str:
    """A filter for the client's own address fits nothing behind a NAT."""
    facts = diagnosis.facts
    translated = {
        (one.client.host, seen)
        for one in facts.sessions
        if one.client and (seen := seen_as(one, facts)) and seen != one.client.host
    }
    return "".join(f" The server sees the client {own} as {seen}." for own, seen in sorted(translated))


def _translated(session: ControlSession) -> Iterator[str]:
    for first, other in combinations(session.sights, 2):
        for who, here, there in (("client", first.client, other.client), ("server", first.server, other.server)):
            if here.host != there.host:
                yield f"A NAT lies between: the {who} {here.host} is {there.host} in {other.view.capture}."


def _seconds(value: float) -> str:
    return f"{value:.3f} s" if value >= 0.001 else f"{value * 1e6:.0f} µs"
