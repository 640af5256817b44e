"""A diagnosis of many sessions -> what they have in common: by server, by client network, by cause, over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import TypeVar

from ftpdiag.model import Diagnosis, Endpoint, Mode, Verdict
from ftpdiag.report.columns import columns, endpoint, host, shortened
from ftpdiag.report.judged import Judged
from ftpdiag.report.look import VERDICT_PAINTS, Look
from ftpdiag.verdicts import WORST_FIRST

_CONTROL_PORT = 21
"""RFC 959 §5.2: everybody takes it for granted."""
_MOST = 10
"""Rows of one table: what concerns fewest is left to `--format json`."""
_SERVERS = 3
"""Rows of one cause."""
_BUCKETS = 8
_WIDTHS = (1, 5, 15, 60, 300, 900, 3600, 10800, 21600, 86400, 604800, 2592000)
"""Seconds of a bucket that a person counts in."""
_BAR = 30
_DAY = 86400.0
_NETWORKS = {4: 24, 6: 64}
"""Prefix lengths of what is commonly one site's network."""
_OPENED = "opened"
"""Of data connections under TLS: whether they went well was said in cipher."""
_Key = TypeVar("_Key")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def overview(sessions: Sequence[Judged], diagnosis: Diagnosis, look: Look) -> Iterator[list[str]]:
    """Blocks of lines."""
    clock = clock_of(sessions)
    yield _by_server(sessions, look)
    yield _by_client_network(sessions, look)
    yield _by_cause(sessions, diagnosis, look, clock)
    yield _over_time(sessions, look)


def letters(diagnosis: Diagnosis) -> dict[str, str]:
    """A short name for every cause that explains a verdict, the most frequent first: A, B, … Z, AA."""
    causes = Counter[str]()
    for finding in diagnosis.findings:
        if finding.verdict is not None:
            causes[finding.cause] += len(finding.subjects)
    return {cause: _letter(place) for place, (cause, _) in enumerate(causes.most_common())}


def _letter(place: int) -> str:
    return _LETTERS[place] if place < len(_LETTERS) else _letter(place // len(_LETTERS) - 1) + _LETTERS[place % 26]


def clock_of(sessions: Iterable[Judged]) -> str:
    """How to write when a session began (`strftime`): within a day the time, else the day too."""
    began = [one.session.began for one in sessions]
    return "%H:%M:%S" if max(began) - min(began) < _DAY else "%m-%d %H:%M"


def written(at: float, clock: str) -> str:
    """A time of day, in UTC as in the JSON."""
    return datetime.fromtimestamp(at, UTC).strftime(clock)


def verdict_of(one: Judged, mode: Mode) -> str:
    """What a table says of a session's mode."""
    verdict = one.verdict(mode)
    return _OPENED if verdict is None else "" if verdict is Verdict.UNTESTED else verdict


def told(sessions: Sequence[Judged]) -> str:
    """How many there were, whose, when, and how many of them went wrong; one sentence."""
    began = [one.session.began for one in sessions]
    first, last = (written(at, "%Y-%m-%d %H:%M:%S") for at in (min(began), max(began)))
    when = f"at {first}" if first == last else f"{first} to {last[11:] if first[:10] == last[:10] else last}"
    clients = {one.session.client.host for one in sessions if one.session.client}
    servers = {one.session.server for one in sessions}
    unclear = sum(not one.faulty and Verdict.UNKNOWN in one.verdicts for one in sessions)
    wrong = sum(one.faulty for one in sessions)
    judged = f"{wrong or 'none'} with a fault" + (f", {unclear} that could not be judged" if unclear else "")
    return (
        f"{len(sessions)} FTP sessions of {_counted(len(clients), 'client')} with {_counted(len(servers), 'server')}, "
        f"begun {when} UTC: {judged}."
    )


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _grouped(sessions: Iterable[Judged], key: Callable[[Judged], _Key]) -> dict[_Key, list[Judged]]:
    """Where most went wrong first, then the largest."""
    groups: dict[_Key, list[Judged]] = {}
    for one in sessions:
        groups.setdefault(key(one), []).append(one)
    return dict(sorted(groups.items(), key=lambda group: (-sum(one.faulty for one in group[1]), -len(group[1]))))


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], look: Look) -> list[str]:
    more = len(rows) - _MOST
    lines = columns(("", *heads), [("", *row) for row in rows[:_MOST]], look, VERDICT_PAINTS)
    return [title, *lines, *([f"   … and {more} more (--format json)"] if more > 0 else [])]


def _by_server(sessions: Sequence[Judged], look: Look) -> list[str]:
    groups = _grouped(sessions, lambda one: one.session.server)
    rows = [
        (
            endpoint(server, usual=_CONTROL_PORT),
            shortened(next((one.session.product for one in own if one.session.product), ""), 20),
            str(len(own)),
            _count(own),
            *(_worst(own, mode) for mode in Mode),
        )
        for server, own in groups.items()
    ]
    return _table("By server", ("server", "product", "sessions", "faulty", *Mode), rows, look)


def _worst(own: Iterable[Judged], mode: Mode) -> str:
    """The worst that its sessions tell of a mode."""
    verdicts = {one.verdict(mode) for one in own}
    tested = [verdict for verdict in WORST_FIRST if verdict in verdicts - {Verdict.UNTESTED}]
    return tested[0] if tested else _OPENED if None in verdicts else ""


def _count(own: Iterable[Judged]) -> str:
    return str(sum(one.faulty for one in own) or "")


def _by_client_network(sessions: Sequence[Judged], look: Look) -> list[str]:
    groups = _grouped(sessions, lambda one: _network(one.session.client))
    if len(groups) < 2:
        return []
    rows = [
        (
            network,
            str(len({one.session.client.host for one in own if one.session.client})),
            str(len(own)),
            _count(own),
        )
        for network, own in groups.items()
    ]
    return _table("By client network", ("network", "clients", "sessions", "faulty"), rows, look)


def _network(client: Endpoint | None) -> str:
    """IPv4 by /24, IPv6 by /64."""
    if client is None:
        return "?"
    return str(ip_network(f"{client.host.partition('%')[0]}/{_NETWORKS[client.family]}", strict=False))


def _by_cause(sessions: Sequence[Judged], diagnosis: Diagnosis, look: Look, clock: str) -> list[str]:
    """One row for each cause and server."""
    names = letters(diagnosis)
    causes: dict[str, dict[Endpoint, list[Judged]]] = {}
    for one in sessions:
        for cause in one.causes:
            causes.setdefault(cause, {}).setdefault(one.session.server, []).append(one)
    rows = [
        (names[cause], cause, where, str(len(own)), _first(own, clock))
        for cause in names
        for where, own in _few(causes.get(cause, {}))
    ]
    return ["By cause and server", *columns(("", "cause", "server", "count", "first"), rows, look, {})] if rows else []


def _first(own: Sequence[Judged], clock: str) -> str:
    return f"{own[0].session.number} at {written(own[0].session.began, clock)}"


def _few(servers: Mapping[Endpoint, list[Judged]]) -> Iterator[tuple[str, list[Judged]]]:
    """The servers that most sessions are about; of many the others together."""
    ordered = sorted(servers.items(), key=lambda one: -len(one[1]))
    shown = _SERVERS if len(ordered) <= _SERVERS else _SERVERS - 1
    for server, own in ordered[:shown]:
        yield endpoint(server, usual=_CONTROL_PORT), own
    if others := ordered[shown:]:
        together = sorted((one for _, own in others for one in own), key=lambda one: one.session.number)
        yield f"{len(others)} others", together


def _over_time(sessions: Sequence[Judged], look: Look) -> list[str]:
    began = [one.session.began for one in sessions]
    first, last = min(began), max(began)
    width = next((one for one in _WIDTHS if last // one - first // one < _BUCKETS), _WIDTHS[-1])
    if first // width == last // width:
        return []
    buckets = _grouped(sessions, lambda one: int(one.session.began // width))
    most = max(map(len, buckets.values()))
    clock = "%Y-%m-%d %H:%M" if last - first >= _DAY else "%H:%M:%S"
    rows = [
        (
            written(place * width, clock),
            str(len(own := buckets.get(place, []))),
            _count(own),
            "█" * round(_BAR * len(own) / most),
        )
        for place in range(int(first // width), int(last // width) + 1)
    ]
    return _table("Over time (UTC)", ("from", "sessions", "faulty", ""), rows, look)


def session_list(sessions: Sequence[Judged], names: Mapping[str, str], look: Look) -> list[str]:
    """The table of sessions: one line each, its causes by their letters."""
    clock = clock_of(sessions)
    rows = [
        (
            str(one.session.number),
            written(one.session.began, clock),
            host(one.session.client.host) if one.session.client else "?",
            endpoint(one.session.server, usual=_CONTROL_PORT),
            shortened(one.session.product or "", _PRODUCT),
            *(verdict_of(one, mode) for mode in Mode),
            " ".join(names[cause] for cause in one.causes),
        )
        for one in sessions
    ]
    heads = ("#", "began", "client", "server", "product", *Mode, "cause")
    return columns(heads, rows, look, VERDICT_PAINTS, giving_way="product")


_PRODUCT = 12
"""Columns for what a server calls itself: `vsFTPd 3.0.3`."""
