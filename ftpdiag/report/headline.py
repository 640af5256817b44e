"""A diagnosis -> the sentence a manager understands: which mode works, which does not, what is in the way."""

from __future__ import annotations

from ftpdiag.model import (
    Confidence,
    Diagnosis,
    Facts,
    Finding,
    Judgement,
    Location,
    Mode,
    Source,
    Tls,
    Vantage,
    Verdict,
)
from ftpdiag.senseless import uninformative
from ftpdiag.verdicts import Pair, pair_judgements

PREDICATES = {
    Verdict.WORKS: "works",
    Verdict.BLOCKED: "is blocked",
    Verdict.REFUSED: "is declined by the server",
    Verdict.BROKEN: "fails during the transfer",
    Verdict.UNKNOWN: "could not be judged",
    Verdict.UNTESTED: "was not tested",
}

_PLACES = {
    Location.CLIENT_HOST: "by the client machine itself",
    Location.CLIENT_NETWORK: "in the client's own network",
    Location.PATH: "on the way between the two networks",
    Location.SERVER_NETWORK: "in the server's network",
    Location.SERVER_HOST: "by the server machine itself",
    Location.SERVER_CONFIG: "by how the server is configured",
    Location.CLIENT_CONFIG: "by how the client is configured",
    Location.UNKNOWN: "somewhere that cannot be told from here",
}

_PLACES_OF_A_PROBE = _PLACES | {
    Location.CLIENT_HOST: "by this machine's own firewall",
    Location.CLIENT_NETWORK: "in your own network",
    Location.CLIENT_CONFIG: "by how this machine is configured",
}
"""To whoever runs the probe the client is *this* machine; its listener is there, so only a firewall can block."""

PARTLY = "passive-ports-partly-blocked"
"""Blocks some data connections of a mode, and lets others pass."""

TRANSFER = "transfer-refused"
"""The server declines what was asked for; its data connections are another matter."""

_STOPPED = frozenset({Verdict.BLOCKED, Verdict.BROKEN})
"""What a fault does to a method; one that the server declines is not offered."""

_HEDGES = {Confidence.PROVEN: " ", Confidence.LIKELY: " most likely ", Confidence.POSSIBLE: ", possibly "}

_TLS = {Tls.NONE: "without TLS", Tls.EXPLICIT: "with explicit TLS", Tls.IMPLICIT: "with implicit TLS"}


def headline(diagnosis: Diagnosis) -> str:
    """One sentence about both modes, or about why there was nothing to test."""
    facts = diagnosis.facts
    name = _name(diagnosis)
    if facts.none_left:
        return facts.none_left
    if not facts.sessions and not facts.unresolved:
        return f"No FTP session was found{_in_files(facts.source)}."
    if all(judgement.verdict is Verdict.UNTESTED for _, judgement in diagnosis.modes):
        reasons = [finding for finding in diagnosis.findings if finding.verdict is not None]
        reason = f": {as_clause(reasons[0].title)}" if reasons else _untold(facts)
        return f"Neither mode of FTP to {name} could be tested{reason}."
    active, passive = (_said(diagnosis, mode) for mode in (Mode.ACTIVE, Mode.PASSIVE))
    if active == passive:
        return f"FTP to {name} {passive.rstrip(',')}, in passive and in active mode."
    return f"Passive FTP to {name} {passive.rstrip(',')}; active FTP {active.rstrip(',')}."


def _untold(facts: Facts) -> str:
    """Why no mode was tested, where no cause says it."""
    if any(map(uninformative, facts.channels)):
        return ": any server may decline what was asked for"
    if any(session.opaque for session in facts.sessions):
        modes = {one.mode for one in facts.channels if one.veiled}
        opened = " and ".join(mode for mode in (Mode.PASSIVE, Mode.ACTIVE) if mode in modes)
        return ": TLS hides what was said" + (f". Data connections opened in {opened} mode" if opened else "")
    if any(file.problems for file in facts.source.files):
        return ". What the capture lacks is said in the notes"
    return ", and nothing says why"


def _name(diagnosis: Diagnosis) -> str:
    """The server as the user knows it."""
    target = diagnosis.facts.source.target
    if target:
        # 21 is what everybody takes for granted (RFC 959 §5.2).
        return target.host if target.port == 21 else f"{target.host}, port {target.port},"
    hosts = list(dict.fromkeys(session.server.host for session in diagnosis.facts.sessions))
    return hosts[0] if len(hosts) == 1 else f"{len(hosts)} servers"


def _in_files(source: Source) -> str:
    names = [file.path for file in source.files]
    if not names:
        return ""
    where, empty = (f" in {names[0]}", "it holds") if len(names) == 1 else (f" in {len(names)} captures", "they hold")
    return where if any(file.packets for file in source.files) else f"{where}: {empty} no packet at all"


def as_clause(title: str) -> str:
    """A title in the middle of a sentence; a name that begins with capitals, such as TLS, keeps them."""
    keeps = title[1:2].isupper()
    return (title if keeps else title[:1].lower() + title[1:]).rstrip(".")


def _said(diagnosis: Diagnosis, mode: Mode) -> str:
    """`works`, or `works over IPv4 but is blocked … over IPv6` where the pairs differ."""
    pairs = dict(pair_judgements(mode, diagnosis.cells))
    said: dict[str, list[Pair]] = {}
    # What works comes first, what was not tested last.
    for pair, judgement in sorted(pairs.items(), key=lambda one: list(PREDICATES).index(one[1].verdict)):
        said.setdefault(_predicate(diagnosis, mode, judgement) + _not_with(diagnosis, mode, pair), []).append(pair)
    if len(said) > 1:
        alike = {text: " and ".join(_circumstances(pair, [*pairs]) for pair in own) for text, own in said.items()}
        return " but ".join(f"{text} {where}" for text, where in alike.items())
    return next(iter(said), PREDICATES[Verdict.UNTESTED])


def _not_with(diagnosis: Diagnosis, mode: Mode, pair: Pair) -> str:
    """Which methods of a pair that works are kept from it by a fault that is proven."""
    proven = {one.cause for one in diagnosis.findings if one.confidence is Confidence.PROVEN and one.mode is mode}
    alike = {cell.method: one for cell, one in diagnosis.cells if cell.mode is mode and (cell.family, cell.tls) == pair}
    failed = [method for method, one in alike.items() if one.verdict in _STOPPED and not proven.isdisjoint(one.causes)]
    passed = [method for method, one in alike.items() if one.verdict is Verdict.WORKS]
    return f" with {' and '.join(passed)}, not with {' and '.join(failed)}," if failed and passed else ""


def _circumstances(pair: Pair, pairs: list[Pair]) -> str:
    """What sets a pair apart from the others."""
    families, encryptions = {family for family, _ in pairs}, {tls for _, tls in pairs}
    family, tls = pair
    words = [f"over IPv{family}"] if len(families) > 1 else []
    return " ".join([*words, _TLS[tls]] if len(encryptions) > 1 else words)


def _predicate(diagnosis: Diagnosis, mode: Mode, judgement: Judgement) -> str:
    said = PREDICATES[judgement.verdict]
    if set(judgement.causes) == {TRANSFER}:
        return "gets the transfer itself declined by the server"
    if judgement.verdict is not Verdict.BLOCKED:
        return said
    behind = [one for one in diagnosis.findings if one.cause in judgement.causes and one.mode in {mode, None}]
    if judgement.causes and set(judgement.causes) == {PARTLY}:
        said += " on some ports,"
    places = {_place(diagnosis, finding) for finding in behind if finding.verdict is judgement.verdict}
    # Where methods are blocked in different places, the findings say which is where.
    place = places.pop() if len(places) == 1 else ""
    return said + place if place.startswith(" ") else said.rstrip(",") + place


def _place(diagnosis: Diagnosis, finding: Finding) -> str:
    if finding.location is Location.UNKNOWN and finding.hop:
        return f" at hop {finding.hop} or behind it"
    if finding.location is Location.UNKNOWN:
        return f" {_PLACES[finding.location]}"
    places = _PLACES_OF_A_PROBE if diagnosis.facts.source.target else _PLACES
    if diagnosis.facts.vantage is Vantage.BOTH:
        places = _PLACES | {Location.PATH: "on the way between client and server"}
    return _HEDGES[finding.confidence] + places[finding.location]
