"""The server itself answers the SYN to the announced passive port with a RST.

What happens: nobody listens on the port at the address that the client reaches. The server announced a port and
closed it, another machine behind the same address got the SYN, a container's ports are not published, or something on
the way rewrote the port. A firewall on the server that resets instead of dropping looks the same.

How it is told: the RST comes back, and it has travelled as many hops as the server's answers on the control
connection. A device on the way that resets in the server's name is nearer (`passive-port-rejected`); what comes from
farther away may be another machine behind the same address.

False friends: a firewall in the server's own segment is as far away as the server. Without a tap a RST by this
machine's own firewall cannot be told from one by the server.
"""

from __future__ import annotations

from msgspec.structs import replace

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import settings
from ftpdiag.clues.across import open_across, perhaps_across, to_dial_across
from ftpdiag.clues.announced import perhaps_rewritten
from ftpdiag.clues.between import put_in
from ftpdiag.clues.dials import to_dial_again
from ftpdiag.clues.hops import answerer, away, server_hop
from ftpdiag.clues.ports import to_sample
from ftpdiag.evidence import packet_sighting, sighting
from ftpdiag.model import (
    Alternative,
    Answer,
    Confidence,
    DataChannel,
    Evidence,
    Location,
    Mode,
    Opening,
    Packet,
    Verdict,
    View,
)
from ftpdiag.stacks import hop_of


@cause(
    title="The server itself refuses connections to its passive port",
    judges=DataChannel,
    modes=(Mode.PASSIVE,),
    verdict=Verdict.BLOCKED,
    location=Location.SERVER_HOST,
    remedies=(*settings.LISTEN_ON_ANNOUNCED_PORT, *settings.FIX_THEN_OPEN_PASSIVE_RANGE),
    references=("RFC 959 §4.1.2", "RFC 9293 §3.5.2"),
)
def passive_port_refused(channel: DataChannel) -> Grounds | None:
    """A RST from as far away as the server; without a tap, any."""
    grounds = _refused(channel)
    if grounds is None:
        return None
    return replace(
        grounds,
        evidence=(*grounds.evidence, *open_across(channel)),
        alternatives=(*grounds.alternatives, *perhaps_across(channel)),
        settle_with=(*to_sample(channel), *to_dial_again(channel), *to_dial_across(channel)),
    )


def _refused(channel: DataChannel) -> Grounds | None:
    wire, socket = channel.wire, channel.socket
    if channel.opened:
        return None
    if wire is None:
        return _unwatched(socket) if socket and socket.answer is Answer.REFUSED else None
    answer = answerer(wire)
    if answer is None or wire.answer is not Answer.REFUSED:
        return None
    if (on_the_way := put_in(answer, channel.session)) is not None:
        return None if on_the_way else _seen_leaving(wire, answer)
    server = server_hop(channel.session)
    if server is None:
        return _unmeasured(wire, answer)
    return _measured(channel, wire, answer, server) if hop_of(answer.ttl) >= server else None


def _seen_leaving(wire: Opening, answer: Packet) -> Grounds:
    """In the server's own capture."""
    return Grounds(
        confidence=Confidence.PROVEN,
        summary=f"The server answers the SYN to {wire.target} with a RST: nobody listens there, or its own firewall "
        "resets it.",
        evidence=_evidence(wire, answer, "The RST left the server itself."),
    )


def _unmeasured(wire: Opening, answer: Packet) -> Grounds:
    return Grounds(
        confidence=Confidence.POSSIBLE,
        summary=f"The SYN to {wire.target} is answered with a RST. How far away the server is was not seen, so a "
        "device on the way is not ruled out.",
        evidence=_evidence(wire, answer, f"A RST came back, from {away(hop_of(answer.ttl))}."),
        location=Location.UNKNOWN,
        alternatives=(
            Alternative(
                cause="passive-port-rejected",
                settle_with="a capture that has the beginning of the control connection",
            ),
        ),
    )


def _measured(channel: DataChannel, wire: Opening, answer: Packet, server: int) -> Grounds:
    """From no nearer than the server."""
    hop = hop_of(answer.ttl)
    if hop > server:
        return Grounds(
            confidence=Confidence.POSSIBLE,
            summary=f"The SYN to {wire.target} is answered with a RST from farther away than {channel.session.server} "
            "answers from: another machine behind the same address, or the same one by a longer way.",
            evidence=_evidence(wire, answer, f"A RST came back, from {away(hop)}; the server is {away(server)}."),
            location=Location.UNKNOWN,
            alternatives=(
                Alternative(
                    cause="passive-other-backend",
                    settle_with="the rules of the device in front of the server: whether it leads the passive ports to "
                    "the same machine as the control port",
                ),
            ),
        )
    return Grounds(
        confidence=Confidence.PROVEN if wire.view is View.SERVER_WIRE else Confidence.LIKELY,
        summary=f"The server answers the SYN to {wire.target} with a RST: nobody listens there, or its own firewall "
        "resets it.",
        evidence=_evidence(wire, answer, f"A RST came back, from {away(hop)}, as far as the server's other answers."),
        hop=hop if wire.view is View.CLIENT_WIRE else None,
        alternatives=() if wire.view is View.SERVER_WIRE else perhaps_rewritten(channel),
    )


def _evidence(wire: Opening, answer: Packet, text: str) -> tuple[Evidence, ...]:
    return sighting(wire, f"The SYN to {wire.target} passed."), packet_sighting(answer, text)


def _unwatched(socket: Opening) -> Grounds:
    sniff = "the same probe, allowed to sniff"
    return Grounds(
        confidence=Confidence.POSSIBLE,
        summary=f"Your connection to {socket.target} is refused. No packet tap watched its way, so who "
        "refuses it is not known.",
        evidence=(sighting(socket, f"connect() to {socket.target} was refused."),),
        location=Location.UNKNOWN,
        alternatives=(
            Alternative(cause="passive-port-rejected", settle_with=sniff),
            Alternative(cause="passive-dropped-by-client-host", settle_with=sniff),
        ),
    )
