"""The server's SYN arrives, the client's SYN-ACK leaves, and the server repeats its SYN all the same.

What happens: the call-back gets through in one direction only. The client's answer takes another way than the SYN
came, or a firewall that did not see the SYN, or does not track it, drops a SYN-ACK that belongs to nothing it knows.
The server gives up after a minute with 425.

How it is told: both packets pass the tap, and the SYN (or the SYN-ACK) is repeated, so the server's TCP never got the
answer. A tap at the client sees outbound packets after the local firewall: the client's own firewall is ruled out. A
tap at the server sees inbound packets before the local firewall: there, the server's own firewall is what is left.
A device that rejects the answer with ICMP names itself.

What it is not: if no SYN-ACK leaves, see `active-dropped-by-client-host`.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import remedies
from ftpdiag.clues.between import Loss, lost_answer
from ftpdiag.clues.hops import place, server_hop
from ftpdiag.clues.wording import client_of, times
from ftpdiag.evidence import packet_sighting, sighting
from ftpdiag.model import (
    Confidence,
    DataChannel,
    Flag,
    IcmpError,
    Location,
    Mode,
    Opening,
    Party,
    Segment,
    Verdict,
    View,
)
from ftpdiag.stacks import hop_of

_SYN_ACK = Flag.SYN | Flag.ACK


@cause(
    title="The client's answer to the call-back never reaches the server",
    judges=DataChannel,
    modes=(Mode.ACTIVE,),
    verdict=Verdict.BLOCKED,
    location=Location.UNKNOWN,
    remedies=(*remedies.LET_ANSWER_TO_CALL_BACK_THROUGH, remedies.USE_PASSIVE),
    references=("RFC 959 §3.2", "RFC 9293 §3.5"),
)
def active_answer_lost(channel: DataChannel) -> Grounds | None:
    """SYN and SYN-ACK seen, repeated, and never acknowledged."""
    wire = channel.wire
    if wire is None or channel.opened or not wire.unacknowledged or wire.opener.host != channel.session.server.host:
        return None
    answers = [one for one in wire.packets if isinstance(one, Segment) and one.flags & _SYN_ACK == _SYN_ACK]
    near = wire.view is View.CLIENT_WIRE
    left = f"leaves {client_of(channel.session)}" if near else "passes where this was recorded"
    loss = lost_answer(wire, Party.SERVER, channel.session)
    at_server = wire.view is View.SERVER_WIRE
    error = _rejection(wire) if near else None
    if at_server:
        where = "reaches the server's wire and is ignored: the server's own firewall drops it"
    elif error:
        where = f"{left} and is rejected by the device {error.reporter}: {error.reason}"
    else:
        where = f"{left} and is lost {loss.where if loss else 'on its way to the server'}"
    return Grounds(
        confidence=Confidence.PROVEN if loss or wire.view is not View.MIDDLE_WIRE else Confidence.LIKELY,
        summary=f"The server's SYN from {wire.opener} gets through; the answer from {wire.target} {where}.",
        evidence=(
            sighting(wire, f"The server's SYN to {wire.target} passed {times(wire.tries)}."),
            packet_sighting(answers[0], f"The SYN-ACK passed {times(len(answers))}; no ACK followed."),
            *((packet_sighting(error, f"{error.reporter} answers the SYN-ACK: {error.reason}."),) if error else ()),
        ),
        location=_place(channel, error) if error else Location.SERVER_HOST if at_server else _lost_at(loss),
        hop=hop_of(error.ttl) if error else None,
    )


def _rejection(wire: Opening) -> IcmpError | None:
    """An ICMP error about the SYN-ACK."""
    errors = (one for one in wire.packets if isinstance(one, IcmpError))
    return next((one for one in errors if one.source == wire.target), None)


def _lost_at(loss: Loss | None) -> Location | None:
    return loss.location if loss else None


def _place(channel: DataChannel, error: IcmpError) -> Location:
    return place(View.CLIENT_WIRE, hop_of(error.ttl), server_hop(channel.session))
