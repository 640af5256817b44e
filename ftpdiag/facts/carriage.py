"""A data connection that stood -> what it carried, how it ended, and what of it did not arrive."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from ftpdiag import ftp
from ftpdiag.facts.wire import STANDSTILL
from ftpdiag.model import Carriage, DataChannel, Ending, Endpoint, Exchange, Flag, Party, Tls, Unheard, View
from ftpdiag.stacks import INITIAL
from ftpdiag.tcp import Connection, Half


def carried(connection: Connection, channel: DataChannel) -> Carriage:
    """What a capture tells of it."""
    local, remote = both_ends(connection, channel)
    called_off = _called_off(connection, channel)
    stood_still = called_off is None and _stood_still(connection, channel)
    ending = Ending.STALLED if stood_still else Ending.SUFFICED if called_off else connection.ending
    carriage = Carriage(
        local=local,
        remote=remote,
        to_client=connection.sent_by(remote),
        to_server=connection.sent_by(local),
        uncaptured=sum(half.uncaptured for half in connection.halves.values()),
        ending=ending,
        sufficed=called_off,
        ended_by=connection.ended_by,
        unwilling=_unwilling(connection, channel) if stood_still else None,
        error=f"Nothing moved for {round(_quiet(connection), 1):g} s." if stood_still else None,
    )
    return with_losses(carriage, [connection], channel)


def both_ends(connection: Connection, channel: DataChannel) -> tuple[Endpoint, Endpoint]:
    """The client's end of it, and the server's: both may be on one host."""
    opener, target = connection.opener, connection.target
    return (target, opener) if channel.mode.opener is Party.SERVER else (opener, target)


def with_losses(carriage: Carriage, seen: Iterable[Connection], channel: DataChannel) -> Carriage:
    """The same, with what shows on the wire only: that something of it did not arrive."""
    stood = next((one for one in seen if one.established), None)
    if stood is None:
        return carriage
    host = channel.session.server.host
    ends = {Party.SERVER if end.host == host else Party.CLIENT: half for end, half in stood.halves.items()}
    missing, behind = max(half.behind for half in ends.values())
    return replace(
        carriage,
        lost=_lost(stood),
        unheard=next((one for party, half in ends.items() if (one := _unheard(party, half))), None),
        missing=missing,
        behind=behind,
        too_big=stood.too_big,
    )


def _unheard(sender: Party, half: Half) -> Unheard | None:
    again = half.unheard
    return again and Unheard(sender=sender, packet=again.segment, tries=again.tries, heard=half.acknowledged)


def _stood_still(connection: Connection, channel: DataChannel) -> bool:
    """Nothing moved for seconds until the client gave it up, or the capture ended, and there was more to come.

    An upload from a slow source pauses too, but all of it arrives and the server confirms it.
    """
    final = channel.transfer.final if channel.transfer else None
    ended = connection.end.at if connection.end else connection.last
    if final is not None and final.code in _GIVEN_UP and min(final.at, ended) - connection.moved >= STANDSTILL:
        return True
    upload = channel.transfer is not None and channel.transfer.verb in ftp.TRANSFERS - ftp.DOWNLOADS
    by_server = connection.end is not None and connection.end.source.host == channel.session.server.host
    if by_server and (final is not None or not upload):
        return False
    kept_back = any(half.unheard or all(half.behind) for half in connection.halves.values())
    return _quiet(connection) >= STANDSTILL and (
        _lost(connection) or kept_back or _unsent(connection, channel) or final is None
    )


_GIVEN_UP = frozenset({421, 426, 451})
"""RFC 959 §5.4: the server's word that a transfer was not done to its end."""


def _unwilling(connection: Connection, channel: DataChannel) -> Party | None:
    """Who receives, where its window was closed still when it was asked again later: a slow reader's is for moments."""
    transfer, server = channel.transfer, channel.session.server.host
    if transfer is None:
        return None
    reader = Party.CLIENT if transfer.verb in ftp.DOWNLOADS else Party.SERVER
    closed = (
        half.closed_at
        for end, half in connection.halves.items()
        if (end.host == server) is (reader is Party.CLIENT) and half.closed_at is not None
    )
    return reader if any(at - connection.moved >= _ASKED_AGAIN for at in closed) else None


_ASKED_AGAIN = 1.0
"""Seconds after the last data: the sender of a transfer asks several times in them (RFC 9293 §3.8.6.1)."""


def _called_off(connection: Connection, channel: DataChannel) -> float | None:
    """When the client had enough of a transfer whose data were moving: it said ABOR, or closed ahead of the server."""
    transfer = channel.transfer
    if transfer is None:
        return None
    abort = next((one for one in channel.session.later(transfer.at) if one.verb in _ENDS_A_TRANSFER), None)
    said = abort if abort and abort.verb == "ABOR" else None
    aborted, pause = (said.at, STANDSTILL) if said else (_hung_up(connection, channel, transfer), _AT_ONCE)
    if aborted is None or (transfer.final and transfer.final.at < aborted):
        return None
    open_still = connection.end is None or connection.end.at >= aborted
    moved = any(half.end for half in connection.halves.values()) and aborted - connection.moved < pause
    return aborted if open_still and moved and not _lost(connection) else None


_AT_ONCE = 0.5
"""Seconds in which a client closes that has had enough; one that waits longer may have given it up."""

_ENDS_A_TRANSFER = ftp.TRANSFERS | {"ABOR"}
"""RFC 959 §4.1.3."""


def _hung_up(connection: Connection, channel: DataChannel, transfer: Exchange) -> float | None:
    """When the client closed a download, which the server ends (RFC 959 §3.4.1), and which it did not call complete.

    A RST is the client's own where it has the TTL of its handshake, captured there or before any router. Under TLS it
    may be that no data had moved. One that goes on to listen after its FIN has not had enough.
    """
    session, end = channel.session, connection.end
    ours, _ = both_ends(connection, channel)
    if end is None or end.source != ours or session.tls is not Tls.NONE:
        return None
    if transfer.verb not in ftp.DOWNLOADS or (transfer.final and transfer.final.positive):
        return None
    if any(half.unheard for half in connection.halves.values()):
        return None
    if end.flags & Flag.RST:
        own = (one.ttl for one in connection.handshake if one.source == end.source)
        at_client = session.wire is not None and session.wire.view is View.CLIENT_WIRE
        return end.at if (at_client or end.ttl in INITIAL) and end.ttl in own else None
    return end.at


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
