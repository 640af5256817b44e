"""A device on the way changes the address or port that the server announces.

What happens: a router's FTP helper (ALG) rewrites the 227 or 229 that passes through it, because a NAT gives the server
another address. Done well, nobody notices: that is information, not a fault. Done badly, the client dials an address
or a port on which nobody listens, or cannot read the reply at all.

How it is told: captures at both ends. The reply that left the server is not the one that arrived at the client, and the
client's SYN to what it was told does not arrive where the server listens. One capture cannot tell it from a server that
is configured wrongly.

What it is not: where the SYN arrives at the port that the server had announced, the device translates both, and
whatever else is wrong has another cause. A server that itself announces an address nobody can reach is
`passive-address-unroutable`.
"""

from __future__ import annotations

from ftpdiag.cause import Decided, Grounds, cause
from ftpdiag.clues.announced import NO_HELPER, Rewritten, addressed, arrived_at, harmless, rewritten
from ftpdiag.clues.remedies import USE_EPSV
from ftpdiag.model import Confidence, DataChannel, Location, Method, Mode, Verdict


@cause(
    title="A device on the way changes the address or port that the server announces",
    judges=DataChannel,
    modes=(Mode.PASSIVE,),
    verdict=None,
    or_else="blocked where the data connection goes astray by it",
    location=Location.PATH,
    remedies=(*NO_HELPER, USE_EPSV),
    references=("RFC 2663 §5", "RFC 3235 §4.2", "RFC 6384"),
    overrides=(
        "passive-address-unroutable",
        "passive-answer-dropped-by-client-host",
        "passive-dropped-by-client-host",
        "passive-host-unreachable",
        "passive-port-dropped",
        "passive-port-refused",
        "passive-port-rejected",
        "reply-malformed",
    ),
    decided_by=Decided.BOTH_ENDS,
)
def alg_rewrote_endpoint(channel: DataChannel) -> Grounds | None:
    """The replies differ, and the client's SYN goes astray; or it does not."""
    change = rewritten(channel)
    if change is None:
        return None
    wrong = _wrong(channel, change)
    if wrong is None or _opened(channel, change):
        return _information(change) if channel.opened else None
    confidence, what = wrong
    return Grounds(
        confidence=confidence,
        verdict=Verdict.BLOCKED,
        summary=f"The server announces {addressed(change.said)}, and {addressed(change.heard)} arrives at the client: "
        f"{what}",
        evidence=change.evidence,
    )


def _information(change: Rewritten) -> Grounds:
    return Grounds(confidence=Confidence.PROVEN, summary=harmless(change), evidence=change.evidence)


def _opened(channel: DataChannel, change: Rewritten) -> bool:
    """What was heard led to a data connection; a client may have known better, and dialled something else."""
    return any(one.established and one.target == change.heard for one in channel.openings)


def _wrong(channel: DataChannel, change: Rewritten) -> tuple[Confidence, str] | None:
    """How sure, and a clause; none: the device has translated well."""
    if change.heard is None:
        return Confidence.PROVEN, "the client cannot read it."
    came_to = arrived_at(channel, change)
    if came_to is not None:
        if came_to.port == change.said.port:
            return None
        return (
            Confidence.PROVEN,
            f"the client's SYN arrives at the server's port {came_to.port}, where nobody expects it.",
        )
    if change.heard.host != change.near.server.host and channel.method is not Method.EPSV:
        meant = change.said.host in {change.far.server.host, change.near.server.host}
        where = f"no SYN to that reaches the server, whom the client knows as {change.near.server.host}."
        return Confidence.PROVEN if meant else Confidence.LIKELY, where
    if change.heard.port != change.said.port:
        return Confidence.LIKELY, "no SYN to that reaches the server."
    return None
