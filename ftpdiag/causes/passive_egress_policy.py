"""The client's own edge lets the control port out, and not the announced passive port.

What happens: a firewall at the client's site lets its users out to a few ports only, such as 21, 80 and 443. The
control connection to port 21 works; the passive port is a high one, and its SYN is lost at the first router. Other
servers' passive ports are lost there just so. A firewall that lets out what a control connection announces, and
cannot read this one, does the same.

How it is told: by the hop walk of a live probe. SYNs that expire on the way are heard of at every router when they go
to the control port, and when they go to the passive port not even at the first router, or only there. Captures at the
client and behind its only router tell the same: the SYN is in the first and not in the second.

What it is not: a SYN that gets farther is lost on the way or at the server, `passive-port-dropped`. One that never
leaves the machine is stopped by its own rules, `passive-dropped-by-client-host`. A router that says no, rather than
nothing, is `passive-port-rejected`.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import remedies
from ftpdiag.clues.between import lost_syn
from ftpdiag.clues.firewalls import Way, ftp_helper
from ftpdiag.clues.silence import too_soon, unanswered
from ftpdiag.clues.trials import gap, walk_evidence
from ftpdiag.clues.wording import client_of, times
from ftpdiag.evidence import sighting
from ftpdiag.model import (
    Alternative,
    Answer,
    Confidence,
    DataChannel,
    Evidence,
    Location,
    Mode,
    Opening,
    Party,
    Remedy,
    Tls,
    Verdict,
    View,
)


@cause(
    title="The client's own edge does not let the passive port out",
    judges=DataChannel,
    modes=(Mode.PASSIVE,),
    verdict=Verdict.BLOCKED,
    location=Location.CLIENT_NETWORK,
    remedies=(
        *remedies.LET_DATA_OUT_OF_NETWORK,
        Remedy(
            who="network",
            product="nftables on the client's router, without TLS",
            tls=Tls.NONE,
            text=ftp_helper(Way.THROUGH),
        ),
    ),
    references=("RFC 1579", "RFC 959 §4.1.2"),
    overrides=("passive-port-dropped",),
)
def passive_egress_policy(channel: DataChannel) -> Grounds | None:
    """Lost at the first router, by a walk or by captures on both sides of it."""
    wire = channel.wire
    if channel.opened or wire is None or wire.view is not View.CLIENT_WIRE or wire.answer is not Answer.SILENT:
        return None
    if too_soon(wire):
        return None
    if loss := lost_syn(wire, Party.CLIENT, channel.session, channel.beside):
        if loss.location is not Location.CLIENT_NETWORK:
            return None
        return _grounds(channel, wire, loss.confidence, Evidence(text=loss.absence("SYN to it")))
    gone = gap(channel)
    if gone is None or gone.location is not Location.CLIENT_NETWORK:
        return None
    confidence = max(gone.confidence, unanswered(wire), key=list(Confidence).index)
    return _grounds(channel, wire, confidence, *walk_evidence(channel), told=f" {gone.told}", hop=gone.hop)


def _grounds(
    channel: DataChannel,
    wire: Opening,
    confidence: Confidence,
    *shown: Evidence,
    told: str = "",
    hop: int | None = None,
) -> Grounds:
    session = channel.session
    return Grounds(
        confidence=confidence,
        summary=f"The SYN to {wire.target} leaves {client_of(session)} and is lost at the edge of its own network, "
        f"which lets port {session.server.port} out.{told}",
        evidence=(sighting(wire, f"The SYN to {wire.target} passed {times(wire.tries)}; nothing came back."), *shown),
        hop=hop,
        alternatives=()
        if session.tls is Tls.NONE
        else (Alternative(cause="alg-blind-to-tls", settle_with="the same probe with --tls none"),),
    )
