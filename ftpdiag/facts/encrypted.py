"""Encrypted sessions -> the data connections they must have negotiated, told from addresses, ports and times.

What was said is not known, so a channel is inferred: between the same two hosts, while the session was encrypted, not
negotiated by a session that can be read. Where several sessions could have, the latest is taken.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ftpdiag import ftp
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
    pairs: dict[frozenset[str], _Sessions] = {}
    for control, session, _ in known:
        if session.opaque and session.client:
            hidden = _Hidden(control, session, _since(control, session))
            pairs.setdefault(frozenset({session.client.host, session.server.host}), _Sessions()).add(hidden)
    if not pairs:
        return
    taken = {(control.call.opener, control.call.target) for control, _, _ in known}
    taken |= {(one.opener, one.target) for _, _, found in known for channel in found for one in channel.openings}
    for call in wire.calls:
        those = pairs.get(frozenset({call.opener.host, call.target.host}))
        if those is None or call.guessed or (call.opener, call.target) in taken:
            continue
        for one in those.before(call):
            method = _method(call, one.session)
            if method and one.since < call.number and not _over(one.control, call):
                yield _channel(call, one.session, method, wire)
                break


class _Hidden(NamedTuple):
    """A session of which a part cannot be read."""

    control: Control
    session: ControlSession
    since: int
    """The last packet before that."""


def _since(control: Control, session: ControlSession) -> int:
    clear_again = session.clear_again or float("inf")
    protected = next((one.at for one in session.exchanges if ftp.hides(one)), float("inf"))
    clear = (one.packet or 0 for one in session.lines if one.at < min(clear_again, protected))
    return max(clear, default=control.call.number)


class _Sessions:
    """Those of two hosts, in order. Who asks in order, too, does not meet again those that are over."""

    def __init__(self) -> None:
        self._coming = deque[_Hidden]()
        self._begun: list[_Hidden] = []

    def add(self, hidden: _Hidden) -> None:
        self._coming.append(hidden)

    def before(self, call: Call) -> Iterator[_Hidden]:
        """What had begun by then and may last, the latest first."""
        while self._coming and self._coming[0].control.call.number < call.number:
            self._begun.append(self._coming.popleft())
        while self._begun and _over(self._begun[-1].control, call):
            self._begun.pop()
        return reversed(self._begun)


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


def _over(control: Control, call: Call) -> bool:
    return control.closed is not None and control.closed <= call.number


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
