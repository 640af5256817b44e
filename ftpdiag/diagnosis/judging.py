"""What was found -> a judgement of each channel and each cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from itertools import chain

from ftpdiag.cause import Extent
from ftpdiag.diagnosis.standing import Findings, Found
from ftpdiag.model import Cell, ControlSession, DataChannel, Facts, Judgement, Mode, Verdict
from ftpdiag.senseless import uninformative
from ftpdiag.verdicts import WORST_FIRST, combined


def judged_channel(channel: DataChannel, found: Findings, tried: AbstractSet[tuple[int, Mode]]) -> Judgement:
    """`tried`: the sessions, and their modes, of which more is known than that they were given up at once."""
    mine = [one for one in found.about(channel) if not _came_after(one, channel)]
    verdict = _worst(mine)
    if verdict is None and channel.completed:
        verdict = Verdict.WORKS
    elif verdict is None:
        given_up = channel.let_go or (channel.unused and (id(channel.session), channel.mode) in tried)
        given_up = given_up or uninformative(channel)
        verdict = Verdict.UNTESTED if given_up else Verdict.UNKNOWN
    return Judgement(verdict=verdict, causes=_causes(mine))


def _came_after(one: Found, channel: DataChannel) -> bool:
    """In a capture: it befell the session when this transfer was done, and says nothing of it."""
    final = channel.transfer.final if channel.transfer and channel.completed else None
    if final is None or one.subject is channel or channel.session.method is not None:
        return False
    times = [seen.at for seen in one.grounds.evidence if seen.at is not None]
    return bool(times) and min(times) > final.at


def _judged_session(session: ControlSession, found: Findings) -> Judgement:
    """A session that never got to negotiate: untested without a login, else what stopped it there."""
    mine = found.on(session)
    stopped = _worst(mine) or Verdict.UNKNOWN
    return Judgement(verdict=stopped if session.logged_in else Verdict.UNTESTED, causes=_causes(mine))


def _worst(found: Iterable[Found]) -> Verdict | None:
    """None: all of it is information."""
    return min((one.verdict for one in found if one.verdict is not None), key=WORST_FIRST.index, default=None)


def _causes(found: Iterable[Found]) -> tuple[str, ...]:
    """What is behind a verdict. Information is behind none."""
    return tuple(dict.fromkeys(one.cause.name for one in found if one.verdict is not None))


def judged_cells(facts: Facts, channels: Iterable[Judgement], found: Findings) -> tuple[tuple[Cell, Judgement], ...]:
    """The worst of each cell: of its data connections, or of sessions that never got so far as to negotiate one."""
    collected: dict[Cell, list[Judgement]] = {}
    for cell, judgement in chain(_of_channels(facts, channels, found), _of_sessions(facts, found)):
        collected.setdefault(cell, []).append(judgement)
    cells = {}
    for cell, judgements in collected.items():
        tested = [one for one in judgements if one.verdict is not Verdict.UNTESTED]
        cells[cell] = combined(tested or judgements, WORST_FIRST)
    return tuple(_shared(cells, found))


def _of_channels(facts: Facts, channels: Iterable[Judgement], found: Findings) -> Iterator[tuple[Cell, Judgement]]:
    samples = ((one, judged_channel(one, found, frozenset())) for one in facts.samples)
    for channel, judgement in chain(zip(facts.channels, channels, strict=True), samples):
        if not channel.veiled:
            yield channel.cell, judgement


def _of_sessions(facts: Facts, found: Findings) -> Iterator[tuple[Cell, Judgement]]:
    negotiated = {id(channel.session) for channel in facts.channels}
    for session in facts.sessions:
        if session.cell and id(session) not in negotiated:
            yield session.cell, _judged_session(session, found)
    for cell in facts.untried:
        yield cell, Judgement(verdict=Verdict.UNTESTED)
        for session in facts.sessions:
            if (session.family, session.tls) == (cell.family, cell.tls):
                yield cell, _judged_session(session, found)


def _shared(cells: dict[Cell, Judgement], found: Findings) -> Iterator[tuple[Cell, Judgement]]:
    """What works only by luck is judged like what does not."""
    wide = {one.cause.name for one in found.all if one.cause.extent is Extent.MODE}
    blighted = {(cell.mode, cell.family): one for cell, one in cells.items() if wide & set(one.causes)}
    for cell, judgement in cells.items():
        works = judgement.verdict is Verdict.WORKS
        yield cell, blighted.get((cell.mode, cell.family), judgement) if works else judgement
