"""A session -> the data connections it negotiated, whether or not they came."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from msgspec.structs import replace

from ftpdiag import ftp
from ftpdiag.facts.carriage import both_ends, carried, with_losses
from ftpdiag.facts.turns import Negotiations, announced, in_order, its_own, method, turns
from ftpdiag.facts.wire import Control, Wire
from ftpdiag.model import (
    Attempt,
    ControlSession,
    DataChannel,
    Endpoint,
    Exchange,
    Flag,
    Opening,
    Party,
    Segment,
)
from ftpdiag.tcp import Call, Connection


def from_sockets(
    session: ControlSession, attempt: Attempt, wire: Wire, others: Collection[Attempt] = ()
) -> Iterator[DataChannel]:
    """A live probe's, with what its sockets saw and what the wire saw. `others`: all attempts of the probe."""
    for channel, next_at, _ in _negotiated(session):
        since, until = channel.negotiation.at - wire.skew, min(next_at, attempt.ended)
        port = channel.announced.port if channel.announced else 0
        openings = [one for one in attempt.openings[1:] if one.target.port == port and _its_time(channel, one, next_at)]
        openers = {one.opener for one in openings}
        found = [one for calls in _callers(channel, wire, openings) for one in calls if since <= one.began < until]
        seen = in_order(channel, found)
        if channel.mode.opener is Party.CLIENT:  # sessions side by side may be told the same port
            seen = [one for one in seen if one.opener in openers] or seen
        else:  # one that ends leaves its port to the next
            seen = [one for one in seen if one.began >= channel.negotiation.at or not _called(one, attempt, others)]
        own = (one for one in attempt.carriages if not openers.isdisjoint((one.local, one.remote)))
        openings += _wire_openings(channel, wire, openings, seen)
        connections = [wire.connection(one) for one in seen]
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


def from_packets(
    session: ControlSession, control: Control, wire: Wire, everybody: Negotiations
) -> Iterator[DataChannel]:
    """A capture's, with what the wire saw. `everybody`: what its sessions negotiated, this one's too."""
    negotiated = [one for one in _negotiated(session) if not wire.tried(control.call, one.channel.announced)]
    each = turns([one.channel for one in negotiated], control.closed, everybody)
    for (channel, _, further), turn in zip(negotiated, each, strict=True):
        calls = its_own(channel, turn, _callers(channel, wire, []))
        if not (channel.negotiation.verb or calls):
            continue  # nobody was heard to ask for it, nor seen to use it
        for one, own in _each_transfer(channel, further, calls):
            yield observed(one, own, wire)


def _each_transfer(
    channel: DataChannel, further: tuple[Exchange, ...], calls: list[Call]
) -> list[tuple[DataChannel, list[Call]]]:
    """A negotiation may do for several transfers (RFC 959 §3.3): one channel for each that has a connection of its own.

    What did not come to stand is no sign: whoever listens need not do so twice. One that is declined leaves the data
    connection to the next.
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
        latest, calls = parts[-1]
        stood = any(call.established for call in own)
        if _not_begun(latest.transfer) and not (stood and calls) and (stood or _begun(transfer)):
            parts[-1] = (replace(channel, transfer=transfer), calls + own)
        elif calls and stood:
            parts.append((replace(channel, transfer=transfer), own))
        else:
            calls.extend(own)
    return parts


def _begun(transfer: Exchange) -> bool:
    return any(reply.positive for reply in transfer.replies)


_NO_CONNECTION = frozenset({421, 425, 426})
"""RFC 959 §5.4: a transfer is declined for want of a data connection; others, for a reason of their own."""


def _not_begun(transfer: Exchange | None) -> bool:
    """It was declined, and used no data connection: that is still to be had."""
    final = transfer.final if transfer and not _begun(transfer) else None
    return final is not None and final.code not in _NO_CONNECTION


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
    starts = [(index, by) for index, exchange in enumerate(exchanges) if (by := method(exchange))]
    for (start, by), (end, _) in pairwise([*starts, (len(exchanges), None)]):
        assert by  # all but the last have one
        negotiation = exchanges[start]
        following = exchanges[start + 1 : end]
        transfers = tuple(_asked(following))
        channel = DataChannel(
            session=session,
            method=by,
            negotiation=negotiation,
            announced=announced(session, negotiation, by),
            transfer=transfers[0] if transfers else None,
        )
        yield _Negotiated(
            channel=_judged_before(channel, following),
            next_at=exchanges[end].at if end < len(exchanges) else float("inf"),
            further=transfers[1:],
        )


def _asked(following: Iterable[Exchange]) -> Iterator[Exchange]:
    """The transfer commands, up to where others may be missing: what comes then may have been negotiated anew."""
    for exchange in following:
        if exchange.unheard and (not exchange.replies or exchange.replies[0].preliminary):
            return
        if exchange.verb in ftp.TRANSFERS:
            yield exchange


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
    seen = [wire.opening(call) for call in attempts]
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


def server_reset(connection: Connection, server: Endpoint) -> Segment | None:
    """The RST in the name of the server's end that ended a connection: both ends may be on one host."""
    end = connection.end
    return end if end and end.flags & Flag.RST and end.source == server else None


def _data_reset(channel: DataChannel, connections: list[Connection]) -> Segment | None:
    theirs = ((one, both_ends(one, channel)[1]) for one in connections)
    resets = (server_reset(one, end) for one, end in theirs if end.host == channel.session.server.host)
    return next((reset for reset in resets if reset), None)
