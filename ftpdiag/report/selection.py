"""Which sessions the reader wants to hear of, and a diagnosis -> the facts about those alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from math import isfinite
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from ftpdiag.model import Diagnosis, Endpoint, Facts, Verdict
from ftpdiag.report.judged import Judged, judged


class _Choice(NamedTuple):
    words: str
    """As the reader typed it."""
    fits: Callable[[Judged, Facts], bool]


class Selection(Struct, frozen=True, kw_only=True):
    """What the reader typed; of several words for the same thing one is enough. Nothing typed: every session."""

    session: int | None = None
    hosts: tuple[str, ...] = ()
    """Addresses or networks, such as `203.0.113.2` or `2001:db8::/32`."""
    ports: tuple[int, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    causes: tuple[str, ...] = ()
    since: str | None = None
    """ISO 8601 (without zone: UTC; without year or day: the capture's), or seconds from the capture's beginning."""
    until: str | None = None
    """Likewise; in ISO 8601 with all of its last unit: `23:11` goes on to the end of that minute."""

    def choices(self) -> tuple[_Choice, ...]:
        """One for each option; ValueError says which cannot be understood."""
        return tuple(self._choices())

    def _choices(self) -> Iterator[_Choice]:
        if self.session is not None:
            yield _Choice(f"--session {self.session}", lambda one, _: one.session.number == self.session)
        if self.hosts:
            networks = tuple(map(_network, self.hosts))
            yield _Choice(_typed("--host", self.hosts), lambda one, _: _at(one, networks))
        if self.ports:
            wanted = frozenset(self.ports)
            yield _Choice(
                _typed("--port", self.ports), lambda one, _: any(end.port in wanted for end in _endpoints(one))
            )
        if self.since is not None:
            since = _moment("--since", self.since)
            yield _Choice(f"--since {self.since}", lambda one, facts: one.session.began >= since(facts).first)
        if self.until is not None:
            until = _moment("--until", self.until)
            yield _Choice(f"--until {self.until}", lambda one, facts: one.session.began <= until(facts).last)
        if self.verdicts:
            verdicts = frozenset(self.verdicts)
            yield _Choice(_typed("--verdict", self.verdicts), lambda one, _: bool(verdicts & one.verdicts))
        if self.causes:
            asked = frozenset(self.causes)
            yield _Choice(_typed("--cause", self.causes), lambda one, _: not asked.isdisjoint(one.causes + one.remarks))


def selected(diagnosis: Diagnosis, choices: tuple[_Choice, ...]) -> Facts:
    """The facts about the sessions that fit every choice; where none does, they say which choice is to blame."""
    facts = diagnosis.facts
    left = judged(diagnosis)
    none_left = None
    for choice in choices:
        before, left = left, tuple(one for one in left if choice.fits(one, facts))
        if before and not left:
            of = "that were found" if len(before) == len(facts.sessions) else "that the other choices leave"
            none_left = f"No session is left: {choice.words} fits none of the {len(before)} {of}."
    kept = {id(one.session) for one in left}
    return replace(
        facts,
        sessions=tuple(one.session for one in left),
        channels=tuple(channel for channel in facts.channels if id(channel.session) in kept),
        none_left=none_left,
    )


def _typed(option: str, values: tuple[object, ...]) -> str:
    return " ".join(f"{option} {value}" for value in values)


def _network(word: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(word, strict=False)
    except ValueError as error:
        raise ValueError(
            f"{word!r} is neither an address nor a network: write --host 203.0.113.2 or --host 2001:db8::/32."
        ) from error


def _at(one: Judged, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    ends = (one.session.client, one.session.server)
    hosts = {ip_address(end.host.partition("%")[0]) for end in ends if end}
    return any(host in network for host in hosts for network in networks)


def _endpoints(one: Judged) -> Iterator[Endpoint]:
    """Where it was spoken, and where data was awaited, sent from and sent to."""
    session = one.session
    yield from (end for end in (session.client, session.server) if end)
    for channel, _ in one.channels:
        yield from (channel.announced,) if channel.announced else ()
        for opening in channel.openings:
            yield from (opening.opener, opening.target)


class _Span(NamedTuple):
    """From when to when a time may mean, in seconds since the epoch."""

    first: float
    last: float


def _moment(option: str, word: str) -> Callable[[Facts], _Span]:
    """What a time means, once it is known when the capture began."""
    with suppress(ValueError):
        seconds = float(word)
        if isfinite(seconds):
            return lambda facts: _Span(facts.began + seconds, facts.began + seconds)
    try:
        if _HOUR.match(word):
            clock = time.fromisoformat(word)
            return lambda facts: _nearest(_on_days(clock, facts), _unit(f"T{word}"), facts)
        if _MONTH.match(word):
            day = datetime.fromisoformat(f"{_LEAP_YEAR}-{word}")
            return lambda facts: _nearest(_in_years(day, facts), _unit(word), facts)
        first = _began(datetime.fromisoformat(word))
    except ValueError as error:
        raise ValueError(
            f"{option} {word!r} is no time: write 2026-11-20T23:11:00 (UTC), or the seconds from the beginning."
        ) from error
    span = _Span(first, first + _unit(word))
    return lambda _: span


_HOUR = re.compile(r"T?\d\d:", re.IGNORECASE)
"""How a time of day without its day begins."""

_MONTH = re.compile(r"\d\d-\d\d(?!\d)")
"""How a day without its year begins."""

_LEAP_YEAR = 2000
"""A year with every day that there is."""

_DAY = 86400.0


def _began(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - _ROUNDED


def _on_days(clock: time, facts: Facts) -> Iterator[float]:
    zone = clock.utcoffset() or timedelta()
    late = (
        timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second, microseconds=clock.microsecond) - zone
    )
    first = facts.began // _DAY * _DAY + late.total_seconds() - _ROUNDED
    return (first + day * _DAY for day in (-1, 0, 1, 2))


def _in_years(day: datetime, facts: Facts) -> Iterator[float]:
    """Where there is no 29 February it is 1 March."""
    began = datetime.fromtimestamp(facts.began, UTC).year
    for year in (began - 1, began, began + 1):
        yield _began(day.replace(year=year, day=1) + timedelta(days=day.day - 1))


def _nearest(firsts: Iterable[float], unit: float, facts: Facts) -> _Span:
    """While the capture was made, or else next to that."""
    spans = (_Span(first, first + unit) for first in firsts)
    return min(spans, key=lambda span: max(facts.began - span.last, span.first - facts.ended, 0.0))


_ROUNDED = 5e-7
"""Seconds: times are told, and read, to the microsecond."""

_CLOCK = re.compile(r"[^\d:.,+W-]\d\d(?P<minute>:?\d\d)?(?P<second>:?\d\d)?(?:[.,](?P<fraction>\d+))?", re.IGNORECASE)
"""The time of day in ISO 8601, behind what parts it from the date; a week has a letter of its own."""


def _unit(word: str) -> float:
    """Seconds of the last unit that an ISO time has."""
    clock = _CLOCK.search(word)
    if clock is None:
        return _DAY
    if clock["fraction"]:
        return max(10.0 ** -len(clock["fraction"]), 1e-6)
    return 1.0 if clock["second"] else 60.0 if clock["minute"] else 3600.0
