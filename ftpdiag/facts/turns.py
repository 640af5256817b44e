"""Data ports that are negotiated again and again -> whose turn each is, and which attempts to open it are its own."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import NamedTuple

from ftpdiag import ftp
from ftpdiag.model import ControlSession, DataChannel, Endpoint, Exchange, Method, Party
from ftpdiag.tcp import Call

_SWAPPED = 0.05
"""Seconds by which a tap with several queues may hand out a data connection before the reply that announced it."""

_Between = tuple[str, str, int]
"""The hosts of client and server, and a data port."""

Negotiations = Mapping[_Between, Sequence[int]]
"""The packets in which a data port was negotiated more than once by any sessions of the two, in order."""


def method(exchange: Exchange) -> Method | None:
    """How it negotiates a data connection, if it does; an answer tells as well, where the command was not heard.

    EPSV ALL asks for no connection: it promises that no other command will (RFC 2428 §4).
    """
    if exchange.verb in Method.__members__:
        promise = exchange.verb == Method.EPSV and (exchange.argument or "").strip().upper() == "ALL"
        return None if promise else Method(exchange.verb)
    told = ftp.ANNOUNCES.get(exchange.final.code) if exchange.final and not exchange.verb else None
    return Method(told) if told else None


def announced(session: ControlSession, negotiation: Exchange, by: Method) -> Endpoint | None:
    """What was negotiated; none: the server declined, or named nothing."""
    if by.mode.opener is Party.SERVER:
        return ftp.announced_by(by, negotiation.argument or "", session.server.host)
    reply = negotiation.final
    if reply is None or reply.code not in ftp.ANNOUNCES:
        return None
    return ftp.announced_by(by, reply.text, session.server.host)


def negotiations(sessions: Iterable[ControlSession]) -> Negotiations:
    """Of all sessions of a capture."""
    found: dict[_Between, list[int]] = {}
    for session in sessions:
        for exchange in session.exchanges:
            by = method(exchange)
            between = _between(session, announced(session, exchange, by)) if by else None
            if between and exchange.packet:
                found.setdefault(between, []).append(exchange.packet)
    return {between: sorted(numbers) for between, numbers in found.items() if len(numbers) > 1}


def _between(session: ControlSession, end: Endpoint | None) -> _Between | None:
    return (session.client.host, session.server.host, end.port) if end and session.client else None


class Turn(NamedTuple):
    """The packets, by number, at which a port is that of one negotiation."""

    since: int
    until: int | None
    """The session negotiates it again, or ends; none: it does neither."""
    taken: int | None
    """Any session of the two hosts negotiates it again."""
    first: bool
    """The session had not negotiated it before."""


def turns(channels: Sequence[DataChannel], closed: int | None, everybody: Negotiations) -> list[Turn]:
    """Of each channel of a session that was `closed` with that packet. `everybody`: this session is among them."""
    ports = [channel.announced.port if channel.announced else None for channel in channels]
    firsts = {port: place for place, port in reversed([*enumerate(ports)])}
    next_at: dict[int | None, int] = {}
    found = []
    for place, channel in reversed([*enumerate(channels)]):
        port, number = ports[place], channel.negotiation.packet or 0
        taken = _next(channel, number, everybody)
        found.append(Turn(since=number, until=next_at.get(port, closed), taken=taken, first=firsts[port] == place))
        if number:
            next_at[port] = number
    return found[::-1]


def _next(channel: DataChannel, number: int, everybody: Negotiations) -> int | None:
    between = _between(channel.session, channel.announced)
    numbers = everybody.get(between, ()) if between else ()
    later = bisect_right(numbers, number)
    return numbers[later] if later < len(numbers) else None


def its_own(channel: DataChannel, turn: Turn, callers: Iterable[Sequence[Call]]) -> list[Call]:
    """Of the attempts to open its endpoint, those of its turn; `callers`: each in the order of their packets.

    Packets are told apart by their order, since clocks may run backwards; but a tap may swap a few, too. Where another
    session is told the port before anybody has come, who comes then may be either's.
    """
    own: list[Call] = []
    swapped: list[Call] = []
    for calls in callers:
        start = bisect_left(calls, turn.since, key=_number)
        end = len(calls) if turn.until is None else bisect_left(calls, turn.until, lo=start, key=_number)
        if turn.taken is not None and (taken := bisect_left(calls, turn.taken, lo=start, key=_number)) > start:
            end = min(end, taken)
        own += calls[start:end]
        just_before = (calls[place] for place in range(start - 1, -1, -1))
        swapped += takewhile(lambda one: one.began >= channel.negotiation.at - _SWAPPED, just_before)
    return in_order(channel, own if own or not turn.first else swapped)


def in_order(channel: DataChannel, calls: Iterable[Call]) -> list[Call]:
    """First those between client and server, then those to or from a third host."""
    server = channel.session.server.host
    return sorted(calls, key=lambda one: (server not in {one.opener.host, one.target.host}, one.number))


def _number(call: Call) -> int:
    return call.number
