"""Calls to passive ports -> when after the announcement each was made, and whether it was let in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from ftpdiag.model import Answer, DataChannel, Evidence, Experiment, View

MANY = 500
"""Channels between two hosts that are looked at: of 20,000 in a capture each cannot be held against each."""

_TOLD = frozenset({Answer.ACCEPTED, Answer.REFUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One attempt to open to an announced port."""

    after: float
    """Seconds since the reply that announced it."""
    opened: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialled:
    """One announced port, with the calls to it in order."""

    port: int
    calls: tuple[Call, ...]

    @property
    def turned(self) -> bool:
        """Refused first, and open in the end."""
        return len(self.calls) > 1 and not self.calls[0].opened and self.calls[-1].opened


def dialled_alike(channel: DataChannel) -> tuple[Dialled, ...]:
    """The passive ports announced by sessions with the same server, before and as an experiment."""
    known = islice(channel.beside or (channel,), MANY)
    again = chain.from_iterable(one.channels for one in channel.retries if one.experiment in _DIALLING)
    alike = (one for one in chain(known, again) if _alike(one, channel))
    return tuple(filter(lambda one: one.calls, (_dialled(one) for one in alike)))


_DIALLING = frozenset({Experiment.DIAL_AGAIN, Experiment.PORT_SAMPLES})


def redialled(channel: DataChannel) -> bool:
    """The experiment was made."""
    return any(one.experiment is Experiment.DIAL_AGAIN for one in channel.retries)


def to_dial_again(channel: DataChannel) -> tuple[Experiment, ...]:
    """What would tell whether a port that refuses does so always; of a probe."""
    live = channel.session.method is not None
    return (Experiment.DIAL_AGAIN,) if live and not redialled(channel) else ()


def calls_evidence(dialled: tuple[Dialled, ...]) -> Iterator[Evidence]:
    """Those that were repeated."""
    for one in dialled:
        if len(one.calls) > 1:
            shown = ", ".join(f"{call.after:.1f} s {'open' if call.opened else 'refused'}" for call in one.calls)
            yield Evidence(text=f"Port {one.port}, after it was announced: {shown}.")


def _alike(one: DataChannel, channel: DataChannel) -> bool:
    return one.mode is channel.mode and one.session.server == channel.session.server and not one.inferred


def _dialled(channel: DataChannel) -> Dialled:
    reply, seen = channel.negotiation.final, channel.wire or channel.socket
    view = seen.view if seen else View.CLIENT_SOCKET
    calls = tuple(
        Call(after=one.at - reply.at, opened=one.established)
        for one in sorted(channel.openings, key=lambda one: one.at)
        if reply and one.view is view and one.answer in _TOLD
    )
    return Dialled(port=channel.announced.port if channel.announced else 0, calls=calls)
