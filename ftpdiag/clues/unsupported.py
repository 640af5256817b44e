"""EPRT or EPSV, and a reply that the server does not know it -> how sure that is the server's word."""

from __future__ import annotations

from msgspec import Struct

from ftpdiag.clues.refusals import Declined, refusal
from ftpdiag.clues.remembered import remembered
from ftpdiag.model import Alternative, Confidence, DataChannel, Method, Reply, Tls
from ftpdiag.senseless import asked_family, of_another_family

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
    taken = (id(channel.session), method, asked_family(channel)) in _taken(channel.beside)
    if taken or of_another_family(channel):
        return None
    sure = said.reply.code == _PROTOCOL_NOT_SUPPORTED or channel.session.tls is not Tls.NONE
    only = f" Over IPv6 that leaves no {channel.mode} method." if channel.session.family == 6 else ""
    return Unsupported(
        reply=said.reply,
        confidence=Confidence.PROVEN if sure else Confidence.LIKELY,
        summary=f"The server {channel.session.server} does not support {method}: “{said.reply.lines[-1]}”.{only}",
    )


@remembered()
def _taken(those: tuple[DataChannel, ...]) -> frozenset[tuple[int, Method, int | None]]:
    """Of which sessions, with which method, for which IP version a negotiation was accepted."""
    return frozenset((id(one.session), one.method, asked_family(one)) for one in those if one.agreed)
