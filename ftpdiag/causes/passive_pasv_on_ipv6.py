"""PASV is used over IPv6, where it cannot work.

What happens: the reply to PASV has room for an IPv4 address only (RFC 959). Over IPv6 a server refuses it, or
announces 0.0.0.0 or something else that is not its address. Clients must use EPSV there, whose reply names a port
only.

How it is told: the control connection runs over IPv6 and the command is PASV. A refusal, or whatever the reply names,
is the evidence.

What it is not: a firewall. EPSV on the same connection tells whether passive mode works.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import remedies
from ftpdiag.evidence import command_sighting, quotation
from ftpdiag.model import Confidence, DataChannel, Location, Method, Mode, Verdict

IPV6 = 6


@cause(
    title="PASV cannot work over IPv6",
    judges=DataChannel,
    modes=(Mode.PASSIVE,),
    verdict=Verdict.REFUSED,
    location=Location.CLIENT_CONFIG,
    remedies=(remedies.USE_EPSV, remedies.USE_PASV),
    references=("RFC 959 §4.1.2", "RFC 2428 §3"),
    overrides=(
        "passive-address-unroutable",
        "passive-refused-by-server",
        "passive-port-dropped",
        "passive-port-refused",
        "passive-port-rejected",
        "passive-dropped-by-client-host",
        "passive-answer-dropped-by-client-host",
        "reply-malformed",
    ),
)
def passive_pasv_on_ipv6(channel: DataChannel) -> Grounds | None:
    """PASV on an IPv6 session, and a reply to it."""
    reply = channel.negotiation.final
    if channel.method is not Method.PASV or channel.session.family != IPV6 or reply is None:
        return None
    if reply.positive:
        named = channel.announced.host if channel.announced else "no IPv4 address"
        text = f"names {named}, which is not the server's address {channel.session.server.host}"
    else:
        text = f"is a refusal: “{reply.lines[-1]}”"
    return Grounds(
        confidence=Confidence.PROVEN,
        summary=f"PASV was sent over IPv6, where its reply cannot name the server's address. The reply {text}.",
        evidence=(
            command_sighting(channel.negotiation, f"PASV was sent to {channel.session.server}."),
            quotation(reply, f"The reply {text}."),
        ),
    )
