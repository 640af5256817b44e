"""An ICMP error's reason -> whether it says that the way or the host is missing, rather than that somebody minds.

What says so of a host says it of all attempts at that host about then, those that a router was silent about among them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from operator import attrgetter

from msgspec import Struct

from ftpdiag.clues.hops import answerer
from ftpdiag.clues.remembered import remembered
from ftpdiag.model import Answer, DataChannel, IcmpError, Mode, Opening, View

NOBODY_ANSWERS = frozenset({"host unreachable", "address unreachable"})
"""RFC 1812 §4.3.3.1 and RFC 4443 §3.1: the last router asked for the host by ARP or neighbour discovery in vain."""

NO_ROUTE = frozenset({"network unreachable", "no route to destination", "destination network unknown"})
"""RFC 1812 §4.3.3.1 and RFC 4443 §3.1: the router knows no way on."""

IN_CIRCLES = frozenset({"time exceeded in transit", "hop limit exceeded in transit"})
"""RFC 792 and RFC 4443 §3.3: too many routers were on the way, as in a loop."""

ABOUT_THEN = 5.0
"""Seconds in which a host does not come back unnoticed: a router asks three for it (RFC 4861 §10) before it says so."""

_ANSWERED = frozenset({Answer.ACCEPTED, Answer.REFUSED, Answer.REJECTED})


class _Answered(Struct, frozen=True, kw_only=True):
    """A passive attempt, and what came back."""

    at: float
    word: IcmpError | None
    """That nobody answers there; none: it was another answer."""


def said_beside(channel: DataChannel, wire: Opening) -> IcmpError | None:
    """A router's word that nobody answers for the host, to another attempt at a passive port of it at the same time.

    None too where anything else was answered there about then: what holds for one port may not hold for this one; and
    where it was tried for longer, for no router is silent so long for having said the same to another.
    """
    latest = max((one.at for one in wire.packets), default=wire.at)
    if latest - wire.at > ABOUT_THEN:
        return None
    of_host = _answers(channel.beside).get((wire.view, wire.target.host), ())
    first, last = wire.at - ABOUT_THEN, latest + ABOUT_THEN
    then = of_host[bisect_left(of_host, first, key=_AT) : bisect_right(of_host, last, key=_AT)]
    words = [one.word for one in then]
    return words[0] if words and None not in words else None


_AT = attrgetter("at")


@remembered()
def _answers(those: tuple[DataChannel, ...]) -> Mapping[tuple[View, str], Sequence[_Answered]]:
    known: dict[tuple[View, str], list[_Answered]] = defaultdict(list)
    for one in those:
        wire = one.wire
        if one.mode is Mode.PASSIVE and wire is not None and wire.answer in _ANSWERED:
            answer = answerer(wire)
            word = answer if isinstance(answer, IcmpError) and answer.reason in NOBODY_ANSWERS else None
            known[wire.view, wire.target.host].append(_Answered(at=word.at if word else wire.at, word=word))
    return {host: sorted(answers, key=_AT) for host, answers in known.items()}
