"""Encrypted sessions -> the data connections they must have negotiated, told from addresses, ports and times.

What was said is not known, so a channel is inferred: between the same two hosts, while the session was encrypted, not
negotiated by a session that can be read. Where several sessions could have, the latest is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ftpdiag.facts.channels import observed
from ftpdiag.facts.wire import Control, Wire
from ftpdiag.model import ControlSession, DataChannel, Exchange, Method
from ftpdiag.tcp import Call

_UNPRIVILEGED = 1024
"""Data ports lie above: a service below is something else that the same server offers."""

_METHODS = {4: (Method.PASV, Method.PORT), 6: (Method.EPSV, Method.EPRT)}
"""By family, what most clients say for either mode."""

Known = tuple[Control, ControlSession, tuple[DataChannel, ...]]


def inferred(known: Sequence[Known], wire: Wire) -> Iterator[DataChannel]:
    """The channels of encrypted sessions, beside those that are known."""
    sessions: dict[frozenset[str], list[tuple[Control, ControlSession]]] = {}
    for control, session, _ in known:
        if session.opaque and session.client:
            sessions.setdefault(frozenset({session.client.host, session.server.host}), []).append((control, session))
    if not sessions:
        return
    taken = {(control.call.opener, control.call.target) for control, _, _ in known}
    taken |= {(one.opener, one.target) for _, _, found in known for channel in found for one in channel.openings}
    for call in wire.calls:
        if call.guessed or (call.opener, call.target) in taken:
            continue
        possible = sessions.get(frozenset({call.opener.host, call.target.host}), ())
        for control, session in reversed(possible):
            method = _method(call, session)
            if method and _lived(control, session, call):
                yield _channel(call, session, method, wire)
                break


def _method(call: Call, session: ControlSession) -> Method | None:
    """How such a connection is negotiated; none where no FTP session opens it."""
    passive, active = _METHODS[session.family]
    opener, target = call.opener, call.target
    if target.port < _UNPRIVILEGED or session.server in {opener, target}:
        return None
    if session.client is None:
        return None
    from_data_port = opener.port == session.server.port - 1
    if target.host == session.server.host and not from_data_port:
        return passive if opener.host == session.client.host else None
    return active if target.host == session.client.host else None


def _lived(control: Control, session: ControlSession, call: Call) -> bool:
    clear_again = session.clear_again or float("inf")
    encrypted_from = max((one.packet or 0 for one in session.lines if one.at < clear_again), default=None)
    return (encrypted_from or control.call.number) < call.number and (
        control.closed is None or call.number < control.closed
    )


def _channel(call: Call, session: ControlSession, method: Method, wire: Wire) -> DataChannel:
    unread = Exchange(at=call.began, verb="", argument=None, replies=(), packet=call.number)
    channel = DataChannel(
        session=session,
        method=method,
        negotiation=unread,
        announced=call.target,
        transfer=None,
        inferred=True,
    )
    return observed(channel, [call], wire.around(session))
