"""The handshakes of a capture -> on how many sides of a router, where it holds several, each was seen."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby, pairwise

from msgspec.structs import replace

from ftpdiag.model import ECHO, Flag, Opening, Segment
from ftpdiag.tcp import Call


class Sides:
    """SYNs and SYN-ACKs that came out of a router as well, at once and with a hop less.

    Their sequence numbers tell them, which a NAT leaves alone.
    """

    def __init__(self, calls: Iterable[Call]) -> None:
        handshakes = sorted(
            (one for call in calls for one in call.handshake), key=lambda one: (*_kind(one), one.at, -one.ttl)
        )
        routed = ((kind, _routed(copies)) for kind, copies in groupby(handshakes, key=_kind))
        self._routed = {kind: count for kind, count in routed if count}

    def told(self, opening: Opening) -> Opening:
        """The opening, with the sides on which its SYN and its SYN-ACK were seen."""
        if not self._routed:
            return opening
        asked, answered = (self._most(opening, flags) for flags in (Flag.SYN, Flag.SYN | Flag.ACK))
        return replace(opening, sides=1 + asked, answer_sides=1 + answered)

    def _most(self, opening: Opening, flags: int) -> int:
        ours = (
            one for one in opening.packets if isinstance(one, Segment) and one.flags & (Flag.SYN | Flag.ACK) == flags
        )
        return max((self._routed.get(_kind(one), 0) for one in ours), default=0)


def _kind(segment: Segment) -> tuple[int, bool]:
    return segment.seq, bool(segment.flags & Flag.ACK)


def _routed(copies: Iterable[Segment]) -> int:
    """How many routers passed one of them on."""
    routers = most = 0
    for one, other in pairwise(copies):
        passed_on = other.ttl == one.ttl - 1 and other.at - one.at < ECHO
        routers = routers + 1 if passed_on else 0
        most = max(most, routers)
    return most
