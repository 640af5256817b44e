"""The server does not know EPSV.

What happens: EPSV (RFC 2428) is the passive method for IPv6, and many clients prefer it over IPv4 as well. Old
servers do not know it; some inspecting firewalls refuse it in the server's name. Over IPv4 a client loses nothing by
using PASV; over IPv6 there is no other passive method.

How it is told: EPSV gets a reply such as 500, 502 or 522 in words about the command or its protocol.

What it is not: a server that knows EPSV and declines passive mode is `passive-refused-by-server`. PASV that works
says nothing about EPSV, and the other way round.
"""

from __future__ import annotations

from ftpdiag.clues import remedies, settings
from ftpdiag.clues.refusals import Declined, refusal
from ftpdiag.diagnosis import Grounds, cause, command_sighting, quotation
from ftpdiag.model import Alternative, Confidence, DataChannel, Location, Method, Mode, Tls, Verdict

PROTOCOL_NOT_SUPPORTED = 522
"""RFC 2428 §3: a code of this command's own, which only an FTP server that knows it uses."""


@cause(
    title="The server does not support EPSV",
    judges=DataChannel,
    modes=(Mode.PASSIVE,),
    verdict=Verdict.REFUSED,
    location=Location.SERVER_CONFIG,
    remedies=(remedies.USE_PASV, settings.UPDATE_SERVER),
    references=("RFC 2428 §3",),
)
def passive_epsv_unsupported(channel: DataChannel) -> Grounds | None:
    """EPSV, and a reply that it is not known."""
    said = refusal(channel)
    if said is None or said.what is not Declined.METHOD or channel.method is not Method.EPSV:
        return None
    sure = said.reply.code == PROTOCOL_NOT_SUPPORTED or channel.session.tls is not Tls.NONE
    only = " Over IPv6 that leaves no passive method." if channel.session.family == 6 else ""
    return Grounds(
        confidence=Confidence.PROVEN if sure else Confidence.LIKELY,
        summary=f"The server {channel.session.server} does not support EPSV: “{said.reply.lines[-1]}”.{only}",
        evidence=(
            command_sighting(channel.negotiation, "The client asked for it."),
            quotation(said.reply, "The server does not support it."),
        ),
        alternatives=()
        if sure
        else (
            Alternative(
                cause="control-commands-mangled",
                settle_with="the same probe with --tls explicit, which no device can read",
            ),
        ),
    )
