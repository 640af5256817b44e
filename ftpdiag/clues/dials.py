"""Calls to passive ports -> when after the announcement each was made, and whether it was let in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from msgspec import Struct

from ftpdiag.clues.remembered import remembered
from ftpdiag.model import Answer, DataChannel, Endpoint, Evidence, Experiment, Mode

MANY = 200
"""Channels between two hosts that are looked at: of 20,000 in a capture each cannot be held against each."""

FEW = 3
"""More of the same convinces nobody."""

_TOLD = frozenset({Answer.ACCEPTED, Answer.REFUSED})


class Call(Struct, frozen=True, kw_only=True):
    """One attempt to open to an announced port."""

    after: float
    """Seconds since the reply that announced it."""
    opened: bool


class Dialled(Struct, frozen=True, kw_only=True):
    """One announced port, with the calls to it in order."""

    port: int
    calls: tuple[Call, ...]

    @property
    def turned(self) -> bool:
        """Refused first, and open in the end."""
        return len(self.calls) > 1 and not self.calls[0].opened and self.calls[-1].opened


class Calls(Struct, frozen=True, kw_only=True):
    """The calls to all passive ports that sessions with one server were given."""

    at_once: bool
    """Some port opened to its first call."""
    turned: tuple[Dialled, ...]
    last_refused: float
    """Seconds from the announcement to the latest call that was refused."""
    first_opened: float
    """The same to the earliest that was let in."""


def calls(channel: DataChannel) -> Calls:
    """Those to ports of the channel's server, before and as an experiment."""
    beside, server = channel.beside or (channel,), channel.session.server
    again = [one.channels for one in channel.retries if one.experiment in _DIALLING]
    if not again:
        return _shared(beside, server)
    return _counted(chain(islice(beside, MANY), *again), server)


@remembered()
def _shared(those: tuple[DataChannel, ...], server: Endpoint) -> Calls:
    return _counted(islice(those, MANY), server)


def _counted(channels: Iterable[DataChannel], server: Endpoint) -> Calls:
    dialled = tuple(_dialled(channels, server))
    every = [call for one in dialled for call in one.calls]
    return Calls(
        at_once=any(one.calls[0].opened for one in dialled),
        turned=tuple(one for one in dialled if one.turned),
        last_refused=max((call.after for call in every if not call.opened), default=0.0),
        first_opened=min((call.after for call in every if call.opened), default=float("inf")),
    )


_DIALLING = frozenset({Experiment.DIAL_AGAIN, Experiment.PORT_SAMPLES})


def redialled(channel: DataChannel) -> bool:
    """The experiment was made."""
    return bool(channel.tried(Experiment.DIAL_AGAIN))


def to_dial_again(channel: DataChannel) -> tuple[Experiment, ...]:
    """What would tell whether a port that refuses does so always; of a probe."""
    live = channel.session.method is not None
    return (Experiment.DIAL_AGAIN,) if live and not redialled(channel) else ()


def calls_evidence(dialled: Iterable[Dialled]) -> Iterator[Evidence]:
    """Of a few."""
    for one in islice(dialled, FEW):
        shown = ", ".join(f"{call.after:.1f} s {'open' if call.opened else 'refused'}" for call in one.calls)
        yield Evidence(text=f"Port {one.port}, after it was announced: {shown}.")


def _dialled(channels: Iterable[DataChannel], server: Endpoint) -> Iterator[Dialled]:
    for one in channels:
        if one.mode is Mode.PASSIVE and one.session.server == server and not one.inferred and one.announced:
            made = tuple(_calls(one))
            if made:
                yield Dialled(port=one.announced.port, calls=made)


def _calls(channel: DataChannel) -> Iterator[Call]:
    reply, seen = channel.negotiation.final, channel.wire or channel.socket
    for one in sorted(channel.openings, key=lambda one: one.at):
        if reply and seen and one.view is seen.view and one.answer in _TOLD:
            yield Call(after=one.at - reply.at, opened=one.established)
