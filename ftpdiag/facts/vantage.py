"""A control connection's packets -> where they were captured, and how that is told; or why it cannot be.

Three signs. A packet that its sender's system has just made has the TTL or hop limit that systems start with, and
every router takes one away. The checksum of a packet that has yet to leave its host is often left to the network card.
Where a capture is made at one end, that end answers the handshake at once. Signs that disagree tell nothing.

Segments longer than the path carries are no sign: a Linux host cuts them after its tap when it sends (TSO), and joins
them ahead of it when it receives or forwards (GRO).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from ftpdiag.model import Endpoint, Flag, Party, Place, Segment, Vantage
from ftpdiag.stacks import INITIAL, VERY_OLD
from ftpdiag.tcp import Connection

_OBSCURE = VERY_OLD
"""So few left are perhaps nearly all of an old system's, perhaps the rest of many."""

_ENOUGH = 16
"""Packets of a side to look at: a route, or a device that answers in its name, shows early."""

_AT_ONCE, _LATER = 0.0001, 0.0005
"""Seconds within which a system answers a handshake; after which, at the earliest, the answer is one that travelled.

Between two machines on one switch the two are too close to be told apart.
"""

_TOO_FAR = 3
"""Hops that nothing passes twice at once: whoever seems so far away, and answers at once, started with another TTL."""

_ENDS = {Party.CLIENT: Vantage.CLIENT, Party.SERVER: Vantage.SERVER}


def inferred(connection: Connection, client: Endpoint, server: Endpoint) -> Place:
    """Where the control connection from `client` to `server` was captured."""
    if client.host == server.host:
        return Place(vantage=Vantage.BOTH, reason="Client and server are one machine.")
    ends = {Party.CLIENT: client, Party.SERVER: server}
    hops = {party: _hops(connection, end) for party, end in ends.items()}
    places = [place for place in (_by_hops(hops), _by_checksums(connection, ends)) if place]
    at_once = _by_times(connection, ends)
    if at_once and not places:
        places.append(at_once)
    if len({place.vantage for place in places}) > 1 or (at_once and _belied(places[0], at_once, hops)):
        return Place(vantage=Vantage.UNKNOWN, reason="The packets disagree about where they were captured.")
    return places[0] if places else Place(vantage=Vantage.UNKNOWN, reason=_doubt(hops))


def common(places: Iterable[Place | None]) -> Place | None:
    """Where sessions were captured that all were at one place, but for those that do not tell; none: there are none."""
    found = dict.fromkeys(place for place in places if place)
    told = {place.vantage: place for place in found if place.vantage is not Vantage.UNKNOWN}
    if len(told) > 1:
        several = " and ".join(sorted(told))
        return Place(
            vantage=Vantage.UNKNOWN, reason=f"By their packets, sessions were captured at several places: {several}."
        )
    return next(iter((*told.values(), *found)), None)


def told(place: Place, said: Vantage) -> str | None:
    """Why the packets tell that place; of an end that was said, only what speaks against it.

    A capture in the middle may be made right beside an end, and looks like one made there.
    """
    if said is Vantage.UNKNOWN:
        return place.reason
    if said not in _ENDS.values() or place.vantage in {said, Vantage.UNKNOWN, Vantage.BOTH}:
        return None
    return (
        f"It is taken as captured at the {said}, as --vantage says, though the packets tell otherwise: leave that out "
        f"to go by them. {place.reason}"
    )


def _hops(connection: Connection, end: Endpoint) -> frozenset[int]:
    """How many routers each of a side's packets had passed; none where that cannot be told.

    A RST counts where there is nothing else, and a router had passed it on: whoever sent it is farther away.
    """
    own = _travelled(islice(_sent(connection, end), _ENOUGH))
    return own or _travelled(_resets(connection, end)) - {0}


def _travelled(packets: Iterable[Segment]) -> frozenset[int]:
    told = {one.ttl for one in packets if one.ttl > _OBSCURE}
    return frozenset(next(initial for initial in INITIAL if initial >= ttl) - ttl for ttl in told)


def _sent(connection: Connection, end: Endpoint) -> Iterator[Segment]:
    """A side's packets but for RSTs, which others may send in its name."""
    yield from _openers(connection, end)
    yield from (run.segment for run in connection.halves[end].ordered())


def _resets(connection: Connection, end: Endpoint) -> Iterator[Segment]:
    for packet in connection.answers:
        if isinstance(packet, Segment) and packet.flags & Flag.RST and packet.source == end:
            yield packet


def _openers(connection: Connection, end: Endpoint) -> Iterator[Segment]:
    """A side's SYNs or SYN-ACKs."""
    for packet in (*connection.syns, *connection.answers):
        if isinstance(packet, Segment) and packet.flags & Flag.SYN and packet.source == end:
            yield packet


def _by_hops(hops: Mapping[Party, frozenset[int]]) -> Place | None:
    here = [party for party, counts in hops.items() if counts == {0}]
    away = [party for party, counts in hops.items() if counts and 0 not in counts]
    if len(away) == 2:
        client, server = (min(hops[party]) for party in (Party.CLIENT, Party.SERVER))
        reason = f"The client's packets had travelled {_counted(client)}, the server's {server}: captured in between."
        return Place(vantage=Vantage.MIDDLE, reason=reason)
    if not (here and away):
        return None
    (near,), (far,) = here, away
    reason = f"The {far}'s packets had travelled {_counted(min(hops[far]))}, the {near}'s none: "
    reason += f"captured at the {near} or next to it."
    return Place(vantage=_ENDS[near], reason=reason)


def _counted(hops: int) -> str:
    return "1 hop" if hops == 1 else f"{hops} hops"


def _by_checksums(connection: Connection, ends: Mapping[Party, Endpoint]) -> Place | None:
    left = {party: {one.checksum_left for one in _openers(connection, end)} for party, end in ends.items()}
    for party, end in _ENDS.items():
        if left[party] == {True} and left[party.peer] == {False}:
            reason = f"The {party}'s checksums were still left to its network card: captured at the {party}."
            return Place(vantage=end, reason=reason)
    return None


def _by_times(connection: Connection, ends: Mapping[Party, Endpoint]) -> Place | None:
    answers = list(_openers(connection, connection.target))
    if not (len(connection.syns) == len(answers) == 1 and connection.acknowledged):
        return None
    gaps = (answers[0].at - connection.syns[0].at, connection.acknowledged - answers[0].at)
    by_target, by_opener = (0 <= gap <= _AT_ONCE for gap in gaps)
    if max(gaps) < max(_LATER, 10 * min(gaps)) or by_target is by_opener:
        return None
    answerer = connection.target if by_target else connection.opener
    party = next(party for party, end in ends.items() if end == answerer)
    reason = f"The {party} answered the handshake at once, the {party.peer} later: captured at the {party}."
    return Place(vantage=_ENDS[party], reason=reason)


def _belied(place: Place, at_once: Place, hops: Mapping[Party, frozenset[int]]) -> bool:
    """Whether the time that an end took to answer speaks against what the other signs say."""
    if place.vantage is at_once.vantage:
        return False
    party = next(party for party, end in _ENDS.items() if end is at_once.vantage)
    return place.vantage is not Vantage.MIDDLE or min(hops[party]) >= _TOO_FAR


def _doubt(hops: Mapping[Party, frozenset[int]]) -> str:
    if all(counts == {0} for counts in hops.values()):
        return "Neither side's packets had passed a router: captured anywhere on the network of both."
    if not all(hops.values()):
        return "Too little was seen of one side to tell where the packets were captured."
    return "The packets do not tell where they were captured."
