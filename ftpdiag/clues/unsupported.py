"""EPRT or EPSV, and a reply that the server does not know it -> how sure that is the server's word."""

from __future__ import annotations

import re

from msgspec import Struct

from ftpdiag.clues.refusals import Declined, refusal
from ftpdiag.clues.remembered import remembered
from ftpdiag.model import Alternative, Confidence, DataChannel, Method, Reply, Tls

_PROTOCOL_NOT_SUPPORTED = 522
"""RFC 2428 §2 and §3: a code of these commands' own, which only an FTP server that knows them uses."""

ANSWERED_BY_A_DEVICE = Alternative(
    cause="control-commands-mangled", settle_with="the same probe with --tls explicit, which no device can read"
)
"""An inspecting firewall may decline a command in the server's name."""


class Unsupported(Struct, frozen=True, kw_only=True):
    """The server's reply, and what follows."""

    reply: Reply
    confidence: Confidence
    """PROVEN where no device on the way can have answered in its place."""
    summary: str


def unsupported(channel: DataChannel, method: Method) -> Unsupported | None:
    """`method`, and a reply that it is not known."""
    said = refusal(channel)
    if said is None or said.what is not Declined.METHOD or channel.method is not method:
        return None
    if _knows(channel, said.reply):
        return None
    sure = said.reply.code == _PROTOCOL_NOT_SUPPORTED or channel.session.tls is not Tls.NONE
    only = f" Over IPv6 that leaves no {channel.mode} method." if channel.session.family == 6 else ""
    return Unsupported(
        reply=said.reply,
        confidence=Confidence.PROVEN if sure else Confidence.LIKELY,
        summary=f"The server {channel.session.server} does not support {method}: “{said.reply.lines[-1]}”.{only}",
    )


_PROTOCOLS = {"1": 4, "2": 6}
"""RFC 2428 §2: what either number stands for."""

_ABOUT_PROTOCOL = r"(?i)\bprotocol"


def _knows(channel: DataChannel, reply: Reply) -> bool:
    """It took the same in the same session; or was asked for a protocol that nobody knows."""
    asked = _asked(channel)
    about_protocol = reply.code == _PROTOCOL_NOT_SUPPORTED or re.search(_ABOUT_PROTOCOL, reply.text)
    if about_protocol and asked not in _PROTOCOLS.values():
        return True
    return (id(channel.session), channel.method, asked) in _taken(channel.beside)


@remembered()
def _taken(those: tuple[DataChannel, ...]) -> frozenset[tuple[int, Method, int | None]]:
    """Of which sessions, with which method, for which IP version a negotiation was accepted."""
    return frozenset((id(one.session), one.method, _asked(one)) for one in those if one.agreed)


def _asked(channel: DataChannel) -> int | None:
    """The IP version that EPRT names; EPSV may, and else means that of the control connection (RFC 2428 §3)."""
    words = (channel.negotiation.argument or "").strip()
    if channel.method is Method.EPSV:
        return _PROTOCOLS.get(words) if words else channel.session.family
    return _PROTOCOLS.get(words[1:].partition(words[:1])[0]) if words[1:] else None
