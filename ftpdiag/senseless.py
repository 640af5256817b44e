"""A negotiation that was declined -> whether any server would have declined it: then nothing is known of this one."""

from __future__ import annotations

import re

from ftpdiag.model import DataChannel, Method, Mode, Reply

_NO_SUCH_COMMAND = 502
"""RFC 959 §4.2: a server that says so has not looked at the argument."""

_PROMISED = re.compile(r"\bEPSV ALL\b", re.IGNORECASE)
"""RFC 2428 §4: after it a server must reject every other command; vsftpd, ProFTPD and pyftpdlib name it then."""

_PROTOCOL_NOT_SUPPORTED = 522
_ABOUT_PROTOCOL = re.compile(r"\bprotocol", re.IGNORECASE)

_PROTOCOLS = {"1": 4, "2": 6}
"""RFC 2428 §2: what either number stands for."""


def senseless(channel: DataChannel) -> bool:
    """It named no endpoint, or a protocol that nobody knows; or the client had promised not to ask."""
    reply = channel.negotiation.final
    if reply and not reply.positive and _PROMISED.search(reply.text):
        return True
    if channel.mode is Mode.ACTIVE and channel.announced is None:
        return _looked_at(channel) is not None and channel.session.torn_at is None  # else a part may be missing
    return _protocol_declined(channel) and asked_family(channel) is None


def of_another_family(channel: DataChannel) -> bool:
    """It named the other IP version than the session's, and was declined for that: rightly, unless it was translated.

    A client behind a translation asks for the IP version that it speaks itself.
    """
    return _protocol_declined(channel) and asked_family(channel) not in {None, channel.session.family}


def uninformative(channel: DataChannel) -> bool:
    """That it was declined tells nothing of whether the server offers the mode."""
    return senseless(channel) or of_another_family(channel)


def _protocol_declined(channel: DataChannel) -> bool:
    reply = _looked_at(channel)
    if reply is None or channel.method not in {Method.EPRT, Method.EPSV}:
        return False
    return reply.code == _PROTOCOL_NOT_SUPPORTED or bool(_ABOUT_PROTOCOL.search(reply.text))


def _looked_at(channel: DataChannel) -> Reply | None:
    """The reply that declines the argument; none: it is another, or nobody heard what it declines."""
    reply = channel.negotiation.final
    if reply is None or reply.positive or reply.code == _NO_SUCH_COMMAND or not channel.negotiation.verb:
        return None
    return reply


def asked_family(channel: DataChannel) -> int | None:
    """The IP version that EPRT names; EPSV may, and else means that of the control connection (RFC 2428 §3)."""
    words = (channel.negotiation.argument or "").strip()
    if channel.method is Method.EPSV:
        return _PROTOCOLS.get(words) if words else channel.session.family
    return _PROTOCOLS.get(words[1:].partition(words[:1])[0]) if words[1:] else None
