"""The same sessions, seen by two taps -> by how much the second tap's clock is ahead of the first's.

No packet arrives before it was sent: what the client sends bounds the difference from above, what the server sends from
below, and the truth lies in between. Where that leaves room for none, none is assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ftpdiag.facts.ends.matching import first, words
from ftpdiag.model import ControlSession, Flag, Party

_A_WAY = 1.0
"""Seconds: longer than a packet travels."""

_HANDSHAKE = ((Party.CLIENT, Flag.SYN), (Party.SERVER, Flag.SYN | Flag.ACK))


def shift(pairs: Iterable[tuple[ControlSession, ControlSession]]) -> float:
    """Seconds; each pair is the session as the nearer tap (to the client) saw it, and as the farther one did."""
    above: list[float] = []
    below: list[float] = []
    for near, far in pairs:
        for sender, difference in (*_handshake(near, far), *_dialogue(near, far)):
            (above if sender is Party.CLIENT else below).append(difference)
    if not above or not below:
        return next((one for one in (*above, *below) if abs(one) > _A_WAY), 0.0)
    most, least = min(above), max(below)
    return 0.0 if least <= 0 <= most else (least + most) / 2


def _handshake(near: ControlSession, far: ControlSession) -> Iterator[tuple[Party, float]]:
    for sender, flags in _HANDSHAKE:
        here, there = first(near, flags), first(far, flags)
        if here and there and here.seq == there.seq:  # a proxy answers SYNs itself, before the server does
            yield sender, there.at - here.at


def _dialogue(near: ControlSession, far: ControlSession) -> Iterator[tuple[Party, float]]:
    if words(near.lines) == words(far.lines):
        for one, other in zip(near.lines, far.lines, strict=True):
            yield one.sender, other.at - one.at
