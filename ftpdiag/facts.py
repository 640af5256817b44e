"""Recordings -> facts: which sessions there were, which data connections were negotiated, and what became of each.

Pure, and without opinion. "We watched and nobody tried" (ABSENT) is a fact; "we did not watch" is no opening at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from ftpdiag import ftp
from ftpdiag.model import (
    Answer,
    Attempt,
    Carriage,
    ControlSession,
    DataChannel,
    Endpoint,
    Exchange,
    Facts,
    Flag,
    Hangup,
    Line,
    Method,
    Mode,
    Opening,
    Party,
    Recording,
    Segment,
    Tls,
    Vantage,
    View,
)
from ftpdiag.tcp import Connection, Connections

_WIRES = {
    Vantage.CLIENT: View.CLIENT_WIRE,
    Vantage.SERVER: View.SERVER_WIRE,
    Vantage.MIDDLE: View.MIDDLE_WIRE,
    # From an unknown place the packets tell what passed somewhere in between; they never tell whose host it was.
    Vantage.UNKNOWN: View.MIDDLE_WIRE,
}

_PASSIVE_REPLIES = {227: Method.PASV, 228: Method.LPSV, 229: Method.EPSV}


def derive(recording: Recording) -> Facts:
    """What the recording shows."""
    connections = Connections()
    for packet in recording.packets:
        connections.feed(packet)
    wire = _Wire(recording, connections)
    read = list(_from_sockets(recording, wire) if recording.source.target else _from_packets(wire))
    return Facts(
        source=recording.source,
        vantage=recording.vantage,
        began=recording.began,
        sessions=tuple(session for session, _ in read),
        channels=tuple(channel for _, channels in read for channel in channels),
        untried=recording.untried,
        unresolved=recording.unresolved,
    )


class _Wire:
    """What the packets show, and from which view."""

    def __init__(self, recording: Recording, connections: Connections) -> None:
        self.connections = list(connections)
        self.view = _WIRES.get(recording.vantage, View.MIDDLE_WIRE)
        source = recording.source
        self.watched = source.sniffed if source.target else True
        self.skew = _SKEW if source.target else 0.0
        self.certain = self.watched and not source.packets_dropped
        """Nothing was lost: what was not seen did not pass."""

    def between(self, opener: str, target: Endpoint, since: float, until: float) -> list[Connection]:
        """The attempts of `opener` to open to `target` in a time window."""
        return [
            one
            for one in self.connections
            if one.target == target and one.opener.host == opener and since <= one.began < until
        ]

    def callers(self, target: Endpoint, since: float, until: float) -> list[Connection]:
        """The attempts of anybody to open to `target` in a time window."""
        return [one for one in self.connections if one.target == target and since <= one.began < until]

    def control(self, client: Endpoint | None, server: Endpoint, since: float) -> Connection | None:
        """The control connection between two endpoints; where ours is not known, the one that did not come to be."""
        recent = (c for c in self.connections if c.target == server and c.began >= since - self.skew)
        return next((c for c in recent if (c.opener == client if client else not c.established)), None)


_SKEW = 0.05
"""Seconds by which a packet's kernel time may lie before the clock reading that the socket's record begins with."""


# --- a live probe: the dialogue comes from our sockets -------------------------------------------------------------


def _from_sockets(recording: Recording, wire: _Wire) -> Iterator[tuple[ControlSession, tuple[DataChannel, ...]]]:
    clear = {one.server for one in recording.attempts if one.tls is Tls.NONE and _logged_in(one)}
    for attempt in recording.attempts:
        control = wire.control(attempt.client, attempt.server, attempt.began)
        exchanges = ftp.exchanges(attempt.lines)
        openings = list(attempt.openings[:1])
        if control:
            openings.append(control.opening(wire.view))
        elif wire.certain:
            opener = attempt.client or Endpoint(host="", port=0)
            openings.append(_absent(wire.view, attempt.began, opener, attempt.server))
        session = ControlSession(
            method=attempt.method,
            client=attempt.client,
            server=attempt.server,
            family=attempt.family,
            tls=attempt.tls,
            began=attempt.began,
            lines=attempt.lines,
            exchanges=exchanges,
            openings=tuple(openings),
            logged_in=ftp.logged_in(exchanges),
            hangup=attempt.hangup,
            product=_product(exchanges),
            client_seen_as=_seen_as(exchanges, attempt.server),
            server_ttl=_server_ttl(control),
            reset=_server_reset(control, attempt.server.host) if control else None,
            last_seen=control.last if control else None,
            limits=attempt.limits,
            behaviour=attempt.behaviour,
            clear_beside=attempt.tls is not Tls.NONE and attempt.server in clear,
        )
        yield session, tuple(_socket_channels(session, attempt, wire))


def _logged_in(attempt: Attempt) -> bool:
    return ftp.logged_in(ftp.exchanges(attempt.lines))


def _socket_channels(session: ControlSession, attempt: Attempt, wire: _Wire) -> Iterator[DataChannel]:
    for channel, until in _negotiated(session):
        port = channel.announced.port if channel.announced else 0
        openings = [opening for opening in attempt.openings[1:] if opening.target.port == port]
        openings += _wire_openings(channel, wire, openings, until)
        yield replace(
            channel,
            openings=tuple(_decisive_first(channel, openings)),
            carriages=tuple(one for one in attempt.carriages if port in {one.local.port, one.remote.port}),
            strangers=attempt.strangers,
            reset=_data_reset(channel, _matching(channel, wire, openings, until)),
        )


def _decisive_first(channel: DataChannel, openings: list[Opening]) -> list[Opening]:
    """The opening between client and server before one to or from a third host; each in the order of its time."""
    server = channel.session.server.host

    def third(opening: Opening) -> bool:
        far = opening.target if channel.mode.opener is Party.CLIENT else opening.opener
        return far.host not in {server, ""}

    return sorted(openings, key=third)


# --- a capture: the dialogue comes from the packets ----------------------------------------------------------------


def _from_packets(wire: _Wire) -> Iterator[tuple[ControlSession, tuple[DataChannel, ...]]]:
    for connection in wire.connections:
        oriented = _oriented(connection)
        if oriented is None:
            continue
        client, server, lines, encrypted = oriented
        exchanges = ftp.exchanges(lines)
        session = ControlSession(
            method=None,
            client=client,
            server=server,
            family=server.family,
            tls=Tls.EXPLICIT if encrypted else Tls.NONE,
            began=connection.began,
            lines=lines,
            exchanges=exchanges,
            openings=(connection.opening(wire.view),),
            logged_in=ftp.logged_in(exchanges),
            hangup=_hangup(connection, server, exchanges, encrypted),
            product=_product(exchanges),
            client_seen_as=_seen_as(exchanges, server),
            server_ttl=_server_ttl(connection),
            reset=_server_reset(connection, server.host),
            last_seen=connection.last,
            opaque=bool(encrypted),
        )
        yield session, tuple(_packet_channels(session, wire))


def _oriented(
    connection: Connection,
) -> tuple[Endpoint, Endpoint, tuple[Line, ...], frozenset[Party]] | None:
    """Client, server and dialogue where a connection is an FTP control connection by what is said on it."""
    for client, server in ((connection.opener, connection.target), (connection.target, connection.opener)):
        lines, encrypted = _dialogue(connection, client, server)
        said = [line.text for line in lines if line.sender is Party.SERVER]
        asked = {ftp.command_line(line.text)[0] for line in lines if line.sender is Party.CLIENT}
        greeted = any(text[:3] in {"220", "120", "421"} for text in said[:1])
        logging_in = {"USER", "PASS"} <= asked and any(text[:3] in {"230", "331", "530"} for text in said)
        if (logging_in or (greeted and asked & ftp.COMMANDS)) and not asked & _MAIL:
            return client, server, lines, encrypted
    return None


_MAIL = frozenset({"HELO", "EHLO", "MAIL", "RCPT", "DATA", "STLS", "CAPA", "NICK", "JOIN"})
"""SMTP greets with 220 as well, POP3 and IRC say USER and PASS: these words give them away."""


def _dialogue(connection: Connection, client: Endpoint, server: Endpoint) -> tuple[tuple[Line, ...], frozenset[Party]]:
    """The lines of both sides in the order of their segments, up to where TLS begins, and who began it."""
    lines: list[tuple[int, Line]] = []
    encrypted: set[Party] = set()
    secrets: list[str] = []
    for endpoint, sender in ((client, Party.CLIENT), (server, Party.SERVER)):
        reader = ftp.LineReader()
        for segment, payload in connection.halves[endpoint].ordered():
            if payload[:2] == _TLS_RECORD and not reader.rest:
                encrypted.add(sender)
                break
            for text in reader.feed(payload):
                if sender is Party.CLIENT:
                    secrets += filter(None, [ftp.secret(text)])
                shown = ftp.blanked(text) if sender is Party.CLIENT else ftp.without(secrets, text)
                lines.append((segment.number, Line(at=segment.at, sender=sender, text=shown)))
    return tuple(line for _, line in sorted(lines, key=lambda numbered: numbered[0])), frozenset(encrypted)


_TLS_RECORD = b"\x16\x03"
"""A handshake record of any TLS version (RFC 8446 §5.1)."""


def _hangup(
    connection: Connection, server: Endpoint, exchanges: tuple[Exchange, ...], encrypted: frozenset[Party]
) -> Hangup | None:
    """The server's side ended it while a command, or the client's first TLS record, waited for an answer."""
    end = connection.end
    if end is None or end.source != server or not exchanges:
        return None
    if encrypted == {Party.CLIENT}:
        waiting = "the TLS handshake"
    elif not encrypted and exchanges[-1].final is None and exchanges[-1].verb != "QUIT":
        waiting = exchanges[-1].verb or "the connection"
    else:
        return None
    ended = "reset" if end.flags & Flag.RST else "closed"
    detail = f"The control connection was {ended} in the server's name after {waiting}."
    return Hangup(at=end.at, ending=connection.ending, detail=detail)


def _packet_channels(session: ControlSession, wire: _Wire) -> Iterator[DataChannel]:
    for channel, until in _negotiated(session):
        openings = _wire_openings(channel, wire, [], until)
        connections = _matching(channel, wire, [], until)
        yield replace(
            channel,
            openings=tuple(_decisive_first(channel, openings)),
            carriages=tuple(_carriage(one, channel.mode) for one in connections if one.established),
            reset=_data_reset(channel, connections),
        )


def _carriage(connection: Connection, mode: Mode) -> Carriage:
    local, remote = connection.opener, connection.target
    if mode.opener is Party.SERVER:
        local, remote = remote, local
    return Carriage(
        local=local,
        remote=remote,
        to_client=connection.sent_by(remote),
        to_server=connection.sent_by(local),
        ending=connection.ending,
        ended_by=connection.ended_by,
    )


# --- both ---------------------------------------------------------------------------------------------------------


def _negotiated(session: ControlSession) -> Iterator[tuple[DataChannel, float]]:
    """Each negotiation with the transfer that used it, and the time at which the next one begins."""
    exchanges = session.exchanges
    starts = [index for index, exchange in enumerate(exchanges) if exchange.verb in Method.__members__]
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
        yield channel, exchanges[end].at if end < len(exchanges) else float("inf")


def _announced(session: ControlSession, negotiation: Exchange) -> Endpoint | None:
    method = Method(negotiation.verb)
    if method.mode.opener is Party.SERVER:
        return ftp.announced_by(method, negotiation.argument or "", session.server.host)
    reply = negotiation.final
    if reply is None or reply.code not in _PASSIVE_REPLIES:
        return None
    return ftp.announced_by(method, reply.text, session.server.host)


def _wire_openings(channel: DataChannel, wire: _Wire, at_socket: list[Opening], until: float) -> list[Opening]:
    """What the wire saw of a channel: every attempt, or ABSENT where it was watched and there was none."""
    if not wire.watched or channel.announced is None:
        return []
    seen = [connection.opening(wire.view) for connection in _matching(channel, wire, at_socket, until)]
    dialled = [opening.target for opening in at_socket if opening.target not in {one.target for one in seen}]
    if wire.certain and channel.mode.opener is Party.CLIENT:
        missing = dialled or ([] if seen or at_socket else [channel.announced])
        seen += [_absent(wire.view, channel.negotiation.at, _opener(channel), target) for target in missing]
    elif wire.certain and not seen:
        target = dialled[0] if dialled else channel.announced
        seen.append(_absent(wire.view, channel.negotiation.at, _opener(channel), target))
    return seen


def _opener(channel: DataChannel) -> Endpoint:
    session = channel.session
    host = session.server.host if channel.mode.opener is Party.SERVER else session.client.host if session.client else ""
    return Endpoint(host=host, port=0)


def _matching(channel: DataChannel, wire: _Wire, at_socket: list[Opening], until: float) -> list[Connection]:
    """The attempts to open it: first those between client and server, then those to or from a third host."""
    if channel.announced is None:
        return []
    session, since = channel.session, channel.negotiation.at - wire.skew
    targets = {channel.announced, *(opening.target for opening in at_socket)}
    if channel.mode.opener is Party.CLIENT:
        targets.add(channel.announced.at_host(session.server.host))
        opener = session.client.host if session.client else ""
        found = [one for target in targets for one in wire.between(opener, target, since, until)]
    else:
        if session.client:
            targets.add(channel.announced.at_host(session.client.host))
        found = [one for target in targets for one in wire.callers(target, since, until)]
    server = session.server.host
    return sorted(found, key=lambda one: (server not in {one.opener.host, one.target.host}, one.began))


def _absent(view: View, at: float, opener: Endpoint, target: Endpoint) -> Opening:
    return Opening(at=at, opener=opener, target=target, answer=Answer.ABSENT, view=view)


def _product(exchanges: Iterable[Exchange]) -> str | None:
    telling = (one for one in exchanges if one.verb in {"", "SYST", "STAT", "FEAT"})
    names = (ftp.product_in(reply.text) for one in telling for reply in one.replies)
    return max((name for name in names if name), key=len, default=None)


def _seen_as(exchanges: Iterable[Exchange], server: Endpoint) -> str | None:
    statuses = (one.final for one in exchanges if one.verb == "STAT" and one.argument is None)
    seen = next((ftp.client_seen_as(status) for status in statuses if status), None)
    return seen if seen != server.host else None


def _server_ttl(connection: Connection | None) -> int | None:
    if connection is None:
        return None
    answers = (packet for packet in connection.answers if isinstance(packet, Segment) and packet.flags & Flag.SYN)
    return next((packet.ttl for packet in answers if packet.source == connection.target), None)


def _server_reset(connection: Connection, server: str) -> Segment | None:
    end = connection.end
    return end if end and end.flags & Flag.RST and end.source.host == server else None


def _data_reset(channel: DataChannel, connections: list[Connection]) -> Segment | None:
    resets = (_server_reset(one, channel.session.server.host) for one in connections)
    return next((reset for reset in resets if reset), None)
