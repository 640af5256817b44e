"""Transfers that were held open -> what became of the control connection meanwhile."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from ftpdiag.clues.timers import timed_out
from ftpdiag.model import ControlSession, DataChannel, Experiment, Reply, Retried


class Outcome(Enum):
    """What became of it."""

    LIVED = "lived"
    REVIVED = "revived"
    """The server's word came only when the client had spoken again."""
    DIED = "died"
    TIMED_OUT = "timed-out"
    """The server said so, and closed it."""


class Held(Struct, frozen=True, kw_only=True):
    """One transfer that was held."""

    outcome: Outcome
    seconds: float
    """As long as it was to be held."""
    noop: float | None
    """Seconds between two NOOPs meanwhile; none: the control connection was idle."""
    session: ControlSession
    channel: DataChannel
    said: Reply | None
    """What the server said of its timer."""


def idle(session: ControlSession) -> Held | None:
    """The transfer that was held while the control connection was idle, if that was tried and came to stand."""
    return next((one for one in map(_held, session.retries) if one and one.noop is None), None)


def kept_alive(session: ControlSession) -> Held | None:
    """The same with NOOPs."""
    return next((one for one in map(_held, session.retries) if one and one.noop is not None), None)


def _held(retried: Retried) -> Held | None:
    channel = retried.channels[0] if retried.channels else None
    hold = retried.change.hold
    if retried.experiment is not Experiment.HELD_TRANSFER or hold is None or channel is None or not channel.carriage:
        return None
    said = timed_out(retried.session)
    return Held(
        outcome=Outcome.TIMED_OUT if said else _outcome(retried, channel),
        seconds=hold,
        noop=retried.change.noop,
        session=retried.session,
        channel=channel,
        said=said,
    )


def _outcome(retried: Retried, channel: DataChannel) -> Outcome:
    session = retried.session
    if session.hangup:
        return Outcome.DIED
    final = channel.transfer.final if channel.transfer else None
    asked = session.exchange("NOOP")
    if retried.change.noop is None and final and asked and asked.at < final.at:
        return Outcome.REVIVED
    return Outcome.LIVED
