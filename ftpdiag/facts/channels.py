"""A session -> the data connections it negotiated, whether or not they came."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise, takewhile
from typing import NamedTuple

from msgspec.structs import replace

from ftpdiag import ftp
from ftpdiag.facts.carriage import carried, with_losses
from ftpdiag.facts.wire import Control, Wire
from ftpdiag.model import (
    Attempt,
    ControlSession,
    DataChannel,
    Endpoint,
    Exchange,
    Flag,
    Method,
    Opening,
    Party,
    Segment,
)
from ftpdiag.tcp import Call, Connection

_PASSIVE_REPLIES = frozenset({227, 228, 229})
"""They name an endpoint, for PASV, LPSV and EPSV."""

SWAPPED = 0.05
"""Seconds by which a tap with several queues may hand out a data connection before the reply that announced it."""


def from_sockets(
    session: ControlSession, attempt: Attempt, wire: Wire, others: Collection[Attempt] = ()
) -> Iterator[DataChannel]:
    """A live probe's, with what its sockets saw and what the wire saw. `others`: all attempts of the probe."""
    for channel, next_at, _ in _negotiated(session):
        since, until = channel.negotiation.at - wire.skew, min(next_at, attempt.ended)
        port = channel.announced.port if channel.announced else 0
        openings = [one for one in attempt.openings[1:] if one.target.port == port and _its_time(channel, one, next_at)]
        found = [one for calls in _callers(channel, wire, openings) for one in calls if since <= one.began < until]
        seen = _in_order(channel, found)
        if channel.mode.opener is Party.CLIENT:  # sessions side by side may be told the same port
            ours = {one.opener for one in openings}
            seen = [one for one in seen if one.opener in ours] or seen
        else:  # one that ends leaves its port to the next
            seen = [one for one in seen if one.began >= channel.negotiation.at or not _called(one, attempt, others)]
        openings += _wire_openings(channel, wire, openings, seen)
        connections = [wire.connection(one) for one in seen]
        own = (one for one in attempt.carriages if port in {one.local.port, one.remote.port})
        yield replace(
            channel,
            openings=tuple(_decisive_first(channel, openings)),
            carriages=tuple(with_losses(one, connections, channel) for one in own),
            strangers=attempt.strangers,
            reset=_data_reset(channel, connections),
        )


def _called(call: Call, attempt: Attempt, others: Iterable[Attempt]) -> bool:
    """Another session listened there at that time."""
    return any(
        one is not attempt
        and one.began <= call.began <= one.ended
        and any(opening.target == call.target for opening in one.openings[1:])
        for one in others
    )


def _its_time(channel: DataChannel, opening: Opening, next_at: float) -> bool:
    """A server may announce the same port again; but a client may listen before it announces that."""
    return channel.mode.opener is Party.SERVER or channel.negotiation.at <= opening.at < next_at


def from_packets(session: ControlSession, control: Control, wire: Wire) -> Iterator[DataChannel]:
    """A capture's, with what the wire saw."""
    negotiated = [one for one in _negotiated(session) if not wire.tried(control.call, one.channel.announced)]
    turns = _turns([one.channel for one in negotiated], control.closed)
    for (channel, _, further), turn in zip(negotiated, turns, strict=True):
        calls = _its_own(channel, turn, _callers(channel, wire, []))
        for one, own in _each_transfer(channel, further, calls):
            yield observed(one, own, wire)


def _each_transfer(
    channel: DataChannel, further: tuple[Exchange, ...], calls: list[Call]
) -> list[tuple[DataChannel, list[Call]]]:
    """A negotiation may do for several transfers (RFC 959 §3.3): one channel for each that has a connection of its own.

    What did not come to stand is no sign: whoever listens need not do so twice.
    """
    begins, before = [float("-inf")], channel.transfer
    for transfer in further:
        over = before.final.at if before and before.final else transfer.at
        begins.append(max(begins[-1], over))
        before = transfer
    during: list[list[Call]] = [[] for _ in begins]
    for call in calls:
        during[bisect_right(begins, call.began) - 1].append(call)
    parts = [(channel, during[0])]
    for transfer, own in zip(further, during[1:], strict=True):
        if parts[-1][1] and any(call.established for call in own):
            parts.append((replace(channel, transfer=transfer), own))
        else:
            parts[-1][1].extend(own)
    return parts


def observed(channel: DataChannel, calls: list[Call], wire: Wire) -> DataChannel:
    """A capture's channel with what the wire saw of the attempts to open it."""
    attempts = [wire.connection(one) for one in calls]
    refused = [one for one in attempts if _refused_stranger(channel, one)]
    stood = [one for one in attempts if one.established and one not in refused]
    return replace(
        channel,
        openings=tuple(_decisive_first(channel, _wire_openings(channel, wire, [], calls))),
        carriages=tuple(carried(one, channel) for one in stood),
        strangers=tuple(one.opener for one in refused),
        reset=_data_reset(channel, attempts),
    )


class _Turn(NamedTuple):
    """The packets, by number, at which an endpoint is that of one negotiation and of no other of its session."""

    since: int
    until: int | None
    first: bool
    """The session had not negotiated that port before."""


def _turns(channels: Sequence[DataChannel], closed: int | None) -> list[_Turn]:
    """Of each channel: it lasts until the same port is negotiated again, or the session is `closed`."""
    ports = [channel.announced.port if channel.announced else None for channel in channels]
    firsts = {port: place for place, port in reversed([*enumerate(ports)])}
    next_at: dict[int | None, int] = {}
    turns = []
    for place, channel in reversed([*enumerate(channels)]):
        port, number = ports[place], channel.negotiation.packet or 0
        turns.append(_Turn(since=number, until=next_at.get(port, closed), first=firsts[port] == place))
        if number:
            next_at[port] = number
    return turns[::-1]


def _its_own(channel: DataChannel, turn: _Turn, callers: Iterable[Sequence[Call]]) -> list[Call]:
    """Of the attempts to open its endpoint, those of the last negotiation of that endpoint ahead of them.

    Packets are told apart by their order, since clocks may run backwards; but a tap may swap a few, too.
    """
    own: list[Call] = []
    swapped: list[Call] = []
    for calls in callers:
        start = bisect_left(calls, turn.since, key=_number)
        end = len(calls) if turn.until is None else bisect_left(calls, turn.until, lo=start, key=_number)
        own += calls[start:end]
        just_before = (calls[place] for place in range(start - 1, -1, -1))
        swapped += takewhile(lambda one: one.began >= channel.negotiation.at - SWAPPED, just_before)
    return _in_order(channel, own if own or not turn.first else swapped)


def _number(call: Call) -> int:
    return call.number


def _refused_stranger(channel: DataChannel, connection: Connection) -> bool:
    """A third host's call that the client reset: its kernel had accepted, the program did not want it."""
    caller = connection.opener.host
    server = channel.session.server.host
    reset = connection.reset
    called = channel.mode.opener is Party.SERVER and caller != server
    return called and connection.established and reset is not None and reset.source.host != caller


class _Negotiated(NamedTuple):
    """A negotiation with the transfer that used it."""

    channel: DataChannel
    next_at: float
    """When the next negotiation begins."""
    further: tuple[Exchange, ...]
    """Transfer commands that follow, with no negotiation of their own."""


def _negotiated(session: ControlSession) -> Iterator[_Negotiated]:
    exchanges = session.exchanges
    starts = [index for index, exchange in enumerate(exchanges) if _negotiates(exchange)]
    for start, end in pairwise([*starts, len(exchanges)]):
        negotiation = exchanges[start]
        following = exchanges[start + 1 : end]
        transfers = tuple(exchange for exchange in following if exchange.verb in ftp.TRANSFERS)
        channel = DataChannel(
            session=session,
            method=Method(negotiation.verb),
            negotiation=negotiation,
            announced=_announced(session, negotiation),
            transfer=transfers[0] if transfers else None,
        )
        yield _Negotiated(
            channel=_judged_before(channel, following),
            next_at=exchanges[end].at if end < len(exchanges) else float("inf"),
            further=transfers[1:],
        )


def _negotiates(exchange: Exchange) -> bool:
    """EPSV ALL asks for no connection: it promises that no other command will (RFC 2428 §4)."""
    promise = exchange.verb == Method.EPSV and (exchange.argument or "").strip().upper() == "ALL"
    return exchange.verb in Method.__members__ and not promise


def _judged_before(channel: DataChannel, following: tuple[Exchange, ...]) -> DataChannel:
    """A server may turn a data connection away before it is asked for data (pyftpdlib).

    No 4yz or 5yz comes unasked but a 421 (RFC 959 §5.4): it is the answer to the transfer command ahead of it.
    """
    if channel.transfer is None:
        return channel
    ahead = following[: following.index(channel.transfer)]
    unasked = tuple(
        reply for one in ahead if not (one.verb or one.unheard) for reply in one.replies if not reply.positive
    )
    if not unasked:
        return channel
    return replace(channel, transfer=replace(channel.transfer, replies=unasked + channel.transfer.replies))


def _announced(session: ControlSession, negotiation: Exchange) -> Endpoint | None:
    method = Method(negotiation.verb)
    if method.mode.opener is Party.SERVER:
        return ftp.announced_by(method, negotiation.argument or "", session.server.host)
    reply = negotiation.final
    if reply is None or reply.code not in _PASSIVE_REPLIES:
        return None
    return ftp.announced_by(method, reply.text, session.server.host)


def _decisive_first(channel: DataChannel, openings: list[Opening]) -> list[Opening]:
    """The opening between client and server before one to or from a third host; each in the order of its time."""
    server = channel.session.server.host

    def third(opening: Opening) -> bool:
        far = opening.target if channel.mode.opener is Party.CLIENT else opening.opener
        return far.host not in {server, ""}

    return sorted(openings, key=third)


def _wire_openings(channel: DataChannel, wire: Wire, at_socket: list[Opening], attempts: list[Call]) -> list[Opening]:
    """What the wire saw of a channel: every attempt, or ABSENT where it was watched and there was none."""
    if not wire.watched or channel.announced is None:
        return []
    seen = [call.opening(wire.view) for call in attempts]
    dialled = [opening.target for opening in at_socket if opening.target not in {one.target for one in seen}]
    if wire.certain and channel.mode.opener is Party.CLIENT:
        missing = dialled or ([] if seen or at_socket else [channel.announced])
        seen += [wire.absent(channel.negotiation.at, _opener(channel), target) for target in missing]
    elif wire.certain and not seen:
        target = dialled[0] if dialled else channel.announced
        seen.append(wire.absent(channel.negotiation.at, _opener(channel), target))
    return seen


def _opener(channel: DataChannel) -> Endpoint:
    session = channel.session
    host = session.server.host if channel.mode.opener is Party.SERVER else session.client.host if session.client else ""
    return Endpoint(host=host, port=0)


def _callers(channel: DataChannel, wire: Wire, at_socket: list[Opening]) -> list[Sequence[Call]]:
    """The attempts to open it: of each endpoint by which it may be known, all in their order."""
    if channel.announced is None:
        return []
    session = channel.session
    targets = {channel.announced, *(opening.target for opening in at_socket)}
    if channel.mode.opener is Party.CLIENT:
        targets.add(channel.announced.at_host(session.server.host))
    elif session.client:
        targets.add(channel.announced.at_host(session.client.host))
    if channel.mode.opener is Party.CLIENT and session.client:
        client = session.client.host
        own = [wire.callers(one, client if one.family == session.family else None) for one in targets]
        if any(own):
            return own  # another server may have been told to call (FXP, RFC 959 §5.2)
    return [wire.callers(one) for one in targets]


def _in_order(channel: DataChannel, calls: Iterable[Call]) -> list[Call]:
    """First those between client and server, then those to or from a third host."""
    server = channel.session.server.host
    return sorted(calls, key=lambda one: (server not in {one.opener.host, one.target.host}, one.number))


def server_reset(connection: Connection, server: str) -> Segment | None:
    """The RST in the server's name that ended a connection."""
    end = connection.end
    return end if end and end.flags & Flag.RST and end.source.host == server else None


def _data_reset(channel: DataChannel, connections: list[Connection]) -> Segment | None:
    resets = (server_reset(one, channel.session.server.host) for one in connections)
    return next((reset for reset in resets if reset), None)
