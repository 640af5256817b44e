"""Recordings -> facts: which sessions there were, which data connections were negotiated, and what became of each.

Pure, and without opinion. "We watched and nobody tried" (ABSENT) is a fact; "we did not watch" is no opening at all.
"""

from __future__ import annotations

from dataclasses import replace

from ftpdiag.facts import ends, missing, sessions, vantage
from ftpdiag.facts.wire import Wire
from ftpdiag.model import ControlSession, DataChannel, Facts, Recording, Source, Trial


def derive(recording: Recording) -> Facts:
    """What the recording shows."""
    if recording.taps:
        return ends.derive(recording)
    wire = Wire(recording)
    read = list(sessions.from_sockets(recording, wire) if recording.source.target else sessions.from_packets(wire))
    known = tuple(session for session, _ in read)
    channels = tuple(channel for _, channels in read for channel in channels)
    if not recording.source.target and len(known) == len(wire.connections):
        channels = tuple(replace(channel, left_out=True) for channel in channels)
    place = vantage.common(session.place for session in known)
    return Facts(
        source=_lacking(recording.source, known, channels),
        vantage=place.vantage if place else recording.vantage,
        vantage_reason=place.reason if place else None,
        began=recording.began,
        sessions=known,
        channels=tuple(_tried(channel, recording.trials) for channel in channels),
        untried=recording.untried,
        expiring=wire.expiring,
        unresolved=recording.unresolved,
        ended=max((packet.at for packet in recording.packets), default=float("inf")),
    )


def _tried(channel: DataChannel, trials: tuple[Trial, ...]) -> DataChannel:
    """The channel with what was tried afterwards: one of a mode and family stands for the others of that."""
    like = (channel.mode, channel.session.family)
    return replace(channel, trials=tuple(one for one in trials if (one.cell.mode, one.cell.family) == like))


def _lacking(source: Source, known: tuple[ControlSession, ...], channels: tuple[DataChannel, ...]) -> Source:
    """The source with what its files lack of the sessions; of several files the last one says it."""
    if not source.files:
        return source
    *others, last = source.files
    lacks = (*missing.problems(known), *missing.left_out(channels))
    return replace(source, files=(*others, replace(last, problems=(*last.problems, *lacks))))
