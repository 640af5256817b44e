"""A data channel, and others between the same two hosts -> which of them came to be, and which the network stopped.

What one handshake cannot tell, the difference between two can; but chance makes differences too, so each is counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import chain, islice
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from ftpdiag.clues.addresses import local_kind
from ftpdiag.clues.refusals import address_declined, awaited, left_to_the_network, refusal
from ftpdiag.clues.remembered import PAIRS, remembered
from ftpdiag.clues.silence import ignored, too_soon, went_on
from ftpdiag.model import Answer, DataChannel, Endpoint, Evidence, Method, Mode, Opening, Tls, View
from ftpdiag.stacks import FIRST_REPETITION

ENOUGH = 500
"""Channels between two hosts that are looked at: of 20,000 sessions in one capture each cannot be held against each."""

USUAL_PORT = 21
"""IANA: the control port of FTP."""

SHOWN = 20
"""Ports that are named; the others are counted."""

KINDS = 8
"""Kinds of handshakes between two hosts that are remembered: a capture asks for them with each of its channels."""

OFTEN = 3
"""As many on either side, all of them alike, are no chance."""


class Tally(Struct, frozen=True, eq=False, kw_only=True):
    """Handshakes of one kind; known by being that tally, since it may hold hundreds."""

    passed: tuple[DataChannel, ...]
    stopped: tuple[DataChannel, ...]

    @property
    def only_passed(self) -> bool:
        """Each data connection came to be, and there was one."""
        return bool(self.passed) and not self.stopped

    @property
    def unknown(self) -> bool:
        """Nothing is known of any."""
        return not self.passed and not self.stopped

    @property
    def only_stopped(self) -> bool:
        """The network stopped each, and there was one."""
        return bool(self.stopped) and not self.passed


class _Kind(NamedTuple):
    """What handshakes have in common; none: they may differ in it."""

    mode: Mode
    family: int
    tls: Tls
    server: Endpoint | None = None
    port: int | None = None
    method: Method | None = None

    def of(self, one: DataChannel) -> bool:
        """Whether it is of this kind."""
        session = one.session
        return (
            (one.mode, session.family, session.tls) == (self.mode, self.family, self.tls)
            and self.server in {None, session.server}
            and self.port in {None, session.server.port}
            and self.method in {None, one.method}
        )


def in_the_clear(channel: DataChannel) -> Tally:
    """Without TLS, on the same control port. What stops another method only is beside the point."""
    every = _tally(channel, tls=Tls.NONE, server=channel.session.server)
    return every if channel.inferred or not every.passed else _stopped_by(channel.method, every)


def under_tls(channel: DataChannel) -> Tally:
    """Encrypted as `channel` is, on the same control port."""
    return _tally(channel, tls=channel.session.tls, server=channel.session.server)


def of_method(channel: DataChannel, method: Method) -> Tally:
    """In the clear, on the same control port."""
    return _tally(channel, tls=Tls.NONE, server=channel.session.server, method=method)


def on_port(channel: DataChannel, port: int) -> Tally:
    """In the clear, of the same server on the control port `port`."""
    return _tally(channel, tls=Tls.NONE, port=port)


def on_any_port(channel: DataChannel) -> Tally:
    """In the clear, by any method of the mode."""
    return _tally(channel, tls=Tls.NONE)


def _tally(
    channel: DataChannel,
    *,
    tls: Tls,
    server: Endpoint | None = None,
    port: int | None = None,
    method: Method | None = None,
) -> Tally:
    """Of the same mode and family, `channel` among them, made before or as an experiment."""
    kind = _Kind(channel.mode, channel.session.family, tls, server, port, method)
    beside = channel.beside or (channel,)
    if not channel.retries:
        return _shared(beside, kind)
    return _made(chain(islice(beside, ENOUGH), *(one.channels for one in channel.retries)), kind)


@remembered(KINDS)
def _shared(those: tuple[DataChannel, ...], kind: _Kind) -> Tally:
    return _made(islice(those, ENOUGH), kind)


def _made(channels: Iterable[DataChannel], kind: _Kind) -> Tally:
    those = tuple(filter(kind.of, channels))
    return Tally(passed=tuple(filter(passed, those)), stopped=tuple(filter(stopped, those)))


@lru_cache(maxsize=KINDS * PAIRS)
def _stopped_by(method: Method, tally: Tally) -> Tally:
    return replace(tally, stopped=tuple(one for one in tally.stopped if one.method is method))


def ports_of(channels: tuple[DataChannel, ...]) -> set[int]:
    """What was announced."""
    return {one.announced.port for one in channels if one.announced}


def called_behind_nat(channel: DataChannel) -> bool:
    """A call though PORT named an address that means nothing to the server: rewritten on the way, or overlooked."""
    announced, session = channel.announced, channel.session
    if not channel.opened or announced is None or session.client is None or announced.host != session.client.host:
        return False
    if session.client_seen_as is not None:
        return session.client_seen_as != announced.host
    at_client = any(one.view in {View.CLIENT_WIRE, View.CLIENT_SOCKET} for one in channel.openings)
    return at_client and bool(local_kind(announced.host)) and not local_kind(session.server.host)


def passed(channel: DataChannel) -> bool:
    """The data connection came to be; a passive one at the host of the control connection."""
    if channel.mode is Mode.ACTIVE:
        return channel.opened
    return any(one.established and one.target.host == channel.session.server.host for one in channel.openings)


def passed_again(channel: DataChannel) -> tuple[DataChannel, ...]:
    """The same handshake as an experiment, where the data connection came to be though the first did not."""
    session = channel.session
    like = (channel.method, session.tls, session.server)
    again = (one for retried in channel.retries for one in retried.channels)
    return tuple(one for one in again if (one.method, one.session.tls, one.session.server) == like and passed(one))


def stopped(channel: DataChannel) -> bool:
    """It was asked for and given the time, and did not come to be; no reply explains it but by its address."""
    if channel.opened or channel.announced is None or channel.unused or channel.session.shut_out:
        return False
    if address_declined(channel):
        return True
    seen = channel.wire or channel.socket
    return seen is not None and left_to_the_network(channel) and _in_vain(channel, seen)


def _in_vain(channel: DataChannel, seen: Opening) -> bool:
    if seen.answer is Answer.SILENT and seen.view is not View.CLIENT_SOCKET:
        return _repeated(channel, seen)
    if not awaited(channel) or (refusal(channel) is None and _hasty(channel)):
        return False
    if seen.answer is Answer.ABSENT:
        return _should_have_been_seen(channel, seen)
    return seen.answer in {Answer.SILENT, Answer.REFUSED, Answer.REJECTED}


def _repeated(channel: DataChannel, seen: Opening) -> bool:
    """A SYN that was not repeated may have been lost by chance; but one that came, and that its target ignored, not."""
    if seen.tries > 1 or refusal(channel):
        return True
    came = channel.mode is Mode.ACTIVE and seen.view is View.CLIENT_WIRE and ignored(seen)
    return came and (awaited(channel) or went_on(channel.session, seen))


def _should_have_been_seen(channel: DataChannel, seen: Opening) -> bool:
    near = seen.view in {View.CLIENT_WIRE, View.CLIENT_SOCKET}
    if channel.mode is Mode.ACTIVE:
        return near
    return refusal(channel) is not None or (near and channel.socket is not None)


def _hasty(channel: DataChannel) -> bool:
    """A lost SYN would not have been repeated."""
    if channel.mode is Mode.PASSIVE:
        return any(one.answer is Answer.SILENT and too_soon(one) for one in channel.openings)
    waited = channel.socket.waited if channel.socket else None
    return waited is not None and waited < FIRST_REPETITION


@lru_cache(maxsize=KINDS * PAIRS)
def counted(tally: Tally, which: str) -> Evidence:
    """How many came to be; `which` begins the sentence."""
    every = len(tally.passed) + len(tally.stopped)
    ports = tuple(dict.fromkeys(str(one.announced.port) for one in (*tally.passed, *tally.stopped) if one.announced))
    more = f" and {len(ports) - SHOWN} more" if len(ports) > SHOWN else ""
    named = ", ".join(ports[:SHOWN]) + more
    first = (*tally.passed, *tally.stopped)[0]
    return Evidence(
        text=f"{which} {len(tally.passed)} of {every} data connections opened: port{'s' * (every > 1)} {named}.",
        at=first.negotiation.at,
    )
