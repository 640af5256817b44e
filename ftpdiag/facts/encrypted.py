"""Encrypted sessions -> the data connections they must have negotiated, told from addresses, ports and times.

What was said is not known, so a channel is inferred: between the same two hosts, while the session was encrypted, not
negotiated by a session that can be read. Where several sessions could have, the latest is taken.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ftpdiag.facts.channels import observed
from ftpdiag.facts.wire import Wire
from ftpdiag.model import ControlSession, DataChannel, Endpoint, Exchange, Method
from ftpdiag.tcp import Connection

_UNPRIVILEGED = 1024
"""Data ports lie above: a service below is something else that the same server offers."""

_METHODS = {4: (Method.PASV, Method.PORT), 6: (Method.EPSV, Method.EPRT)}
"""By family, what most clients say for either mode."""

Controlled = tuple[Connection, ControlSession]
Pair = tuple[Endpoint, Endpoint]
"""Who opened to whom."""


def inferred(known: Sequence[Controlled], wire: Wire, taken: Collection[Pair]) -> Iterator[DataChannel]:
    """The channels of encrypted sessions; `taken` are the connections that are something else."""
    sessions: dict[frozenset[str], list[Controlled]] = {}
    for control, session in known:
        if session.opaque and session.client:
            sessions.setdefault(frozenset({session.client.host, session.server.host}), []).append((control, session))
    for connection in wire.connections if sessions else ():
        if connection.guessed or (connection.opener, connection.target) in taken:
            continue
        possible = sessions.get(frozenset({connection.opener.host, connection.target.host}), ())
        for control, session in reversed(possible):
            method = _method(connection, session)
            if method and _lived(control, session, connection):
                yield _channel(connection, session, method, wire)
                break


def _method(connection: Connection, session: ControlSession) -> Method | None:
    """How such a connection is negotiated; none where no FTP session opens it."""
    passive, active = _METHODS[session.family]
    opener, target = connection.opener, connection.target
    if target.port < _UNPRIVILEGED or session.server in {opener, target}:
        return None
    if session.client is None:
        return None
    from_data_port = opener.port == session.server.port - 1
    if target.host == session.server.host and not from_data_port:
        return passive if opener.host == session.client.host else None
    return active if target.host == session.client.host else None


def _lived(control: Connection, session: ControlSession, connection: Connection) -> bool:
    encrypted_from = session.lines[-1].packet if session.lines else None
    closed = control.end.number if control.end else None
    return (encrypted_from or control.number) < connection.number and (closed is None or connection.number < closed)


def _channel(connection: Connection, session: ControlSession, method: Method, wire: Wire) -> DataChannel:
    unread = Exchange(at=connection.began, verb="", argument=None, replies=(), packet=connection.number)
    channel = DataChannel(
        session=session,
        method=method,
        negotiation=unread,
        announced=connection.target,
        transfer=None,
        inferred=True,
    )
    return observed(channel, [connection], wire.around(session))
