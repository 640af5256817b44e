"""What is wrong, how that is known, and who must do what."""

from __future__ import annotations

from msgspec import Struct

from ftpdiag.model.attempts import Cell
from ftpdiag.model.facts import ControlSession, DataChannel, Facts
from ftpdiag.model.trials import Doubt
from ftpdiag.vocabulary import Confidence, Experiment, Location, Mode, Tls, Verdict, View


class Evidence(Struct, frozen=True, kw_only=True):
    """One observation a finding rests on."""

    text: str
    at: float | None = None
    packet: int | None = None
    line: str | None = None
    """The reply or command it quotes."""
    view: View | None = None
    """Whose tap numbered the packet, where several did."""


class Remedy(Struct, frozen=True, kw_only=True):
    """Who must change what. `who`: client, server, or network (whoever runs the device in between)."""

    who: str
    product: str
    text: str
    mode: Mode | None = None
    """The mode that it goes over to: no remedy where that one fails too."""
    tls: Tls | None = None
    """The encryption that it needs: no remedy for sessions with another."""


class Alternative(Struct, frozen=True, kw_only=True):
    """Another cause the evidence allows, and the handshake that would tell them apart."""

    cause: str
    settle_with: str


class Finding(Struct, frozen=True, kw_only=True):
    """One fault, with all that shows it."""

    cause: str
    title: str
    verdict: Verdict | None
    """What it makes of its channels; none for information."""
    mode: Mode | None
    """None: the control connection."""
    location: Location
    hop: int | None
    """The device's; where the location is unknown, the last one that is passed."""
    confidence: Confidence
    summary: str
    evidence: tuple[Evidence, ...]
    remedies: tuple[Remedy, ...]
    alternatives: tuple[Alternative, ...]
    settle_with: tuple[Experiment, ...] = ()
    """What would tell more, and has not been tried."""
    subjects: tuple[ControlSession | DataChannel, ...]
    shown: ControlSession | DataChannel | None = None
    """The one of an experiment in which it happened; none: it happened in the subjects."""


class Judgement(Struct, frozen=True, kw_only=True):
    """A verdict and the causes behind it."""

    verdict: Verdict
    causes: tuple[str, ...] = ()


class Diagnosis(Struct, frozen=True, kw_only=True):
    """Facts with an opinion. Channels are judged in the order of `facts.channels`."""

    facts: Facts
    findings: tuple[Finding, ...]
    channels: tuple[Judgement, ...]
    cells: tuple[tuple[Cell, Judgement], ...]
    modes: tuple[tuple[Mode, Judgement], ...]
    doubts: tuple[Doubt, ...] = ()
    """What the findings want tried: each experiment once for each family and mode, without TLS if there is a
    choice."""
