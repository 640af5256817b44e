"""The server declines passive mode, or has no port for it.

What happens: passive mode is switched off or denied in the server's configuration; its passive range is used up; or
the machine's own policy, such as SELinux, does not let it listen.

How it is told: PASV, EPSV or the transfer command gets a 4yz or 5yz reply in words about the mode or the port.

What it is not: an EPSV that the server does not know is `passive-epsv-unsupported`; PASV over IPv6 cannot work
anywhere, `passive-pasv-on-ipv6`; a server that wants encryption first says so, `data-protection-mismatch`.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import remedies, settings
from ftpdiag.clues.refusals import Declined, refusal, transient
from ftpdiag.clues.unsupported import ANSWERED_BY_A_DEVICE
from ftpdiag.evidence import command_sighting, quotation
from ftpdiag.model import Alternative, Confidence, DataChannel, Location, Method, Mode, Tls, Verdict


@cause(
    title="The server declines passive mode",
    judges=DataChannel,
    modes=(Mode.PASSIVE,),
    verdict=Verdict.REFUSED,
    location=Location.SERVER_CONFIG,
    remedies=(*settings.ENABLE_PASSIVE, *settings.FIX_PASSIVE_RANGE, remedies.USE_ACTIVE),
    references=("RFC 959 §4.2", "RFC 1123 §4.1.2.6"),
)
def passive_refused_by_server(channel: DataChannel) -> Grounds | None:
    """A reply that declines the mode, or a PASV that the server does not know."""
    said = refusal(channel)
    if said is None or channel.opened:
        return None
    if said.what is not Declined.MODE and (said.what is not Declined.METHOD or channel.method is Method.EPSV):
        return None
    sure = said.what is Declined.MODE or channel.session.tls is not Tls.NONE
    alternatives = []
    if transient(said.reply):
        alternatives.append(
            Alternative(cause="passive-ports-exhausted", settle_with="the same probe a few minutes later")
        )
    if not sure:
        alternatives.append(ANSWERED_BY_A_DEVICE)
    return Grounds(
        confidence=Confidence.PROVEN if sure else Confidence.LIKELY,
        summary=f"The server {channel.session.server} declines {channel.method}: “{said.reply.lines[-1]}”.",
        evidence=(
            command_sighting(channel.negotiation, "The client asked for a port to dial."),
            quotation(said.reply, "The server declined."),
        ),
        alternatives=tuple(alternatives),
    )
