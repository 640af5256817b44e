"""A session -> the data connections it negotiated, whether or not they came."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from typing import Any

from msgspec.structs import replace

from ftpdiag import ftp
from ftpdiag.facts.wire import STANDSTILL, Control, Wire
from ftpdiag.model import (
    Attempt,
    Carriage,
    ControlSession,
    DataChannel,
    Ending,
    Endpoint,
    Exchange,
    Flag,
    Method,
    Opening,
    Party,
    Segment,
    Unheard,
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
    for channel, next_at in _negotiated(session):
        since, until = channel.negotiation.at - wire.skew, min(next_at, attempt.ended)
        port = channel.announced.port if channel.announced else 0
        openings = [one for one in attempt.openings[1:] if one.target.port == port and _its_time(channel, one, next_at)]
        seen = [one for one in _matching(channel, wire, openings) if since <= one.began < until]
        if channel.mode.opener is Party.CLIENT:  # sessions side by side may be told the same port
            ours = {one.opener for one in openings}
            seen = [one for one in seen if one.opener in ours] or seen
        else:  # one that ends leaves its port to the next
            seen = [one for one in seen if one.began >= channel.negotiation.at or not _called(one, attempt, others)]
        openings += _wire_openings(channel, wire, openings, seen)
        connections = [wire.connection(one) for one in seen]
        signs = _signs(connections, channel)
        own = (one for one in attempt.carriages if port in {one.local.port, one.remote.port})
        yield replace(
            channel,
            openings=tuple(_decisive_first(channel, openings)),
            carriages=tuple(replace(one, **signs) for one in own),
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
    negotiated = [channel for channel, _ in _negotiated(session) if not wire.tried(control.call, channel.announced)]
    for index, channel in enumerate(negotiated):
        calls = _its_own(
            channel, _matching(channel, wire, []), negotiated[:index], negotiated[index + 1 :], control.closed
        )
        yield observed(channel, calls, wire)


def observed(channel: DataChannel, calls: list[Call], wire: Wire) -> DataChannel:
    """A capture's channel with what the wire saw of the attempts to open it."""
    attempts = [wire.connection(one) for one in calls]
    refused = [one for one in attempts if _refused_stranger(channel, one)]
    stood = [one for one in attempts if one.established and one not in refused]
    return replace(
        channel,
        openings=tuple(_decisive_first(channel, _wire_openings(channel, wire, [], calls))),
        carriages=tuple(_carriage(one, channel) for one in stood),
        strangers=tuple(one.opener for one in refused),
        reset=_data_reset(channel, attempts),
    )


def _its_own(
    channel: DataChannel,
    attempts: list[Call],
    before: list[DataChannel],
    after: list[DataChannel],
    closed: int | None,
) -> list[Call]:
    """Of the attempts to open its endpoint, those of the last negotiation of that endpoint ahead of them.

    Packets are told apart by their order, since clocks may run backwards; but a tap may swap a few, too.
    """
    since = channel.negotiation.packet or 0
    again = (one.negotiation.packet for one in after if _same_port(one, channel))
    until = next((number for number in again if number), closed)
    own = [one for one in attempts if since <= one.number and (until is None or one.number < until)]
    if own or any(_same_port(one, channel) for one in before):
        return own
    return [one for one in attempts if one.number < since and one.began >= channel.negotiation.at - SWAPPED]


def _same_port(one: DataChannel, other: DataChannel) -> bool:
    return bool(one.announced and other.announced and one.announced.port == other.announced.port)


def _refused_stranger(channel: DataChannel, connection: Connection) -> bool:
    """A third host's call that the client reset: its kernel had accepted, the program did not want it."""
    caller = connection.opener.host
    server = channel.session.server.host
    reset = connection.reset
    called = channel.mode.opener is Party.SERVER and caller != server
    return called and connection.established and reset is not None and reset.source.host != caller


def _carriage(connection: Connection, channel: DataChannel) -> Carriage:
    local, remote = connection.opener, connection.target
    if channel.mode.opener is Party.SERVER:
        local, remote = remote, local
    called_off = _called_off(connection, channel)
    stood_still = called_off is None and _stood_still(connection, channel)
    ending = Ending.STALLED if stood_still else Ending.SUFFICED if called_off else connection.ending
    return Carriage(
        local=local,
        remote=remote,
        to_client=connection.sent_by(remote),
        to_server=connection.sent_by(local),
        uncaptured=sum(half.uncaptured for half in connection.halves.values()),
        ending=ending,
        sufficed=called_off,
        ended_by=connection.ended_by,
        **_signs([connection], channel),
        error=f"Nothing moved for {round(_quiet(connection), 1):g} s." if stood_still else None,
    )


def _signs(seen: Iterable[Connection], channel: DataChannel) -> dict[str, Any]:
    """Of a Carriage: what shows on the wire only, that something of it did not arrive."""
    stood = next((one for one in seen if one.established), None)
    if stood is None:
        return {}
    host = channel.session.server.host
    ends = {Party.SERVER if end.host == host else Party.CLIENT: half for end, half in stood.halves.items()}
    unheard = next(
        (
            Unheard(sender=party, packet=again.segment, tries=again.tries, heard=half.acknowledged)
            for party, half in ends.items()
            if (again := half.unheard)
        ),
        None,
    )
    missing, behind = max(half.behind for half in ends.values())
    return {
        "lost": _lost(stood),
        "unheard": unheard,
        "missing": missing,
        "behind": behind,
        "too_big": stood.too_big,
    }


def _stood_still(connection: Connection, channel: DataChannel) -> bool:
    """Nothing moved for seconds until the client gave it up, or the capture ended, and there was more to come.

    An upload from a slow source pauses too, but all of it arrives and the server confirms it.
    """
    if connection.end and connection.end.source.host == channel.session.server.host:
        return False
    confirmed = channel.transfer is not None and channel.transfer.final is not None
    kept_back = any(half.unheard or all(half.behind) for half in connection.halves.values())
    return _quiet(connection) >= STANDSTILL and (
        _lost(connection) or kept_back or _unsent(connection, channel) or not confirmed
    )


def _called_off(connection: Connection, channel: DataChannel) -> float | None:
    """When the client had enough of a transfer (ABOR, RFC 959 §4.1.3) whose data were moving."""
    transfer = channel.transfer
    if transfer is None:
        return None
    later = (one for one in channel.session.exchanges if one.at > transfer.at and one.verb in _ENDS_A_TRANSFER)
    abort = next(later, None)
    if abort is None or abort.verb != "ABOR" or (transfer.final and transfer.final.at < abort.at):
        return None
    open_still = connection.end is None or connection.end.at >= abort.at
    moved = any(half.end for half in connection.halves.values()) and abort.at - connection.moved < STANDSTILL
    return abort.at if open_still and moved and not _lost(connection) else None


_ENDS_A_TRANSFER = ftp.TRANSFERS | {"ABOR"}


def _unsent(connection: Connection, channel: DataChannel) -> bool:
    """A download of which nothing came, not even its end: it is the server that ends one (RFC 959 §3.4.1)."""
    host = channel.session.server.host
    server = next((half for end, half in connection.halves.items() if end.host == host), None)
    download = channel.transfer is not None and channel.transfer.verb in ftp.DOWNLOADS
    return download and server is not None and not server.end and server.fin is None


def _lost(connection: Connection) -> bool:
    return any(half.lacking for half in connection.halves.values())


def _quiet(connection: Connection) -> float:
    return (connection.end.at if connection.end else connection.last) - connection.moved


def _negotiated(session: ControlSession) -> Iterator[tuple[DataChannel, float]]:
    """Each negotiation with the transfer that used it, and the time at which the next one begins."""
    exchanges = session.exchanges
    starts = [index for index, exchange in enumerate(exchanges) if _negotiates(exchange)]
    for start, end in pairwise([*starts, len(exchanges)]):
        negotiation = exchanges[start]
        following = exchanges[start + 1 : end]
        channel = DataChannel(
            session=session,
            method=Method(negotiation.verb),
            negotiation=negotiation,
            announced=_announced(session, negotiation),
            transfer=next((exchange for exchange in following if exchange.verb in ftp.TRANSFERS), None),
        )
        yield _judged_before(channel, following), exchanges[end].at if end < len(exchanges) else float("inf")


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


def _matching(channel: DataChannel, wire: Wire, at_socket: list[Opening]) -> list[Call]:
    """The attempts to open it: first those between client and server, then those to or from a third host."""
    if channel.announced is None:
        return []
    session = channel.session
    targets = {channel.announced, *(opening.target for opening in at_socket)}
    if channel.mode.opener is Party.CLIENT:
        targets.add(channel.announced.at_host(session.server.host))
    elif session.client:
        targets.add(channel.announced.at_host(session.client.host))
    found = [one for target in targets for one in wire.callers(target)]
    if channel.mode.opener is Party.CLIENT and session.client:
        own = [one for one in found if one.opener.host == session.client.host or one.opener.family != session.family]
        found = own or found  # another server may have been told to call (FXP, RFC 959 §5.2)
    server = session.server.host
    return sorted(found, key=lambda one: (server not in {one.opener.host, one.target.host}, one.number))


def server_reset(connection: Connection, server: str) -> Segment | None:
    """The RST in the server's name that ended a connection."""
    end = connection.end
    return end if end and end.flags & Flag.RST and end.source.host == server else None


def _data_reset(channel: DataChannel, connections: list[Connection]) -> Segment | None:
    resets = (server_reset(one, channel.session.server.host) for one in connections)
    return next((reset for reset in resets if reset), None)
