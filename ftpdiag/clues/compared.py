"""A data channel, and others between the same two hosts -> which of them came to be, and which the network stopped.

What one handshake cannot tell, the difference between two can; but chance makes differences too, so each is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice

from ftpdiag.clues.addresses import local_kind
from ftpdiag.clues.refusals import Declined, awaited, left_to_the_network, refusal
from ftpdiag.clues.silence import FIRST_REPETITION, ignored, too_soon, went_on
from ftpdiag.model import Answer, DataChannel, Evidence, Method, Mode, Opening, Tls, View

ENOUGH = 500
"""Channels between two hosts that are looked at: of 20,000 sessions in one capture each cannot be held against each."""

USUAL_PORT = 21
"""IANA: the control port of FTP."""

OFTEN = 3
"""As many on either side, all of them alike, are no chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Handshakes of one kind."""

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


def tally(channel: DataChannel, alike: Callable[[DataChannel], bool]) -> Tally:
    """Of the same mode and family those that are `alike`, `channel` among them, made before or as an experiment."""
    those = [one for one in _known(channel) if alike(one)]
    return Tally(passed=tuple(filter(passed, those)), stopped=tuple(filter(stopped, those)))


def in_the_clear(channel: DataChannel) -> Tally:
    """Without TLS, on the same control port. What stops another method only is beside the point."""

    def clear(one: DataChannel) -> bool:
        return one.session.tls is Tls.NONE and one.session.server == channel.session.server

    every = tally(channel, clear)
    same = [one for one in every.stopped if one.method is channel.method]
    return every if channel.inferred or not every.passed else replace(every, stopped=tuple(same))


def under_tls(channel: DataChannel) -> Tally:
    """Encrypted as `channel` is, on the same control port."""
    own = channel.session
    return tally(channel, lambda one: (one.session.tls, one.session.server) == (own.tls, own.server))


def of_method(channel: DataChannel, method: Method) -> Tally:
    """In the clear, on the same control port."""
    own = channel.session

    def alike(one: DataChannel) -> bool:
        return one.method is method and one.session.tls is Tls.NONE and one.session.server == own.server

    return tally(channel, alike)


def on_port(channel: DataChannel, port: int) -> Tally:
    """In the clear, of the same server on the control port `port`."""
    return tally(channel, lambda one: one.session.tls is Tls.NONE and one.session.server.port == port)


def apart(these: tuple[DataChannel, ...], those: tuple[DataChannel, ...]) -> bool:
    """All passive ports of the one lie below all of the other: that may be what makes the difference."""
    one, two = ports_of(these), ports_of(those)
    return these[0].mode is Mode.PASSIVE and (max(one) < min(two) or max(two) < min(one))


def ports_of(channels: tuple[DataChannel, ...]) -> set[int]:
    """What was announced."""
    return {one.announced.port for one in channels if one.announced}


def called_behind_nat(channel: DataChannel) -> bool:
    """A call to an address that the server cannot have known: what the client announced was rewritten."""
    announced, session = channel.announced, channel.session
    if not channel.opened or announced is None or session.client is None or announced.host != session.client.host:
        return False
    if session.client_seen_as is not None:
        return session.client_seen_as != announced.host
    at_client = any(one.view in {View.CLIENT_WIRE, View.CLIENT_SOCKET} for one in channel.openings)
    return at_client and bool(local_kind(announced.host)) and not local_kind(session.server.host)


def _known(channel: DataChannel) -> Iterator[DataChannel]:
    again = chain.from_iterable(one.channels for one in channel.retries)
    for one in chain(islice(channel.beside or (channel,), ENOUGH), again):
        if (one.mode, one.session.family) == (channel.mode, channel.session.family):
            yield one


def passed(channel: DataChannel) -> bool:
    """The data connection came to be; a passive one at the host of the control connection."""
    if channel.mode is Mode.ACTIVE:
        return channel.opened
    return any(one.established and one.target.host == channel.session.server.host for one in channel.openings)


def stopped(channel: DataChannel) -> bool:
    """It was asked for and given the time, and did not come to be; no reply explains it but by its address."""
    if channel.opened or channel.announced is None or channel.unused:
        return False
    said = refusal(channel)
    if said and said.what is Declined.ADDRESS:
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


def counted(tally: Tally, which: str) -> Evidence:
    """How many came to be; `which` begins the sentence."""
    every = len(tally.passed) + len(tally.stopped)
    ports = ", ".join(
        dict.fromkeys(str(one.announced.port) for one in (*tally.passed, *tally.stopped) if one.announced)
    )
    first = (*tally.passed, *tally.stopped)[0]
    return Evidence(
        text=f"{which} {len(tally.passed)} of {every} data connections opened: port{'s' * (every > 1)} {ports}.",
        at=first.negotiation.at,
    )
