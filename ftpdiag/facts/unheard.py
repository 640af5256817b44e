"""A control connection's packets -> what one side said on it, and the other did not hear: ever, or for long."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from ftpdiag.clues.silence import HOPELESS
from ftpdiag.model import Endpoint, HeldUp, Party, Segment, Unacknowledged
from ftpdiag.tcp import Connection, Half

_REPEATED = 0.2
"""Seconds after which a segment that was lost is sent again, at the earliest; in less, packets overtake each other."""


def never(control: Connection, client: Endpoint, server: Endpoint) -> Unacknowledged | None:
    """The segment that was sent to the end, and never acknowledged."""
    found = (
        Unacknowledged(sender=party, packet=left[0], tries=left[1], pause=left[0].at - _spoken_before(control, left[0]))
        for party, end in ((Party.CLIENT, client), (Party.SERVER, server))
        if (left := control.halves[end].unacknowledged)
    )
    return max(found, key=lambda one: one.tries, default=None)


def late(control: Connection, client: Endpoint, server: Endpoint) -> HeldUp | None:
    """What the server said after a pause, and did not get through before the client had spoken again."""
    repeated = max(_repeated(control, client, server), key=lambda one: one.pause, default=None)
    return repeated or next(_overtaken(control, client, server), None)


def _repeated(control: Connection, client: Endpoint, server: Endpoint) -> Iterator[HeldUp]:
    """Seen near the server: sent again and again, in vain."""
    half = control.halves[server]
    for again in half.repeated.values():
        if again.tries < HOPELESS or again.offset >= half.acknowledged:
            continue
        first = _at(half, again.offset)
        word = first and _spoken_between(control, client, first.at, again.segment.at)
        if first and word:
            pause = first.at - _spoken_before(control, first)
            yield HeldUp(packet=first, word=word, got_through=again.segment, tries=again.tries, pause=pause)


def _overtaken(control: Connection, client: Endpoint, server: Endpoint) -> Iterator[HeldUp]:
    """Seen near the client: what acknowledges its word has a number behind bytes that have not come by yet."""
    half = control.halves[server]
    if half.overtaken is None:
        return
    offset, ahead = half.overtaken
    came = _at(half, offset)
    word = _spoken_between(control, client, control.began, ahead.at)
    if came and word and came.at - ahead.at >= _REPEATED:
        yield HeldUp(packet=None, word=word, got_through=came, tries=1, pause=word.at - _spoken_before(control, word))


def _at(half: Half, offset: int) -> Segment | None:
    """What brought the bytes from that offset on."""
    return next((run.segment for run in half.ordered() if run.end - len(run.payload) == offset), None)


def _spoken_between(control: Connection, client: Endpoint, start: float, end: float) -> Segment | None:
    """The client's last word in that time."""
    said = [run.segment for run in control.halves[client].ordered() if start < run.segment.at <= end]
    return said[-1] if said else None


def _spoken_before(control: Connection, segment: Segment) -> float:
    """When either side had last said anything."""
    runs = chain.from_iterable(half.ordered() for half in control.halves.values())
    return max((run.segment.at for run in runs if run.segment.number < segment.number), default=control.began)
