"""Passive ports that were dialled alike -> which of them pass and which do not, and how far that can be chance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, groupby, pairwise
from math import comb, inf
from operator import attrgetter, itemgetter
from typing import NamedTuple

from msgspec import Struct

from ftpdiag.clues.remembered import remembered
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

_UNLIKELY = 0.05
"""How likely chance may sort the ports of one method as well, where those of the other are put among them."""

_APART = 16
"""Times the usual distance of neighbours: of ports picked at random, no two neighbours are so far apart."""

_NAMED = 3
"""Ranges at most of ports that pass, or that do not."""


class Stretch(NamedTuple):
    """Ports that lie side by side, of those that were dialled, with the same outcome."""

    first: int
    last: int
    opened: bool
    ports: int
    """How many were dialled."""

    def __str__(self) -> str:
        """The ports."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


class Ports(Struct, frozen=True, kw_only=True):
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
    dense: tuple[Stretch, ...]
    """The same, divided where ports lie so far apart that nothing is known of those between them."""
    chance: float
    """How likely it is that ports which fail at random are as well sorted as these."""
    spells: int
    """Runs of one outcome, in the order of time."""

    @property
    def by_time(self) -> bool:
        """They are as well sorted by time as by number: it may be that something changed."""
        return self.spells <= len(self.stretches)

    @property
    def mixed(self) -> bool:
        """Some passed, and some did not."""
        return bool(self.passed and self.failed)

    def stops(self, port: int) -> bool:
        """It is one of those that fail, or lies between two of them, where they lie side by side."""
        return len(self.stretches) <= _SORTED and any(
            one.first <= port <= one.last and not one.opened for one in self.dense
        )

    def fits(self, other: Ports) -> bool:
        """The ports of `other`, put among these, leave them sorted as they are."""
        if max(len(self.stretches), len(other.stretches)) > _SORTED:
            return False
        ends = sorted(
            {(end, one.opened) for one in (*self.stretches, *other.stretches) for end in (one.first, one.last)}
        )
        return len(tuple(groupby(ends, key=itemgetter(1)))) == len(self.stretches)

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
        return ", ".join(_told(tuple(those)) for _, those in groupby(self.dense, key=attrgetter("opened")))


def dialled(channel: DataChannel) -> Ports:
    """The ports that were dialled like the channel's.

    That is by its method and encryption; or by others with the same server, where its own show nothing and one of
    theirs fails where it failed, or the other method sorts the ports and its own fit in.
    """
    groups, likeness = _groups(channel), _likeness(channel)
    own = groups.get(likeness) or _ports(_looks([channel]))
    if channel.announced is None or own.chance <= _UNLIKELY:
        return own
    port, host = channel.announced.port, channel.session.server.host
    others = [(whose, one) for whose, one in groups.items() if whose[0] == host and one.mixed]
    if not own.mixed and (there := next((one for _, one in others if one.stops(port)), None)):
        return there
    fitting = (one for whose, one in others if whose[:3] == likeness[:3] and one.chance <= _UNLIKELY and one.fits(own))
    return own if channel.opened else next(fitting, own)


def _groups(channel: DataChannel) -> Mapping[_Likeness, Ports]:
    samples = [one.channels for one in channel.retries if one.experiment in _SAMPLING]
    if not samples:
        return _shared(channel.beside)
    return _grouped(chain(channel.beside, *samples))


def sampled(channel: DataChannel) -> bool:
    """Ports were sampled already."""
    return bool(channel.tried(Experiment.PORT_SAMPLES))


def to_sample(channel: DataChannel) -> tuple[Experiment, ...]:
    """What would tell whether it is the port: where another passive data connection of a probe opened."""
    live = channel.session.method is not None
    return (Experiment.PORT_SAMPLES,) if live and not sampled(channel) and _disagree(channel) else ()


def is_alike(channel: DataChannel, port: int) -> bool:
    """Whether what stops a SYN to `port` stops the channel's: where some ports pass, it may be no concern of theirs."""
    ports = dialled(channel)
    if ports.mixed:
        return ports.stops(port)
    return sampled(channel) or not _disagree(channel) or len(_never(channel) | ports.failed | {port}) >= _DENSE


def samples_evidence(ports: Ports) -> tuple[Evidence, ...]:
    """What was dialled."""
    tried = f"{ports.looks} data connections to {ports.distinct} passive ports were tried alike"
    return (Evidence(text=f"{tried}: {ports.opened} opened, {ports.looks - ports.opened} did not."),)


def _never(channel: DataChannel) -> frozenset[int]:
    """The ports that failed by any method in the channel's encryption, where none passed so."""
    *encryption, _ = _likeness(channel)
    alike = [ports for (*whose, _), ports in _groups(channel).items() if whose == encryption]
    return frozenset() if any(one.passed for one in alike) else frozenset().union(*(one.failed for one in alike))


def _disagree(channel: DataChannel) -> bool:
    return any(one.mode is Mode.PASSIVE and one.opened for one in channel.beside)


_Likeness = tuple[str, int, Tls, Method]


def _likeness(channel: DataChannel) -> _Likeness:
    session = channel.session
    return session.server.host, session.server.port, session.tls, channel.method


@remembered()
def _shared(those: tuple[DataChannel, ...]) -> Mapping[_Likeness, Ports]:
    return _grouped(those)


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
    gaps = [after - before for (before, _), (after, _) in pairwise(marked)]
    apart = _APART * _usual(gaps) if gaps else 0
    return Ports(
        looks=len(seen),
        opened=sum(opened for _, opened in seen),
        distinct=len(marked),
        both=len(passed & failed),
        passed=passed,
        failed=failed,
        stretches=stretches,
        dense=tuple(_stretches(marked, apart)),
        chance=1.0 if passed & failed else _chance(len(stretches), len(passed), len(failed)),
        spells=len(tuple(groupby(seen, key=itemgetter(1)))),
    )


def _usual(gaps: Iterable[int]) -> float:
    from statistics import median  # noqa: PLC0415 - brings fractions and random, for those who dialled several ports

    return median(gaps)


def _stretches(marked: Iterable[tuple[int, bool]], apart: float = inf) -> Iterator[Stretch]:
    """Divided at least where neighbours are more than `apart` away from each other."""
    those: list[int] = []
    outcome = False
    for port, opened in marked:
        if those and (opened is not outcome or port - those[-1] > apart):
            yield Stretch(those[0], those[-1], outcome, len(those))
            those = []
        those.append(port)
        outcome = opened
    if those:
        yield Stretch(those[0], those[-1], outcome, len(those))


def _told(alike: tuple[Stretch, ...]) -> str:
    """Ranges of the same outcome, those of most ports by name."""
    named = sorted(sorted(alike, key=attrgetter("ports"), reverse=True)[:_NAMED])
    count = sum(one.ports for one in alike)
    names = [*map(str, named)]
    if others := count - sum(one.ports for one in named):
        names.append(f"{others} {'other' if others == 1 else 'others'}")
    ports = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    if count == 1:
        return f"{ports} {'passes' if alike[0].opened else 'does not'}"
    return f"{ports} {'pass' if alike[0].opened else 'do not'}"


def _chance(stretches: int, passed: int, failed: int) -> float:
    """Of all orders of so many ports that pass and that fail, the share with no more stretches than these."""
    ways = {2: 2, 3: passed + failed}.get(stretches)
    return min(1.0, ways / comb(passed + failed, failed)) if ways else 1.0
