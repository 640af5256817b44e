"""A device on the way changes the address or port that the client announces, and gets it wrong.

What happens: the FTP helper (ALG) of a NAT router rewrites PORT and EPRT, because the client's own address means
nothing to the server. Done well, active mode works through the NAT: that is information, not a fault. Done badly, the
server is told to call somebody else, or a port that leads nowhere; a careful server refuses such a PORT.

How it is told: captures at both ends. The command that left the client is not the one that arrived at the server, and
it names another host than the one the server talks to, or the server's call does not arrive where the client listens.

What it is not: a NAT that leaves PORT as it is, `active-address-refused`; a call that is dropped although the server
was told rightly, `active-inbound-dropped`.
"""

from __future__ import annotations

from ftpdiag.cause import Decided, Grounds, cause
from ftpdiag.clues.announced import NO_HELPER, Rewritten, addressed, arrived_at, harmless, rewritten
from ftpdiag.clues.remedies import USE_PASSIVE
from ftpdiag.model import Confidence, DataChannel, Location, Mode, Verdict


@cause(
    title="A device on the way changes the address or port that the client announces",
    judges=DataChannel,
    modes=(Mode.ACTIVE,),
    verdict=None,
    or_else="blocked where the data connection goes astray by it",
    location=Location.PATH,
    remedies=(USE_PASSIVE, *NO_HELPER),
    references=("RFC 2663 §5", "RFC 3235 §4.2", "RFC 6384"),
    overrides=(
        "active-address-refused",
        "active-answer-lost",
        "active-dropped-by-client-host",
        "active-inbound-dropped",
        "active-refused-by-client-host",
        "active-refused-by-server",
    ),
    decided_by=Decided.BOTH_ENDS,
)
def alg_rewrote_port_command(channel: DataChannel) -> Grounds | None:
    """The commands differ, and the server's call goes astray; or it does not."""
    change = rewritten(channel)
    if change is None:
        return None
    if channel.opened:
        return _information(change)
    wrong = _wrong(channel, change)
    if wrong is None:
        return None
    confidence, what = wrong
    return Grounds(
        confidence=confidence,
        verdict=Verdict.BLOCKED,
        summary=f"The client announces {addressed(change.said)}, and {addressed(change.heard)} arrives at the server: "
        f"{what}",
        evidence=change.evidence,
    )


def _information(change: Rewritten) -> Grounds:
    return Grounds(confidence=Confidence.PROVEN, summary=harmless(change), evidence=change.evidence)


def _wrong(channel: DataChannel, change: Rewritten) -> tuple[Confidence, str] | None:
    """How sure, and a clause; none: the device has translated well."""
    if change.heard is None:
        return Confidence.PROVEN, "the server cannot read it."
    if change.heard.host != change.far.client.host:
        return Confidence.PROVEN, f"the server knows the client as {change.far.client.host}."
    came_to = arrived_at(channel, change)
    if came_to is not None:
        if came_to.port == change.said.port:
            return None
        return (
            Confidence.PROVEN,
            f"the server's SYN arrives at the client's port {came_to.port}, where nobody expects it.",
        )
    if change.heard.port != change.said.port:
        return Confidence.LIKELY, "no SYN of the server reaches the client."
    return None
