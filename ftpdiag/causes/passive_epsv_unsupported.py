"""The server does not know EPSV.

What happens: EPSV (RFC 2428) is the passive method for IPv6, and many clients prefer it over IPv4 as well. Old
servers do not know it; some inspecting firewalls refuse it in the server's name. Over IPv4 a client loses nothing by
using PASV; over IPv6 there is no other passive method.

How it is told: EPSV gets a reply such as 500, 502 or 522 in words about the command or its protocol.

What it is not: a server that knows EPSV and declines passive mode is `passive-refused-by-server`. PASV that works
says nothing about EPSV, and the other way round.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import remedies, settings
from ftpdiag.clues.unsupported import ANSWERED_BY_A_DEVICE, unsupported
from ftpdiag.evidence import command_sighting, quotation
from ftpdiag.model import Confidence, DataChannel, Location, Method, Mode, Verdict


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
    lack = unsupported(channel, Method.EPSV)
    if lack is None:
        return None
    return Grounds(
        confidence=lack.confidence,
        summary=lack.summary,
        evidence=(
            command_sighting(channel.negotiation, "The client asked for it."),
            quotation(lack.reply, "The server does not support it."),
        ),
        alternatives=() if lack.confidence is Confidence.PROVEN else (ANSWERED_BY_A_DEVICE,),
    )
