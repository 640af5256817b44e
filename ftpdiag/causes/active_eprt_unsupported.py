"""The server does not know EPRT, or not for this IP version.

What happens: EPRT (RFC 2428) carries IPv6 addresses, and clients use it over IPv4 as well. Old servers do not know
it; some inspecting firewalls refuse it in the server's name. Over IPv4 a client loses nothing by using PORT; over
IPv6 there is no other active method.

How it is told: EPRT gets a reply such as 500, 502 or 522 in words about the command or its protocol. 522 names the
protocols that the server does support.

What it is not: a server that knows EPRT and declines active mode is `active-refused-by-server`; one that refuses the
address in it, `active-address-refused`. PORT that works says nothing about EPRT, and the other way round. A server that
asks for protocol 1 or 2 where the client named another, or took EPRT earlier in the session, knows it.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import remedies, settings
from ftpdiag.clues.unsupported import ANSWERED_BY_A_DEVICE, unsupported
from ftpdiag.evidence import command_sighting, quotation
from ftpdiag.model import Confidence, DataChannel, Location, Method, Mode, Verdict


@cause(
    title="The server does not support EPRT",
    judges=DataChannel,
    modes=(Mode.ACTIVE,),
    verdict=Verdict.REFUSED,
    location=Location.SERVER_CONFIG,
    remedies=(remedies.USE_PORT, remedies.USE_PASSIVE, settings.UPDATE_SERVER),
    references=("RFC 2428 §2",),
)
def active_eprt_unsupported(channel: DataChannel) -> Grounds | None:
    """EPRT, and a reply that it is not known."""
    lack = unsupported(channel, Method.EPRT)
    if lack is None:
        return None
    sure = lack.confidence is Confidence.PROVEN
    return Grounds(
        confidence=lack.confidence,
        summary=lack.summary,
        evidence=(
            command_sighting(channel.negotiation, "The client asked for it."),
            quotation(lack.reply, "The server does not support it."),
        ),
        alternatives=() if sure else (ANSWERED_BY_A_DEVICE,),
    )
