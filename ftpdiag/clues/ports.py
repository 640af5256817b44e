"""Passive ports that were dialled alike -> which of them pass and which do not, and how far that can be chance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, groupby
from math import comb
from operator import itemgetter
from typing import NamedTuple

from ftpdiag.clues.silence import too_soon
from ftpdiag.model import Answer, DataChannel, Evidence, Experiment, Method, Mode, Tls, View

_FAILED = frozenset({Answer.SILENT, Answer.REFUSED, Answer.REJECTED})

_OWN = frozenset({View.CLIENT_SOCKET, View.CLIENT_WIRE})
"""Where a SYN that is not seen never left."""

CLAIMED = {554: "RTSP", 1720: "H.323", 1723: "PPTP", 2000: "SCCP", 5060: "SIP", 5061: "SIP", 6667: "IRC"}
"""Ports that firewalls know by another protocol, whose inspection drops what does not speak that (IANA)."""

_DENSE = 3
"""Ports that passed, at least, before a single one that another protocol claims says anything; or that failed, before
those of another likeness that passed are beside the point."""

_SAMPLING = frozenset(
    {Experiment.PORT_SAMPLES, Experiment.IN_THE_CLEAR, Experiment.BOTH_METHODS, Experiment.OTHER_PORT}
)
"""What dials several ports alike."""

_SORTED = 3
"""Stretches at most of ports that are sorted: a range with a hole, or one that is open in its middle."""

PAIRS = 256
"""Pairs of hosts whose ports are remembered: a capture asks for those of a pair with each of its channels."""


class Stretch(NamedTuple):
    """Ports that lie side by side, of those that were dialled, with the same outcome."""

    first: int
    last: int
    opened: bool

    def __str__(self) -> str:
        """For a sentence."""
        if self.first == self.last:
            return f"{self.first} {'passes' if self.opened else 'does not'}"
        return f"{self.first}-{self.last} {'pass' if self.opened else 'do not'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What became of passive ports that were dialled alike."""

    looks: int
    """Data connections that were tried."""
    opened: int
    distinct: int
    """Ports."""
    passed: frozenset[int]
    failed: frozenset[int]
    both: int
    """Ports of which some opened and some did not."""
    stretches: tuple[Stretch, ...]
    """In the order of the ports."""
    chance: float
    """How likely it is that ports which fail at random are as well sorted as these."""
    by_time: bool
    """They are as well sorted by time as by number: it may be that something changed."""

    @property
    def mixed(self) -> bool:
        """Some passed, and some did not."""
        return bool(self.passed and self.failed)

    def stops(self, port: int) -> bool:
        """It is one of those that fail, or lies between two of them, where they lie side by side."""
        return len(self.stretches) <= _SORTED and any(
            one.first <= port <= one.last and not one.opened for one in self.stretches
        )

    @property
    def claimed(self) -> str | None:
        """The protocols by which firewalls know the ports that fail; none where others fail too, or such ones pass."""
        if len(self.failed) > len(CLAIMED) or len(self.passed) < _DENSE or not CLAIMED.keys().isdisjoint(self.passed):
            return None
        known = [CLAIMED.get(port) for port in sorted(self.failed)]
        if not all(known):
            return None
        return ", ".join(dict.fromkeys(filter(None, known)))

    def told(self) -> str:
        """For a sentence, no more exact than what was seen."""
        return ", ".join(map(str, self.stretches))


def dialled(channel: DataChannel) -> Ports:
    """The ports that were dialled like the channel's.

    That is by its method and encryption; or by others with the same server, where its own show nothing and one of
    theirs fails where it failed.
    """
    groups = _groups(channel)
    own = groups.get(_likeness(channel)) or _ports(_looks([channel]))
    if own.mixed or channel.announced is None:
        return own
    port, host = channel.announced.port, channel.session.server.host
    others = (one for likeness, one in groups.items() if likeness[0] == host and one.mixed and one.stops(port))
    return next(others, own)


def _groups(channel: DataChannel) -> Mapping[_Likeness, Ports]:
    samples = [one.channels for one in channel.retries if one.experiment in _SAMPLING]
    if not samples:
        return _remembered(Same(channel.beside))
    return _grouped(chain(channel.beside, *samples))


def sampled(channel: DataChannel) -> bool:
    """Ports were sampled already."""
    return any(one.experiment is Experiment.PORT_SAMPLES for one in channel.retries)


def to_sample(channel: DataChannel) -> tuple[Experiment, ...]:
    """What would tell whether it is the port: where another passive data connection of a probe opened."""
    live = channel.session.method is not None
    return (Experiment.PORT_SAMPLES,) if live and not sampled(channel) and _disagree(channel) else ()


def is_alike(channel: DataChannel, port: int) -> bool:
    """Whether what is shown of `port` is so of the channel's: where some ports pass, others may be of no concern."""
    ports = dialled(channel)
    if ports.mixed:
        return ports.stops(port)
    return sampled(channel) or not _disagree(channel) or len(ports.failed) >= _DENSE


def samples_evidence(ports: Ports) -> tuple[Evidence, ...]:
    """What was dialled."""
    tried = f"{ports.looks} data connections to {ports.distinct} passive ports were tried alike"
    return (Evidence(text=f"{tried}: {ports.opened} opened, {ports.looks - ports.opened} did not."),)


def _disagree(channel: DataChannel) -> bool:
    return any(one.mode is Mode.PASSIVE and one.opened for one in channel.beside)


_Likeness = tuple[str, int, Tls, Method]


def _likeness(channel: DataChannel) -> _Likeness:
    session = channel.session
    return session.server.host, session.server.port, session.tls, channel.method


class Same:
    """A tuple of channels that is known by being that tuple: to compare thousands would take too long."""

    def __init__(self, those: tuple[DataChannel, ...]) -> None:
        self.those = those

    def __hash__(self) -> int:
        return id(self.those)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.those is other.those


@lru_cache(maxsize=PAIRS)
def _remembered(same: Same) -> Mapping[_Likeness, Ports]:
    return _grouped(same.those)


def _grouped(channels: Iterable[DataChannel]) -> Mapping[_Likeness, Ports]:
    alike: dict[_Likeness, list[DataChannel]] = {}
    for one in channels:
        if one.mode is Mode.PASSIVE and not one.inferred:
            alike.setdefault(_likeness(one), []).append(one)
    return {likeness: _ports(_looks(those)) for likeness, those in alike.items()}


def _looks(channels: Iterable[DataChannel]) -> Iterator[tuple[int, bool]]:
    """Port, and whether it opened; in the order of time."""
    for one in sorted(channels, key=lambda one: one.negotiation.at):
        opened = _outcome(one)
        if one.announced and opened is not None:
            yield one.announced.port, opened


def _outcome(channel: DataChannel) -> bool | None:
    """Whether it opened; none: that was not seen, or it had too little time."""
    opening = channel.wire or channel.socket
    if channel.opened:
        return None if _by_another(channel) else True
    if opening is None or channel.left_out:
        return None
    if opening.answer is Answer.ABSENT:
        return None if opening.view in _OWN or channel.unused else False
    if opening.answer is Answer.SILENT and too_soon(opening):
        return None
    return False if opening.answer in _FAILED else None


def _by_another(channel: DataChannel) -> bool:
    """A third host opened to the port: that says nothing of the way that the client's own would have gone."""
    client, callers = channel.session.client, {one.opener.host for one in channel.openings if one.established}
    return client is not None and bool(callers) and client.host not in callers


def _ports(looks: Iterable[tuple[int, bool]]) -> Ports:
    seen = tuple(looks)
    passed = frozenset(port for port, opened in seen if opened)
    failed = frozenset(port for port, opened in seen if not opened)
    marked = sorted((port, port in passed) for port in passed | failed)
    stretches = tuple(_stretches(marked))
    return Ports(
        looks=len(seen),
        opened=sum(opened for _, opened in seen),
        distinct=len(marked),
        both=len(passed & failed),
        passed=passed,
        failed=failed,
        stretches=stretches,
        chance=1.0 if passed & failed else _chance(len(stretches), len(passed), len(failed)),
        by_time=len(tuple(groupby(seen, key=itemgetter(1)))) <= len(stretches),
    )


def _stretches(marked: Iterable[tuple[int, bool]]) -> Iterator[Stretch]:
    for opened, those in groupby(marked, key=itemgetter(1)):
        ports = [port for port, _ in those]
        yield Stretch(ports[0], ports[-1], opened)


def _chance(stretches: int, passed: int, failed: int) -> float:
    """Of all orders of so many ports that pass and that fail, the share with no more stretches than these."""
    ways = {2: 2, 3: passed + failed}.get(stretches)
    return min(1.0, ways / comb(passed + failed, failed)) if ways else 1.0
