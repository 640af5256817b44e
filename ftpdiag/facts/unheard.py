"""A control connection's packets -> what one side said on it, and the other did not hear: ever, or for long."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from operator import attrgetter

from ftpdiag.model import Endpoint, HeldUp, Party, Segment, Unacknowledged
from ftpdiag.stacks import HOPELESS
from ftpdiag.tcp import Connection, Half, Repeated

_REPEATED = 0.2
"""Seconds after which a segment that was lost is sent again, at the earliest; in less, packets overtake each other."""


def never(control: Connection, client: Endpoint, server: Endpoint) -> Unacknowledged | None:
    """The segment that was sent to the end, and never acknowledged."""
    sides = (
        (Party.CLIENT, control.halves[client].unacknowledged),
        (Party.SERVER, control.halves[server].unacknowledged),
    )
    left = [(party, *one) for party, one in sides if one]
    if not left:
        return None
    party, segment, tries = max(left, key=lambda one: one[2])
    pause = segment.at - _Spoken(control, client).before(segment)
    return Unacknowledged(sender=party, packet=segment, tries=tries, pause=pause)


def late(control: Connection, client: Endpoint, server: Endpoint) -> HeldUp | None:
    """What the server said after a pause, and did not get through before the client had spoken again."""
    half = control.halves[server]
    in_vain = [one for one in half.repeated.values() if one.tries >= HOPELESS and one.offset < half.acknowledged]
    if not in_vain and half.overtaken is None:
        return None
    spoken = _Spoken(control, client)
    sent = {run.end - len(run.payload): run.segment for run in half.ordered()}
    repeated = max(_repeated(in_vain, sent, spoken), key=lambda one: one.pause, default=None)
    return repeated or _overtaken(half, sent, spoken)


class _Spoken:
    """Who spoke when on a control connection."""

    def __init__(self, control: Connection, client: Endpoint) -> None:
        segments = (run.segment for half in control.halves.values() for run in half.ordered())
        everybody = sorted(segments, key=attrgetter("number"))
        self._began = control.began
        self._numbers = [one.number for one in everybody]
        self._latest = list(accumulate((one.at for one in everybody), max))
        self._words = sorted((one for one in everybody if one.source == client), key=attrgetter("at"))
        self._times = [one.at for one in self._words]

    def before(self, segment: Segment) -> float:
        """When either side had last said anything."""
        earlier = bisect_left(self._numbers, segment.number)
        return self._latest[earlier - 1] if earlier else self._began

    def by_client(self, until: float) -> Segment | None:
        """The client's last word."""
        words = bisect_right(self._times, until)
        return self._words[words - 1] if words else None


def _repeated(in_vain: Sequence[Repeated], sent: dict[int, Segment], spoken: _Spoken) -> Iterator[HeldUp]:
    """Seen near the server: sent again and again, and the client spoke all the same. `sent`: by offset, at first."""
    for again in in_vain:
        first, word = sent.get(again.offset), spoken.by_client(again.segment.at)
        if first and word and word.at > first.at:
            pause = first.at - spoken.before(first)
            yield HeldUp(packet=first, word=word, got_through=again.segment, tries=again.tries, pause=pause)


def _overtaken(half: Half, sent: dict[int, Segment], spoken: _Spoken) -> HeldUp | None:
    """Seen near the client: what acknowledges its word has a number behind bytes that have not come by yet."""
    if half.overtaken is None:
        return None
    offset, ahead = half.overtaken
    came, word = sent.get(offset), spoken.by_client(ahead.at)
    if came is None or word is None or came.at - ahead.at < _REPEATED:
        return None
    return HeldUp(packet=None, word=word, got_through=came, tries=1, pause=word.at - spoken.before(word))
