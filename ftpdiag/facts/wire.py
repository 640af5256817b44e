"""The packets of a recording, asked by view: who tried to open to whom, when."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from copy import copy
from typing import NamedTuple

from ftpdiag.facts.sides import Sides
from ftpdiag.model import Answer, ControlSession, Endpoint, IcmpError, Opening, Recording, Vantage, View
from ftpdiag.tcp import Call, Connection, Connections

_VIEWS = {
    Vantage.CLIENT: View.CLIENT_WIRE,
    Vantage.SERVER: View.SERVER_WIRE,
    Vantage.MIDDLE: View.MIDDLE_WIRE,
    # From an unknown place the packets tell what passed somewhere in between; they never tell whose host it was.
    Vantage.UNKNOWN: View.MIDDLE_WIRE,
}

STANDSTILL = 4.0
"""Seconds without a fresh byte that are no hiccup: by then TCP has repeated a lost segment four times (RFC 6298 §5.5,
from 0.2 s)."""

_SKEW = 0.05
"""Seconds by which a packet's kernel time may lie before the clock reading that the socket's record begins with."""


_EXPIRED = frozenset({"time exceeded in transit", "hop limit exceeded in transit"})

SHORTEST_LIFE = 32
"""The smallest TTL or hop limit that a system ever began with, and as many hops as a way has: a SYN that is below it
and comes to nothing was to expire on the way."""


def _limited(call: Call) -> bool:
    """It was not meant to arrive (traceroute over TCP, a low-TTL opener): no attempt to open anything."""
    answers = all(isinstance(one, IcmpError) and one.reason in _EXPIRED for one in call.answers)
    syns = call.syns and all(syn.ttl < SHORTEST_LIFE for syn in call.syns)
    return bool(syns) and answers and not call.established


class Control(NamedTuple):
    """A control connection whose dialogue was read."""

    call: Call
    closed: int | None
    """The number of the packet that ended it."""


_FEW = 8
"""Callers that are looked through one by one."""


class _Callers:
    """Calls by where they went to: mostly one, at times thousands, which are then known by host as well."""

    def __init__(self, calls: Iterable[Call]) -> None:
        self._of: dict[Endpoint, list[Call]] = {}
        self._by_host: dict[Endpoint, dict[str, list[Call]]] = {}
        for call in calls:
            for end in call.ends if call.guessed else (call.target,):
                if end in self._of:
                    self._of[end].append(call.toward(end))
                else:
                    self._of[end] = [call.toward(end)]

    def of(self, target: Endpoint, host: str | None) -> Sequence[Call]:
        """Those to `target`, of one host or of anybody."""
        calls = self._of.get(target, [])
        if host is None:
            return calls
        if len(calls) <= _FEW:
            return [one for one in calls if one.opener.host == host]
        if target not in self._by_host:
            self._by_host[target] = _by_host(calls)
        return self._by_host[target].get(host, [])


def _by_host(calls: Iterable[Call]) -> dict[str, list[Call]]:
    found: dict[str, list[Call]] = {}
    for call in calls:
        found.setdefault(call.opener.host, []).append(call)
    return found


class Wire:
    """What the packets show, and from which view."""

    def __init__(self, recording: Recording) -> None:
        self._connections = Connections(recording.packets)
        calls = self._connections.calls
        limited = {one for one in calls if _limited(one)}
        self.calls = tuple(one for one in calls if one not in limited)
        self.expiring = tuple((one.opener, one.target) for one in calls if one in limited)
        """Who sent SYNs to whom that were to expire on the way: a walk's, or a low-TTL opener's."""
        self._limited: dict[Endpoint, list[float]] = {}
        for one in limited:
            for end in (one.opener, one.target):
                self._limited.setdefault(end, []).append(one.began)
        self.view = _VIEWS.get(recording.vantage, View.MIDDLE_WIRE)
        source = recording.source
        self.placed = recording.vantage is not Vantage.UNKNOWN
        """Where the packets were captured is known; else each session's tell, or do not."""
        self.watched = source.sniffed if source.target else True
        self.certain = self.watched and not source.packets_dropped and not source.elsewhere
        """Nothing was lost and there is no other way: what was not seen did not pass."""
        self.skew = _SKEW if source.target else 0.0
        seen = self._connections.ended if recording.packets else float("inf")
        self.ended = seen if recording.ended is None else recording.ended
        """When the latest packet passed, as far as is known."""
        for times in self._limited.values():
            times.sort()
        self._callers = _Callers(self.calls)
        self._sides = Sides(self.calls)

    def around(self, session: ControlSession) -> Wire:
        """The same packets, seen from where those of `session` were captured."""
        if self.placed or session.place is None:
            return self
        placed = copy(self)
        placed.view = _VIEWS.get(session.place.vantage, View.MIDDLE_WIRE)
        return placed

    def unseen(self) -> Wire:
        """The view of a session that passes by where we listen: it tells nothing."""
        blind = copy(self)
        blind.watched = blind.certain = False
        return blind

    def connection(self, call: Call) -> Connection:
        """What became of a call: read anew from its packets, for a capture may have too many to know all at once."""
        return self._connections.whole(call)

    def opening(self, call: Call) -> Opening:
        """A call as this view saw it."""
        return self._sides.told(call.opening(self.view))

    def callers(self, target: Endpoint, opener: str | None = None) -> Sequence[Call]:
        """The attempts to open to `target`, in the order of their numbers: of one host, or of anybody."""
        return self._callers.of(target, opener)

    def control(self, client: Endpoint | None, server: Endpoint, since: float) -> Call | None:
        """The control connection between two endpoints; where ours is not known, the one that did not come to be."""
        recent = (one for one in self.callers(server) if since - self.skew <= one.began)
        return next((c for c in recent if (c.opener == client if client else not c.established)), None)

    def tried(self, control: Call, end: Endpoint | None) -> bool:
        """During `control` a SYN to or from `end` was to expire on the way: a walk's, or a low-TTL opener's."""
        began = self._limited.get(end, ()) if end else ()
        first = bisect_left(began, control.began)
        return first < len(began) and began[first] <= control.last

    def absent(self, at: float, opener: Endpoint, target: Endpoint) -> Opening:
        """An opening that this view did not see, though it was watched."""
        return Opening(at=at, opener=opener, target=target, answer=Answer.ABSENT, view=self.view)
