"""A diagnosis -> its sessions, each with its channels, their judgements, and the causes behind them."""

from __future__ import annotations

from dataclasses import dataclass

from ftpdiag.model import ControlSession, DataChannel, Diagnosis, Judgement, Method, Mode, Verdict
from ftpdiag.verdicts import BEST_FIRST, WORST_FIRST, combined

Channels = tuple[tuple[DataChannel, Judgement], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A session, and what is thought of it."""

    session: ControlSession
    channels: Channels
    causes: tuple[str, ...]
    """Of its findings that explain a verdict, its channels' ones among them."""

    def verdict(self, mode: Mode) -> Verdict | None:
        """The best of the mode's methods; none: data connections opened, and what came of them is encrypted."""
        own = [(channel, judgement) for channel, judgement in self.channels if channel.mode is mode]
        methods: dict[Method, list[Judgement]] = {}
        for channel, judgement in own:
            if not channel.veiled:
                methods.setdefault(channel.method, []).append(judgement)
        if own and not methods:
            return None
        return combined((combined(one, WORST_FIRST) for one in methods.values()), BEST_FIRST).verdict

    @property
    def verdicts(self) -> frozenset[Verdict]:
        """Of the modes that it tried; UNTESTED where it tried none."""
        tried = {self.verdict(mode) for mode in Mode} - {Verdict.UNTESTED, None}
        return frozenset(one for one in tried if one) or frozenset({Verdict.UNTESTED})


def judged(diagnosis: Diagnosis) -> tuple[Judged, ...]:
    """In the order of the sessions; in time that grows with their number."""
    channels: dict[int, list[tuple[DataChannel, Judgement]]] = {}
    for channel, judgement in zip(diagnosis.facts.channels, diagnosis.channels, strict=True):
        channels.setdefault(id(channel.session), []).append((channel, judgement))
    causes: dict[int, dict[str, None]] = {}
    for finding in diagnosis.findings:
        for subject in finding.subjects if finding.verdict is not None else ():
            session = subject.session if isinstance(subject, DataChannel) else subject
            causes.setdefault(id(session), {})[finding.cause] = None
    return tuple(
        Judged(
            session=session,
            channels=tuple(channels.get(id(session), ())),
            causes=tuple(causes.get(id(session), ())),
        )
        for session in diagnosis.facts.sessions
    )
