"""The same sessions, seen by two taps -> whether each tap can have been where it is said to have been."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ftpdiag.facts.ends.matching import SAME_TIME, first
from ftpdiag.model import ControlSession, Flag, Party

_FLAGS = {Party.CLIENT: Flag.SYN, Party.SERVER: Flag.SYN | Flag.ACK}


class Contradicted(Exception):  # noqa: N818 - the declaration is at fault, not the program
    """The packets tell of other places. Its text is one sentence: what is wrong, and what to do."""


def swapped(pairs: Iterable[tuple[ControlSession, ControlSession]]) -> bool:
    """Whether packets of the client have come further at the nearer tap, and those of the server at the farther one.

    Each router takes one from the TTL. A proxy sends packets of its own, which tell nothing.
    """
    votes = [vote for near, far in pairs for vote in (_vote(near, far),) if vote is not None]
    return sum(votes) * 2 > len(votes)


def apart(near: Sequence[ControlSession], far: Sequence[ControlSession]) -> bool:
    """Whether both taps recorded sessions, and all of the one were over before those of the other began."""
    spans = [
        (min(one.lines[0].at for one in spoken), max(one.lines[-1].at for one in spoken))
        for sessions in (near, far)
        if (spoken := [one for one in sessions if one.lines])
    ]
    return len(spans) == len((near, far)) and max(spans)[0] > min(spans)[1] + SAME_TIME


def same(pairs: Iterable[tuple[ControlSession, ControlSession]]) -> bool:
    """Whether both taps are one: the same packets at the same times."""
    found = [[(one.packets, one.at) for one in (near.wire, far.wire) if one] for near, far in pairs]
    return bool(found) and all(len(two) == 2 and two[0] == two[1] for two in found)


def _vote(near: ControlSession, far: ControlSession) -> bool | None:
    """Whether this session was seen the other way round; none: nothing tells."""
    lost: list[int] = []
    for party in Party:
        here, there = first(near, _FLAGS[party]), first(far, _FLAGS[party])
        if here is None or there is None or here.seq != there.seq:
            return None
        lost.append(here.ttl - there.ttl if party is Party.CLIENT else there.ttl - here.ttl)
    return None if lost == [0, 0] else max(lost) <= 0
