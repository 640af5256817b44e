"""The client's SYN to the announced passive port is never answered.

What happens: in passive mode the client opens the data connection to a port that the server has just announced. A
firewall in front of the server, or on it, that lets in port 21 only and does not follow the announcement drops that
SYN. So may a firewall at the client's site that lets out a few ports only.

How it is told: the SYN leaves this machine, is repeated, and nothing comes back: no SYN-ACK, no RST, no ICMP error;
the control connection to the same address works meanwhile. From the client alone nobody can tell *where* on the way
it was dropped.
"""

from __future__ import annotations

from ftpdiag import remedies
from ftpdiag.diagnosis import Grounds, cause, sighting
from ftpdiag.model import Alternative, Answer, Confidence, DataChannel, Location, Mode, Verdict

DECISIVE_TRIES = 3
"""One SYN may be lost by chance; three in three seconds are not."""


@cause(
    title="The SYN to the passive port is dropped on the way, or at the server",
    judges=DataChannel,
    modes=(Mode.PASSIVE,),
    verdict=Verdict.BLOCKED,
    location=Location.UNKNOWN,
    remedies=(*remedies.OPEN_PASSIVE_RANGE, *remedies.FIX_PASSIVE_RANGE),
    references=("RFC 959 §4.1.2", "RFC 1579"),
)
def passive_port_dropped(channel: DataChannel) -> Grounds | None:
    """SYNs out, nothing back; without a tap, a connect() that timed out."""
    wire, socket = channel.wire, channel.socket
    opening = wire or socket
    if opening is None or opening.answer is not Answer.SILENT:
        return None
    if wire is None:
        return Grounds(
            confidence=Confidence.POSSIBLE,
            summary=f"Your connection to {opening.target} was never answered. Nothing was sniffed, so this machine's "
            "own firewall is not ruled out.",
            evidence=(sighting(opening, f"connect() to {opening.target} timed out."),),
            alternatives=(
                Alternative(cause="passive-dropped-by-client-host", settle_with="the same probe with the right to sniff"),
                Alternative(
                    cause="passive-answer-dropped-by-client-host", settle_with="the same probe with the right to sniff"
                ),
            ),
        )
    return Grounds(
        confidence=Confidence.PROVEN if wire.tries >= DECISIVE_TRIES else Confidence.LIKELY,
        summary=f"Your SYN to {wire.target} leaves this machine and is never answered, while {channel.session.server} "
        "answers: something between here and the server's socket drops it.",
        evidence=(sighting(wire, f"SYN to {wire.target}, sent {wire.tries} times; no SYN-ACK, RST or ICMP came back."),),
    )
