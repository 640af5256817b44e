"""A passive data connection that stood -> whether the server knows of it: of each that it uses it says a word.

RFC 959 §5.4: 125 or 150 comes before the data, 226 or a refusal after it. Where none comes, the connection may be
another's: a device's that answers in the server's name, or another machine's behind its address.
"""

from __future__ import annotations

import re

from ftpdiag.clues.hops import nearer
from ftpdiag.model import Confidence, ControlSession, DataChannel, Ending, Exchange, Flag, Mode, Segment, View

_LONG = 1.0
"""Seconds in which a word of the server's comes, and is repeated where it was lost."""


def unspoken(channel: DataChannel) -> bool:
    """It stood, data was asked for, and the server has said nothing to that, though it was given the time."""
    session, transfer, carriage = channel.session, channel.transfer, channel.carriage
    if channel.mode is not Mode.PASSIVE or carriage is None or transfer is None or transfer.replies:
        return False
    if session.stuck or session.opaque or any(map(_torn, session.exchanges)):
        return False
    if _cut_off(session) or (session.torn_at is not None and session.torn_at >= transfer.at):
        return False
    if session.client and carriage.ended_by == session.client.host and _brief(session, transfer):
        return False
    later = session.watched_until
    return session.method is not None or (later is not None and later - transfer.at >= _LONG)


def _cut_off(session: ControlSession) -> bool:
    """Its control connection ended otherwise than by the client's patience."""
    return session.hangup is not None and session.hangup.ending is not Ending.STALLED


def _brief(session: ControlSession, transfer: Exchange) -> bool:
    """It was over before a word could have come."""
    return session.last_seen is not None and session.last_seen - transfer.at < _LONG


def _torn(exchange: Exchange) -> bool:
    """The recording lacks some of it."""
    return exchange.unheard or any(reply.after_loss for reply in exchange.replies)


def announced_beside(channel: DataChannel) -> bool:
    """Of another transfer the same server did say 125 or 150."""
    transfers = (one.transfer for one in channel.beside if one.session.server == channel.session.server)
    return any(reply.preliminary for one in transfers if one for reply in one.replies)


_SAYS_SO = r"(?i)vsftpd|proftpd|pyftpdlib|filezilla"
"""Servers that say 425 where they turn a data connection away; Pure-FTPd says nothing."""


def never_had(channel: DataChannel) -> bool:
    """Most likely the server has no such data connection: one that it used, or turned away, it would tell of."""
    client, wire = channel.session.client, channel.wire
    elsewhere = client is not None and wire is not None and wire.opener.host not in {client.host, ""}
    tells = announced_beside(channel) and re.search(_SAYS_SO, channel.session.product or "")
    return bool(tells) and not elsewhere and unspoken(channel)


def syn_ack(channel: DataChannel) -> Segment | None:
    """What answered the client's SYN; none where it was not seen on its way."""
    wire = channel.wire
    if wire is None or wire.view is View.SERVER_WIRE:
        return None
    both = Flag.SYN | Flag.ACK
    return next((one for one in wire.packets if isinstance(one, Segment) and one.flags & both == both), None)


def answered_by_device(channel: DataChannel) -> Segment | None:
    """The SYN-ACK, where it comes from a device in front of the server."""
    answer = syn_ack(channel)
    return answer if answer and nearer(answer, channel.session) in {Confidence.LIKELY, Confidence.PROVEN} else None
