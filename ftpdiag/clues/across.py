"""A data channel -> whether its server is reached by the other address family, and where its passive port is open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from itertools import chain, islice

from msgspec import Struct

from ftpdiag.model import (
    Alternative,
    Answer,
    DataChannel,
    Endpoint,
    Evidence,
    Experiment,
    Method,
    Mode,
    Opening,
    Reply,
)

ENOUGH = 50
"""Channels between two hosts in which the server's word is looked for."""

_ADDRESS = r"(?i)(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4})(?![\w.:])"

_NOT_ON_IPV6 = r"(?i)(PASV\b.*\bIPv6|IPv6.*\bPASV\b)"
"""Pure-FTPd and FileZilla Server decline PASV so."""


class Across(Struct, frozen=True, kw_only=True):
    """The passive port, as an experiment found it."""

    own: tuple[Opening, ...]
    other: tuple[Opening, ...]
    """At the server's addresses of the other family."""

    @property
    def differs(self) -> bool:
        """Open by the other family, each time, and never by the own."""
        opened = {one.target.port for one in self.other if one.established}
        return bool(opened) and opened == {one.target.port for one in self.own if not one.established}


def crossed(channel: DataChannel) -> Evidence | None:
    """The server's own word, here or in a session beside, that it is reached by the other family."""
    server = channel.session.server
    for one in chain((channel,), islice(channel.beside, ENOUGH)):
        if one.session.server == server and (said := _said(one)):
            return said
    return None


def _said(channel: DataChannel) -> Evidence | None:
    session, family = channel.session, channel.session.family
    seen_as = session.client_seen_as
    if seen_as and Endpoint(host=seen_as, port=0).family != family:
        text = f"The server sees the client at {seen_as}, while this control connection is one of IPv{family}."
        return Evidence(text=text, at=session.began)
    for reply in filter(channel.declines, channel.replies):
        if family == 4 and channel.method is Method.PASV and re.search(_NOT_ON_IPV6, reply.text):
            text = "The server takes this control connection, which is one of IPv4, for one of IPv6."
            return Evidence(text=text, at=reply.at, line=reply.lines[0])
        if channel.mode is Mode.ACTIVE and (other := _named(reply, channel)):
            text = f"The server sees the client at {other}, while this control connection is one of IPv{family}."
            return Evidence(text=text, at=reply.at, line=reply.lines[0])
    return None


def _named(reply: Reply, channel: DataChannel) -> str | None:
    """An address of the other family that a reply declines an announced one for, as “(only to 198.51.100.2)”."""
    hosts = (found.group() for found in re.finditer(_ADDRESS, reply.text))
    own = channel.session.family
    return next((host for host in hosts if Endpoint(host=host, port=0).family != own and _is_address(host)), None)


def _is_address(word: str) -> bool:
    try:
        ip_address(word)
    except ValueError:
        return False
    return True


def _turned_away(channel: DataChannel) -> Opening | None:
    """The RST that the passive port gave at the control connection's own address; none: it did not."""
    own = [one for one in channel.openings if one.target.host == channel.session.server.host]
    if channel.mode is not Mode.PASSIVE or channel.opened or any(one.answer is Answer.REJECTED for one in own):
        return None
    return next((one for one in reversed(own) if one.answer is Answer.REFUSED), None)


def led_on(channel: DataChannel) -> bool:
    """A passive port did open at the address of the same server's control connection, at some time."""
    server = channel.session.server
    again = chain.from_iterable(one.channels for one in channel.session.retries)
    passive = (one for one in chain(islice(channel.beside, ENOUGH), again) if one.mode is Mode.PASSIVE)
    openings = (seen for one in passive if one.session.server == server for seen in one.openings)
    return any(seen.established and seen.target.host == server.host for seen in openings)


def closed_here(channel: DataChannel) -> Opening | None:
    """The same, and the experiment does not show the port closed by the other family as well."""
    found = dialled_across(channel)
    return None if found and found.other and not found.differs else _turned_away(channel)


def dialled_across(channel: DataChannel) -> Across | None:
    """What the experiment showed; none: it was not made, or was given no port."""
    openings = [
        seen
        for one in channel.session.tried(Experiment.OTHER_FAMILY)
        for again in one.channels
        for seen in again.openings
        if seen.view is (again.socket.view if again.socket else None)
    ]
    family = channel.session.family
    own = tuple(one for one in openings if one.target.family == family)
    return Across(own=own, other=tuple(one for one in openings if one.target.family != family)) if own else None


def to_dial_across(channel: DataChannel) -> tuple[Experiment, ...]:
    """What would tell; of a probe whose server has addresses of both families."""
    made = channel.session.tried(Experiment.OTHER_FAMILY)
    return (Experiment.OTHER_FAMILY,) if channel.session.across and not made else ()


def open_across(channel: DataChannel) -> Iterator[Evidence]:
    """Where the ports of the experiment are open."""
    found = dialled_across(channel)
    for one in found.other if found else ():
        became = "open" if one.established else f"{one.answer}"
        yield Evidence(text=f"By the other address family, at {one.target}, the port is {became}.", at=one.at)


def perhaps_across(channel: DataChannel) -> tuple[Alternative, ...]:
    """Where the port is open by the other family alone, and nothing says that the server is reached by that."""
    found = dialled_across(channel)
    return (_PERHAPS,) if found and found.differs else ()


_PERHAPS = Alternative(
    cause="family-mismatch",
    settle_with="on the server, while a transfer waits: ss -ltn, whether it listens for both families; if it does, its "
    "firewall resets the one",
)
