"""A diagnosis -> its sessions, each with its channels, their judgements, and the causes behind them."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from ftpdiag.model import ControlSession, DataChannel, Diagnosis, Judgement, Method, Mode, Verdict
from ftpdiag.verdicts import BEST_FIRST, FAILED, WORST_FIRST, combined

Channels = tuple[tuple[DataChannel, Judgement], ...]


class Judged(Struct, frozen=True, kw_only=True):
    """A session, and what is thought of it."""

    session: ControlSession
    channels: Channels
    causes: tuple[str, ...]
    """Of its findings that explain a verdict, its channels' ones among them."""
    remarks: tuple[str, ...]
    """Of those that do not."""
    modes: Mapping[Mode, Verdict | None]

    def verdict(self, mode: Mode) -> Verdict | None:
        """The best of the mode's methods; none: data connections opened, and what came of them is encrypted."""
        return self.modes[mode]

    @property
    def verdicts(self) -> frozenset[Verdict]:
        """Of the modes that it tried; UNTESTED where it tried none."""
        told = frozenset(one for one in self.modes.values() if one)
        untested = frozenset({Verdict.UNTESTED})
        return told - untested or untested

    @property
    def faulty(self) -> bool:
        """Something went wrong, and a cause or a verdict says so."""
        return bool(self.causes) or not FAILED.isdisjoint(self.modes.values())


def _verdict(channels: Channels) -> Verdict | None:
    """Of the data connections of one mode."""
    methods: dict[Method, list[Judgement]] = {}
    for channel, judgement in channels:
        if not channel.veiled:
            methods.setdefault(channel.method, []).append(judgement)
    if channels and not methods:
        return None
    return combined([combined(one, WORST_FIRST) for one in methods.values()], BEST_FIRST).verdict


def _modes(channels: Channels) -> Mapping[Mode, Verdict | None]:
    own: dict[Mode, list[tuple[DataChannel, Judgement]]] = {mode: [] for mode in Mode}
    for channel, judgement in channels:
        own[channel.mode].append((channel, judgement))
    return {mode: _verdict(tuple(some)) if some else Verdict.UNTESTED for mode, some in own.items()}


def judged(diagnosis: Diagnosis) -> tuple[Judged, ...]:
    """In the order of the sessions; in time that grows with their number."""
    channels: dict[int, list[tuple[DataChannel, Judgement]]] = {}
    for channel, judgement in zip(diagnosis.facts.channels, diagnosis.channels, strict=True):
        channels.setdefault(id(channel.session), []).append((channel, judgement))
    causes: dict[int, dict[str, None]] = {}
    remarks: dict[int, dict[str, None]] = {}
    for finding in diagnosis.findings:
        told = remarks if finding.verdict is None else causes
        for subject in finding.subjects:
            session = subject.session if isinstance(subject, DataChannel) else subject
            told.setdefault(id(session), {})[finding.cause] = None
    return tuple(
        Judged(
            session=session,
            channels=tuple(channels.get(id(session), ())),
            causes=tuple(causes.get(id(session), ())),
            remarks=tuple(remarks.get(id(session), ())),
            modes=_modes(tuple(channels.get(id(session), ()))),
        )
        for session in diagnosis.facts.sessions
    )
