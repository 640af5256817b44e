"""What was found -> one finding for all that share a fault, its remedies with the addresses of the case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from string import Template

from msgspec.structs import replace

from ftpdiag import next_probe
from ftpdiag.cause import Cause, Decided, Subject
from ftpdiag.diagnosis import passive_range
from ftpdiag.diagnosis.standing import Found
from ftpdiag.model import (
    Alternative,
    Confidence,
    DataChannel,
    Facts,
    Finding,
    Location,
    Mode,
    Remedy,
    Source,
    Verdict,
    View,
)

_CONFIDENCES = tuple(Confidence)


def merged(found: Iterable[Found], causes: Iterable[Cause], source: Source) -> Iterator[Finding]:
    """One finding for all of a cause with the same mode, place and verdict."""
    groups: dict[tuple[str, Mode | None, Location, Verdict | None], list[Found]] = {}
    for one in found:
        groups.setdefault((one.cause.name, _mode_of(one.subject), one.location, one.verdict), []).append(one)
    decided = {one.name for one in causes if one.decided_by is Decided.BOTH_ENDS}
    for group in groups.values():
        yield _finding(group, decided, source)


def _mode_of(subject: Subject) -> Mode | None:
    return subject.mode if isinstance(subject, DataChannel) else None


def _finding(group: list[Found], decided: AbstractSet[str], source: Source) -> Finding:
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
        remedies=tuple(_filled(surest.grounds.remedies or surest.cause.remedies, surest.subject, source)),
        alternatives=tuple(dict.fromkeys(item for one in group for item in _open(one, decided))),
        settle_with=tuple(dict.fromkeys(item for one in group for item in one.grounds.settle_with)),
        shown=surest.grounds.shown,
        subjects=tuple(one.subject for one in group if not isinstance(one.subject, Facts)),
    )


def _open(one: Found, decided: AbstractSet[str]) -> Iterator[Alternative]:
    """The alternatives that are none of `decided`, which captures of both ends decide."""
    both = one.session is not None and len(one.session.sights) > 1
    return (item for item in one.grounds.alternatives if not (both and item.cause in decided))


def _filled(remedies: Iterable[Remedy], subject: Subject, source: Source) -> Iterator[Remedy]:
    words = _placeholders(subject)
    if source.target is None:
        words |= {name: Template(text).safe_substitute(words) for name, text in next_probe.IN_GENERAL.items()}
    at_server = words | _as_the_server_sees_it(subject)
    for one in remedies:
        filled = Template(one.text).safe_substitute(at_server if one.who == "server" else words)
        yield replace(one, text=next_probe.completed(filled, source))


_FAMILY_WORDS: dict[int, dict[str, str]] = {
    4: {"ip": "ip", "ipv": "ipv4", "iptables": "iptables", "anyone": "0.0.0.0/0"},
    6: {"ip": "ip6", "ipv": "ipv6", "iptables": "ip6tables", "anyone": "::/0"},
}
"""What nft, firewalld, iptables and the clouds call an address family."""

IN_GENERAL: dict[str, str] = {**passive_range.IN_GENERAL, **_FAMILY_WORDS[4]}
"""What stands in remedies where there is no case at hand; addresses and ports are left as they are."""


def _as_the_server_sees_it(subject: Subject) -> dict[str, str]:
    """The client's address beyond a NAT, where that is known: a rule at the server needs that one."""
    if isinstance(subject, Facts):
        return {}
    session = subject.session if isinstance(subject, DataChannel) else subject
    captured = next((one.client.host for one in session.sights if one.view is View.SERVER_WIRE), None)
    seen = captured or session.client_seen_as
    return {"client": seen} if seen else {}


def _placeholders(subject: Subject) -> dict[str, str]:
    if isinstance(subject, Facts):
        return {"host": subject.source.target.host} if subject.source.target else {}
    session = subject.session if isinstance(subject, DataChannel) else subject
    server = session.server
    host = f"[{server.host}]" if server.family == 6 else server.host
    values = IN_GENERAL | _FAMILY_WORDS[session.family]
    values |= {"server": server.host, "host": host, "port": str(server.port)}
    values["client"] = session.client.host if session.client else "this machine"
    if isinstance(subject, DataChannel) and subject.announced:
        values["announced"] = str(subject.announced)
        values["data_port"] = str(subject.announced.port)
    return values | (passive_range.words(subject) if isinstance(subject, DataChannel) else {})
