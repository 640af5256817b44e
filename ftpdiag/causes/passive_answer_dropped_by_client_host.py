"""The server answers the client's SYN, and the client's own firewall drops the answer.

What happens: a host firewall that filters packets one by one, without following connections, lets the SYN out and
does not let the SYN-ACK from an unknown port in. connect() times out as if nobody had answered.

How it is told: a packet tap sees inbound packets before the local firewall. The SYN leaves, the SYN-ACK arrives,
again and again, and still the client neither acknowledges nor connects.

What it is not: without the SYN-ACK it is `passive-port-dropped`: the two look the same to the client's socket, and
only a tap tells them apart.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import remedies
from ftpdiag.clues.between import followed
from ftpdiag.clues.wording import client_of, times
from ftpdiag.evidence import packet_sighting, sighting
from ftpdiag.model import Answer, Confidence, DataChannel, Flag, Location, Mode, Segment, Verdict, View

_SYN_ACK = Flag.SYN | Flag.ACK


@cause(
    title="The client's own firewall drops the server's answer",
    judges=DataChannel,
    modes=(Mode.PASSIVE,),
    verdict=Verdict.BLOCKED,
    location=Location.CLIENT_HOST,
    remedies=(*remedies.LET_ANSWERS_INTO_HOST, remedies.LOOSEN_REVERSE_PATH),
    references=("RFC 9293 §3.5", "https://wiki.nftables.org/wiki-nftables/index.php/Netfilter_hooks"),
)
def passive_answer_dropped_by_client_host(channel: DataChannel) -> Grounds | None:
    """SYN out, SYN-ACK in, and the socket knows nothing of it."""
    wire, socket = channel.seen_at(View.CLIENT_WIRE), channel.socket
    if wire is None or channel.opened or not wire.unacknowledged:
        return None
    if socket is not None and socket.answer is Answer.ACCEPTED:
        return None
    answers = [one for one in wire.packets if isinstance(one, Segment) and one.flags & _SYN_ACK == _SYN_ACK]
    here = client_of(channel.session)
    return Grounds(
        confidence=Confidence.PROVEN if socket or followed(wire) else Confidence.LIKELY,
        summary=f"The server's answer from {wire.target} reaches {here}, which ignores it: the firewall of {here} "
        "drops it.",
        evidence=(
            sighting(wire, f"The SYN to {wire.target} left {times(wire.tries)}."),
            packet_sighting(answers[0], f"The SYN-ACK arrived {times(len(answers))}; no ACK left."),
            *((sighting(socket, f"connect() to {socket.target} timed out."),) if socket else ()),
        ),
    )
