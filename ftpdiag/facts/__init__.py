"""Recordings -> facts: which sessions there were, which data connections were negotiated, and what became of each.

Pure, and without opinion. "We watched and nobody tried" (ABSENT) is a fact; "we did not watch" is no opening at all.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from ftpdiag.facts import doubled, ends, missing, sessions, vantage
from ftpdiag.facts.beside import beside
from ftpdiag.facts.distance import measured
from ftpdiag.facts.wire import Wire
from ftpdiag.model import (
    Cell,
    ControlSession,
    DataChannel,
    Experiment,
    Facts,
    Mode,
    Recording,
    Retried,
    Retry,
    Source,
    Trial,
    Vantage,
)


def derive(recording: Recording) -> Facts:
    """What the recording shows."""
    facts = ends.derive(recording) if recording.taps else _one_place(recording)
    facts = measured(facts)
    facts = replace(facts, channels=tuple(beside(facts.channels)))
    return replace(facts, samples=tuple(_samples(facts)))


def _one_place(recording: Recording) -> Facts:
    wire = Wire(recording)
    read = list(sessions.from_sockets(recording, wire) if recording.source.target else sessions.from_packets(wire))
    known = tuple(session for session, _ in read)
    channels = tuple(channel for _, channels in read for channel in channels)
    if not recording.source.target and len(known) == len(wire.calls):
        channels = tuple(replace(channel, left_out=True) for channel in channels)
    retried = tuple(_retried(recording, wire))
    if recording.trials:
        again = {id(one): replace(one, retries=_of_the_same(one, retried)) for one in known}
        known = tuple(again.values())
        channels = tuple(_tried(one, again[id(one.session)], recording.trials, retried) for one in channels)
    place = vantage.common(session.place for session in known)
    return Facts(
        source=_lacking(recording.source, known, channels, wire),
        vantage=place.vantage if place and not wire.placed else recording.vantage,
        vantage_said=recording.vantage if not recording.source.target else Vantage.UNKNOWN,
        vantage_reason=vantage.told(place, recording.vantage) if place else None,
        began=recording.began,
        sessions=known,
        channels=channels,
        retried=retried,
        cut=recording.cut,
        left_behind=recording.left_behind,
        untried=recording.untried,
        expiring=wire.expiring,
        unresolved=recording.unresolved,
        ended=wire.ended,
    )


def _retried(recording: Recording, wire: Wire) -> Iterator[Retried]:
    """The sessions of experiments, known like those of the first round."""
    retries = [one for one in recording.trials if isinstance(one, Retry)]
    again = replace(recording, attempts=tuple(one.attempt for one in retries))
    for one, (session, channels) in zip(retries, sessions.from_sockets(again, wire), strict=True):
        yield Retried(experiment=one.experiment, cell=one.cell, change=one.change, session=session, channels=channels)


def _of_the_same(session: ControlSession, retried: tuple[Retried, ...]) -> tuple[Retried, ...]:
    return tuple(one for one in retried if one.session.server == session.server)


def _tried(
    channel: DataChannel, session: ControlSession, trials: tuple[Trial, ...], retried: tuple[Retried, ...]
) -> DataChannel:
    """The channel with what was tried afterwards: one of a mode and family stands for the others of that."""
    like = (channel.mode, session.family)
    return replace(
        channel,
        session=session,
        trials=tuple(one for one in trials if not isinstance(one, Retry) and (one.cell.mode, one.cell.family) == like),
        retries=tuple(one for one in retried if (one.cell.mode, one.cell.family) == like),
    )


def _samples(facts: Facts) -> Iterator[DataChannel]:
    """Of each cell whose data connections opened, one that did not when more were made, with all that is known beside.

    The first passive port of those that were sampled; the first handshake, where each of several failed.
    """
    opened: dict[Cell, DataChannel] = {}
    for channel in facts.channels:
        if channel.opened:
            opened.setdefault(channel.cell, channel)
    again: dict[Cell, list[DataChannel]] = {}
    for one in facts.retried:
        made = [channel for channel in one.channels if channel.mode is Mode.PASSIVE and channel.announced]
        lost = next((channel for channel in made if not channel.opened), None)
        if one.experiment is Experiment.PORT_SAMPLES and one.cell in opened and lost:
            yield _beside(lost, opened.pop(one.cell))
        elif one.experiment is Experiment.BOTH_METHODS:
            for channel in made:
                again.setdefault(channel.cell, []).append(channel)
    for cell, made in again.items():
        if cell in opened and len(made) >= _NO_CHANCE and not any(channel.opened for channel in made):
            yield _beside(made[0], opened[cell])


_NO_CHANCE = 3
"""Handshakes that all fail, where the first one passed."""


def _beside(sample: DataChannel, like: DataChannel) -> DataChannel:
    return replace(sample, beside=like.beside, trials=like.trials, retries=like.retries)


def _lacking(
    source: Source, known: tuple[ControlSession, ...], channels: tuple[DataChannel, ...], wire: Wire
) -> Source:
    """The source with what its files lack of the sessions, or have twice; of several files the last one says it."""
    if not source.files:
        return source
    *others, last = source.files
    between = {(session.client, session.server) for session in known}
    controls = (call for call in wire.calls if (call.opener, call.target) in between)
    lacks = [*missing.problems(known), *missing.left_out(channels), *missing.hidden(sessions.unread(wire, between))]
    twice = doubled.cautions(controls, source.files)
    told = replace(last, cautions=(*last.cautions, *twice), problems=(*last.problems, *lacks))
    return replace(source, files=(*others, told))
