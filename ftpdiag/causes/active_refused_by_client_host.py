"""The server calls back, its SYN reaches this machine, and this machine turns it down with a RST or an ICMP error.

What happens: either nobody listens on the announced port at the announced address (the client bound another address
or closed too early), or a host firewall rejects the call-back instead of dropping it. The server learns at once and
answers 425 within a round trip.

How it is told: the tap at the client sees the server's SYN come in and the RST or the ICMP error go out. When the
probe itself was listening, that leaves the firewall only. In a capture from elsewhere, the answer must come from as
far away as the client's other packets do.

What it is not: a silent drop is `active-dropped-by-client-host`. A device on the way that answers in the client's
name is farther away from it than zero hops: `active-inbound-dropped`.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import remedies
from ftpdiag.clues.hops import answerer, from_client_itself
from ftpdiag.clues.nat import third_host
from ftpdiag.clues.silence import ignored, ignored_on_the_way
from ftpdiag.clues.wording import client_of
from ftpdiag.evidence import packet_sighting, sighting
from ftpdiag.model import Confidence, DataChannel, IcmpError, Location, Mode, Verdict, View


@cause(
    title="The client's own machine refuses the server's call-back",
    judges=DataChannel,
    modes=(Mode.ACTIVE,),
    verdict=Verdict.BLOCKED,
    location=Location.CLIENT_HOST,
    remedies=(*remedies.ACCEPT_CALL_BACK_ON_HOST, remedies.LISTEN_EVERYWHERE, remedies.USE_PASSIVE),
    references=("RFC 959 §3.2", "RFC 9293 §3.5.2"),
)
def active_refused_by_client_host(channel: DataChannel) -> Grounds | None:
    """SYN in, RST or ICMP error out, both on the wire of the client; elsewhere, from where the client is."""
    wire = channel.wire
    answer = answerer(wire) if wire else None
    if wire is None or answer is None or channel.opened or wire.opener.host != channel.session.server.host:
        return None
    if third_host(channel):
        return None
    at_client = wire.view is View.CLIENT_WIRE
    if ignored(wire) if at_client else ignored_on_the_way(wire):
        return None  # active-dropped-by-client-host, active-inbound-dropped
    if not at_client and not from_client_itself(answer, channel.session, wire.view):
        return None
    here = client_of(channel.session)
    said = f'the ICMP error "{answer.reason}"' if isinstance(answer, IcmpError) else "a RST"
    why = "its firewall rejects it" if channel.socket else "nobody listens there, or its firewall rejects it"
    return Grounds(
        confidence=Confidence.PROVEN if at_client else Confidence.LIKELY,
        summary=f"The server's SYN from {wire.opener} to {wire.target} reaches {here}, which answers with {said}: "
        f"{why}.",
        evidence=(
            sighting(wire, f"The server's SYN to {wire.target} passed."),
            packet_sighting(answer, f"{here[:1].upper()}{here[1:]} answered it with {said}."),
        ),
    )
