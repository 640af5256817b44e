"""Facts -> diagnosis: asks every cause about every channel and session, and settles which finding stands.

Which cause overrides which is data on the causes, never a call between them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain
from operator import itemgetter
from string import Template
from typing import Any

from ftpdiag.model import (
    Alternative,
    Cell,
    Confidence,
    ControlSession,
    DataChannel,
    Diagnosis,
    Doubt,
    Evidence,
    Exchange,
    Experiment,
    Facts,
    Finding,
    Judgement,
    Location,
    Mode,
    Opening,
    Packet,
    Remedy,
    Reply,
    Tls,
    Verdict,
)
from ftpdiag.verdicts import FAILED, WORST_FIRST, combined, mode_judgement

Subject = Facts | ControlSession | DataChannel


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """Why a cause holds for one subject. `location`, `verdict` and `remedies` only where they differ from the card."""

    confidence: Confidence
    summary: str
    """One sentence, in the second person, with the addresses of this case."""
    evidence: tuple[Evidence, ...]
    location: Location | None = None
    verdict: Verdict | None = None
    hop: int | None = None
    alternatives: tuple[Alternative, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    settle_with: tuple[Experiment, ...] = ()
    """What would tell more, where it can be tried."""
    shown: ControlSession | DataChannel | None = None
    """Where an experiment made it happen; none: in the subject itself."""


class Extent(StrEnum):
    """What else a cause holds for."""

    METHOD = "method"
    """The method and encryption with which it was seen."""
    MODE = "mode"
    """All methods of the mode, with TLS and without: that one of them passed was luck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A declared cause. Its name is the contract's identifier."""

    name: str
    title: str
    text: str
    """What `ftpdiag explain` says: the docstring of its file."""
    judges: tuple[type, ...]
    modes: tuple[Mode, ...]
    verdict: Verdict | None
    location: Location
    remedies: tuple[Remedy, ...]
    references: tuple[str, ...]
    overrides: tuple[str, ...]
    extent: Extent
    rule: Callable[[Any], Grounds | None]
    or_else: str = ""


def cause(  # noqa: PLR0913  a declaration: every argument is a field of the card
    *,
    title: str,
    judges: type | tuple[type, ...],
    verdict: Verdict | None,
    location: Location,
    remedies: tuple[Remedy, ...],
    modes: tuple[Mode, ...] = tuple(Mode),
    references: tuple[str, ...] = (),
    overrides: tuple[str, ...] = (),
    extent: Extent = Extent.METHOD,
    or_else: str = "",
) -> Callable[[Callable[[Any], Grounds | None]], Cause]:
    """Declare a cause around its rule, a pure function of one subject: `judges` says which kinds.

    `modes` narrows a rule about channels. `verdict` is what the cause makes of a channel (None: information only).
    `remedies` may use $server, $host (with [] where a port follows), $client, $port (control), $data_port, $announced:
    they are filled in from the subject.
    `extent` says for which handshakes it holds beside the one with which it was seen.
    `or_else` says, for `ftpdiag explain`, which other verdict the rule may bring, and when.
    `overrides` names causes that are not reported about the same subject when this one holds.
    """

    def declare(rule: Callable[[Any], Grounds | None]) -> Cause:
        return Cause(
            name=rule.__name__.replace("_", "-"),
            title=title,
            text=(sys.modules[rule.__module__].__doc__ or "").strip(),
            judges=judges if isinstance(judges, tuple) else (judges,),
            modes=modes,
            verdict=verdict,
            location=location,
            remedies=remedies,
            references=references,
            overrides=overrides,
            extent=extent,
            rule=rule,
            or_else=or_else,
        )

    return declare


# --- what a rule cites -------------------------------------------------------------------------------------------


def sighting(opening: Opening, text: str) -> Evidence:
    """An opening as evidence: its first packet, or the socket's word."""
    first = opening.packets[0] if opening.packets else None
    return packet_sighting(first, text) if first else Evidence(text=text, at=opening.at)


def channel_sighting(channel: DataChannel, text: str) -> Evidence:
    """An open data connection as evidence: its first packet, the socket's word, or else its negotiation."""
    opening = channel.wire or channel.socket
    return sighting(opening, text) if opening else Evidence(text=text, at=channel.negotiation.at)


def packet_sighting(packet: Packet, text: str) -> Evidence:
    """One packet as evidence."""
    view = packet.track.view if packet.track else None
    return Evidence(text=text, at=packet.at, packet=packet.number, view=view)


def quotation(reply: Reply, text: str) -> Evidence:
    """A reply as evidence."""
    return Evidence(text=text, at=reply.at, line=reply.lines[0])


def command_sighting(exchange: Exchange, text: str) -> Evidence:
    """A command as evidence."""
    argument = f" {exchange.argument}" if exchange.argument else ""
    return Evidence(text=text, at=exchange.at, line=exchange.verb + argument)


# --- the verdict ------------------------------------------------------------------------------------------------


def diagnose(facts: Facts, causes: Iterable[Cause]) -> Diagnosis:
    """Hold every cause against the facts."""
    found = _Findings(_standing(_found(facts, causes)))
    tried = {(id(one.session), one.mode) for one in facts.channels if not one.unused}
    channels = tuple(_judge_channel(channel, found, tried) for channel in facts.channels)
    cells = tuple(_shared(_judge_cells(facts, channels, found), found))
    modes = tuple((mode, mode_judgement(mode, cells)) for mode in Mode)
    failed = {mode for mode, judgement in modes if judgement.verdict in FAILED}
    return Diagnosis(
        facts=facts,
        findings=tuple(_without(failed, finding) for finding in _merged(found.all)),
        channels=channels,
        cells=cells,
        modes=modes,
        doubts=_doubts(found.all),
    )


def _without(failed: AbstractSet[Mode], finding: Finding) -> Finding:
    """Nobody is advised to use a mode that fails as well."""
    return replace(finding, remedies=tuple(one for one in finding.remedies if one.mode not in failed))


def _doubts(found: Iterable[_Found]) -> tuple[Doubt, ...]:
    wanted: dict[tuple[Experiment, int, Mode], Doubt] = {}
    asking = []
    for one in found:
        session = one.subject.session if isinstance(one.subject, DataChannel) else one.subject
        method = one.subject.method if isinstance(one.subject, DataChannel | ControlSession) else None
        if isinstance(session, ControlSession) and session.method and method:
            asking.append((one, session, method))
    asking.sort(key=lambda known: known[1].tls is not Tls.NONE)
    for one, session, method in asking:
        cell = Cell(method=method, family=session.family, tls=session.tls)
        for experiment in one.grounds.settle_with:
            doubt = Doubt(
                experiment=experiment,
                cell=cell,
                server=session.server,
                server_ttl=session.server_ttl,
                others=session.others,
                across=session.across,
            )
            wanted.setdefault((experiment, session.family, method.mode), doubt)
    return tuple(wanted.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    cause: Cause
    subject: Subject
    grounds: Grounds

    @property
    def location(self) -> Location:
        return self.grounds.location or self.cause.location

    @property
    def verdict(self) -> Verdict | None:
        return self.grounds.verdict or self.cause.verdict


def _found(facts: Facts, causes: Iterable[Cause]) -> Iterator[_Found]:
    channels = [(one.mode, one) for one in chain(facts.channels, facts.samples) if not one.veiled]
    for declared in causes:
        subjects: dict[type, Iterable[Subject]] = {
            Facts: (facts,),
            ControlSession: facts.sessions,
            DataChannel: (one for mode, one in channels if mode in declared.modes),
        }
        for subject in chain.from_iterable(subjects[kind] for kind in declared.judges):
            grounds = declared.rule(subject)
            if grounds is not None:
                yield _Found(cause=declared, subject=subject, grounds=grounds)


def _standing(found: Iterator[_Found]) -> Iterator[_Found]:
    everything = _Findings(found)
    for one in everything.all:
        rivals = (rival for rival in everything.about(one.subject) if rival.verdict is not None)  # not information
        if not any(one.cause.name in rival.cause.overrides for rival in rivals):
            yield one


class _Findings:
    """What was found, asked by subject."""

    def __init__(self, found: Iterable[_Found]) -> None:
        self.all = tuple(found)
        self._about: dict[int, list[tuple[int, _Found]]] = {}
        for place, one in enumerate(self.all):
            self._about.setdefault(id(one.subject), []).append((place, one))

    def on(self, subject: Subject) -> list[_Found]:
        """What holds for itself, in the order of the causes."""
        return [one for _, one in self._about.get(id(subject), ())]

    def about(self, subject: Subject) -> list[_Found]:
        """What says something about it: what holds for itself, or for its session."""
        if not isinstance(subject, DataChannel):
            return self.on(subject)
        own, session = (self._about.get(id(one), []) for one in (subject, subject.session))
        return [one for _, one in sorted(own + session, key=itemgetter(0))]


def _judge_channel(channel: DataChannel, found: _Findings, tried: AbstractSet[tuple[int, Mode]]) -> Judgement:
    """`tried`: the sessions, and their modes, of which more is known than that they were given up at once."""
    mine = found.about(channel)
    decisive = [one.verdict for one in mine if one.verdict is not None]
    if decisive:
        verdict = min(decisive, key=WORST_FIRST.index)
    elif channel.completed:
        verdict = Verdict.WORKS
    else:
        given_up = channel.let_go or (channel.unused and (id(channel.session), channel.mode) in tried)
        verdict = Verdict.UNTESTED if given_up else Verdict.UNKNOWN
    return Judgement(verdict=verdict, causes=_causes(mine))


def _causes(found: Iterable[_Found]) -> tuple[str, ...]:
    """What is behind a verdict. Information is behind none."""
    return tuple(dict.fromkeys(one.cause.name for one in found if one.verdict is not None))


def _judge_cells(facts: Facts, channels: tuple[Judgement, ...], found: _Findings) -> Iterator[tuple[Cell, Judgement]]:
    collected: dict[Cell, list[Judgement]] = {}
    samples = ((one, _judge_channel(one, found, frozenset())) for one in facts.samples)
    for channel, judgement in chain(zip(facts.channels, channels, strict=True), samples):
        if channel.veiled:
            continue
        session = channel.session
        cell = Cell(method=channel.method, family=session.family, tls=session.tls)
        collected.setdefault(cell, []).append(judgement)
    negotiated = {id(channel.session) for channel in facts.channels}
    for session in facts.sessions:
        if session.method is None or id(session) in negotiated:
            continue
        cell = Cell(method=session.method, family=session.family, tls=session.tls)
        collected.setdefault(cell, []).append(_judge_session(session, found))
    for cell in facts.untried:
        ahead = (one for one in facts.sessions if (one.family, one.tls) == (cell.family, cell.tls))
        collected.setdefault(cell, []).extend(_judge_session(session, found) for session in ahead)
    for cell, judgements in collected.items():
        tested = [one for one in judgements if one.verdict is not Verdict.UNTESTED]
        yield cell, combined(tested or judgements, WORST_FIRST)


def _shared(cells: Iterable[tuple[Cell, Judgement]], found: _Findings) -> Iterator[tuple[Cell, Judgement]]:
    """What works only by luck is judged like what does not."""
    known = tuple(cells)
    wide = {one.cause.name for one in found.all if one.cause.extent is Extent.MODE}
    blighted = {(cell.mode, cell.family): judgement for cell, judgement in known if wide & set(judgement.causes)}
    for cell, judgement in known:
        works = judgement.verdict is Verdict.WORKS
        yield cell, blighted.get((cell.mode, cell.family), judgement) if works else judgement


def _judge_session(session: ControlSession, found: _Findings) -> Judgement:
    """A session that never got to negotiate: untested without a login, else what stopped it there."""
    mine = found.on(session)
    decisive = [one.verdict for one in mine if one.verdict is not None]
    if not session.logged_in:
        verdict = Verdict.UNTESTED
    else:
        verdict = min(decisive, key=WORST_FIRST.index) if decisive else Verdict.UNKNOWN
    return Judgement(verdict=verdict, causes=_causes(mine))


# --- one finding for all that share a fault -----------------------------------------------------------------------

_CONFIDENCES = tuple(Confidence)


def _merged(found: Iterable[_Found]) -> Iterator[Finding]:
    groups: dict[tuple[str, Mode | None, Location, Verdict | None], list[_Found]] = {}
    for one in found:
        groups.setdefault((one.cause.name, _mode_of(one.subject), one.location, one.verdict), []).append(one)
    for group in groups.values():
        yield _finding(group)


def _mode_of(subject: Subject) -> Mode | None:
    return subject.mode if isinstance(subject, DataChannel) else None


def _finding(group: list[_Found]) -> Finding:
    """One finding for a group; the surest of them speaks."""
    surest = min(group, key=lambda one: _CONFIDENCES.index(one.grounds.confidence))
    return Finding(
        cause=surest.cause.name,
        title=surest.cause.title,
        verdict=surest.verdict,
        mode=_mode_of(surest.subject),
        location=surest.location,
        hop=surest.grounds.hop,
        confidence=surest.grounds.confidence,
        summary=surest.grounds.summary,
        evidence=tuple(dict.fromkeys(item for one in group for item in one.grounds.evidence)),
        remedies=tuple(_filled(remedy, surest.subject) for remedy in surest.grounds.remedies or surest.cause.remedies),
        alternatives=tuple(dict.fromkeys(item for one in group for item in _open(one))),
        settle_with=tuple(dict.fromkeys(item for one in group for item in one.grounds.settle_with)),
        shown=surest.grounds.shown,
        subjects=tuple(one.subject for one in group if not isinstance(one.subject, Facts)),
    )


_TOLD_BY_TWO_ENDS = frozenset(
    {
        "alg-double-translation",
        "alg-rewrote-endpoint",
        "alg-rewrote-port-command",
        "control-commands-mangled",
        "control-segment-dropped",
    }
)
"""Where both ends were captured these hold or do not: they are no alternative."""


def _open(one: _Found) -> Iterator[Alternative]:
    session = one.subject.session if isinstance(one.subject, DataChannel) else one.subject
    both = isinstance(session, ControlSession) and len(session.sights) > 1
    return (item for item in one.grounds.alternatives if not (both and item.cause in _TOLD_BY_TWO_ENDS))


def _filled(remedy: Remedy, subject: Subject) -> Remedy:
    return replace(remedy, text=Template(remedy.text).safe_substitute(_placeholders(subject)))


_FAMILY_WORDS = {
    4: {"ip": "ip", "ipv": "ipv4", "iptables": "iptables", "anyone": "0.0.0.0/0"},
    6: {"ip": "ip6", "ipv": "ipv6", "iptables": "ip6tables", "anyone": "::/0"},
}
"""What nft, firewalld, iptables and the clouds call an address family."""


def _placeholders(subject: Subject) -> dict[str, str]:
    if isinstance(subject, Facts):
        return {"host": subject.source.target.host} if subject.source.target else {}
    session = subject.session if isinstance(subject, DataChannel) else subject
    server = session.server
    host = f"[{server.host}]" if server.family == 6 else server.host
    values = {"server": server.host, "host": host, "port": str(server.port), **_FAMILY_WORDS[session.family]}
    values["client"] = session.client.host if session.client else "this machine"
    if isinstance(subject, DataChannel) and subject.announced:
        values["announced"] = str(subject.announced)
        values["data_port"] = str(subject.announced.port)
    return values
