"""The server does not know EPRT, or not for this IP version.

What happens: EPRT (RFC 2428) carries IPv6 addresses, and clients use it over IPv4 as well. Old servers do not know
it; some inspecting firewalls refuse it in the server's name. Over IPv4 a client loses nothing by using PORT; over
IPv6 there is no other active method.

How it is told: EPRT gets a reply such as 500, 502 or 522 in words about the command or its protocol. 522 names the
protocols that the server does support.

What it is not: a server that knows EPRT and declines active mode is `active-refused-by-server`; one that refuses the
address in it, `active-address-refused`. PORT that works says nothing about EPRT, and the other way round.
"""

from __future__ import annotations

from ftpdiag.clues import remedies, settings
from ftpdiag.clues.unsupported import ANSWERED_BY_A_DEVICE, unsupported
from ftpdiag.diagnosis import Grounds, cause, command_sighting, quotation
from ftpdiag.model import Alternative, Confidence, DataChannel, Location, Method, Mode, Verdict

_TRANSLATED = Alternative(
    cause="nat64-without-alg", settle_with="the same probe from a network that has IPv4, with --family 4"
)
"""The server sees an IPv4 client: between here and there the family changes, and EPRT cannot follow (RFC 6384)."""


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
    seen_as = channel.session.client_seen_as
    translated = channel.session.family == 6 and seen_as is not None and ":" not in seen_as
    sure = lack.confidence is Confidence.PROVEN
    return Grounds(
        confidence=Confidence.LIKELY if translated else lack.confidence,
        summary=lack.summary,
        evidence=(
            command_sighting(channel.negotiation, "The client asked for it."),
            quotation(lack.reply, "The server does not support it."),
        ),
        location=Location.UNKNOWN if translated else None,
        alternatives=(_TRANSLATED,) if translated else () if sure else (ANSWERED_BY_A_DEVICE,),
    )
