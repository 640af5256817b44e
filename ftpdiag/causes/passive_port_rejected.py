"""A device answers the SYN to the announced passive port with an ICMP error, or with a RST in the server's name.

What happens: a firewall that rejects instead of dropping, at the client's site, on the way, in front of the server,
or on the server. Or a NAT in front of the server that does not forward the port and resets the connection itself.

How it is told: an ICMP error names the device that sent it. A RST carries the server's address whoever sent it, but
it has come from less far than the server's answers on the control connection have. The distance tells which router it
was; a difference of a single hop may also come of routers that share traffic among several ways. A live probe walks
there: what resets a SYN that expires on the way is not the server.

What it is not: a RST from as far away as the server, or farther, is `passive-port-refused`. A router that cannot
find the machine behind the port is `passive-host-unreachable`, packets that go in circles are `routing-loop`. When
this machine's own firewall rejects, no SYN leaves it: `passive-dropped-by-client-host`.
"""

from __future__ import annotations

from msgspec.structs import replace

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import remedies, settings
from ftpdiag.clues.between import within
from ftpdiag.clues.devices import let_through
from ftpdiag.clues.hops import answerer, away, from_server_itself, nearer, place, server_hop
from ftpdiag.clues.nat import announced_inside
from ftpdiag.clues.own_errors import OWN_POLICY
from ftpdiag.clues.ports import to_sample
from ftpdiag.clues.stops import locating
from ftpdiag.clues.trials import refused_early, walk_evidence
from ftpdiag.clues.unreachable import IN_CIRCLES, NO_ROUTE, NOBODY_ANSWERS
from ftpdiag.evidence import packet_sighting, sighting
from ftpdiag.model import (
    Alternative,
    Answer,
    Confidence,
    DataChannel,
    IcmpError,
    Location,
    Mode,
    Opening,
    Packet,
    Remedy,
    Verdict,
    View,
)
from ftpdiag.stacks import hop_of


@cause(
    title="A firewall rejects connections to the passive port",
    judges=DataChannel,
    modes=(Mode.PASSIVE,),
    verdict=Verdict.BLOCKED,
    location=Location.UNKNOWN,
    remedies=settings.FIX_THEN_OPEN_PASSIVE_RANGE,
    references=("RFC 792", "RFC 4443 §3.1", "RFC 1812 §5.2.7.1"),
)
def passive_port_rejected(channel: DataChannel) -> Grounds | None:
    """An ICMP error, or a RST from less far away than the server."""
    grounds = _rejected(channel)
    return replace(grounds, settle_with=(*grounds.settle_with, *to_sample(channel))) if grounds else None


def _rejected(channel: DataChannel) -> Grounds | None:
    wire, socket = channel.wire, channel.socket
    if channel.opened:
        return None
    if wire is None:
        rejected = socket is not None and socket.answer is Answer.REJECTED and socket.error not in OWN_POLICY
        return _unwatched(socket) if socket and rejected else None
    answer = answerer(wire)
    if answer is None:
        return None
    if isinstance(answer, IcmpError):
        return None if answer.reason in NOBODY_ANSWERS | IN_CIRCLES else _by_icmp(channel, wire, answer)
    confidence = nearer(answer, channel.session)
    return _by_rst(channel, wire, answer, confidence) if confidence else None


def _by_icmp(channel: DataChannel, wire: Opening, error: IcmpError) -> Grounds:
    session, hop = channel.session, hop_of(error.ttl)
    by_server = error.reporter == wire.target.host and from_server_itself(error, session) is not False
    location = Location.SERVER_HOST if by_server else place(wire.view, hop, server_hop(session))
    if location is Location.SERVER_HOST and not by_server:
        location = Location.UNKNOWN  # as far away as the server, and not the server
    location = location if by_server else within(location, error, session)
    who = "The server itself" if by_server else f"The device {error.reporter}"
    return Grounds(
        confidence=Confidence.PROVEN,
        summary=f"{who} rejects connections to {wire.target}: {error.reason}.",
        evidence=(
            sighting(wire, f"The SYN to {wire.target} passed."),
            packet_sighting(error, f"{error.reporter}, {away(hop)}, answered with the ICMP error “{error.reason}”."),
        ),
        location=location,
        hop=hop if wire.view is View.CLIENT_WIRE else None,
        remedies=() if by_server else _for_device(channel, error),
    )


def _for_device(channel: DataChannel, error: IcmpError) -> tuple[Remedy, ...]:
    if error.reason in NO_ROUTE:
        return (remedies.FIND_THE_ROUTE, *settings.FIX_THEN_OPEN_PASSIVE_RANGE)
    # Behind the first router packets bear the address that a NAT gave them.
    sender = channel.session.client_seen_as if hop_of(error.ttl) > 1 else None
    rest = (one for one in settings.FIX_THEN_OPEN_PASSIVE_RANGE if one not in remedies.LET_PASSIVE_RANGE_THROUGH)
    return (let_through(error, ports="$low-$high", sender=sender, inner=announced_inside(channel) or "INNER"), *rest)


def _by_rst(channel: DataChannel, wire: Opening, rst: Packet, confidence: Confidence) -> Grounds:
    session, hop = channel.session, hop_of(rst.ttl)
    server, early = server_hop(session), refused_early(channel)
    sure = early is not None or confidence is not Confidence.POSSIBLE
    return Grounds(
        confidence=Confidence.PROVEN if early else confidence,
        summary=f"A device on the way {'resets' if sure else 'seems to reset'} connections to {wire.target} in the "
        "server's name: its RST comes from "
        f"{away(hop)}, the server is {away(server or 0)}.",
        evidence=(
            sighting(wire, f"The SYN to {wire.target} passed."),
            packet_sighting(rst, f"A RST came back with TTL {rst.ttl}: its sender is {away(hop)}."),
            packet_sighting(rst, f"The server's answers on the control connection have TTL {session.server_ttl}."),
            *((early,) if early else ()),
            *walk_evidence(channel),
        ),
        location=within(place(wire.view, hop, server), rst, session) if sure else Location.UNKNOWN,
        hop=hop if wire.view is View.CLIENT_WIRE and sure else None,
        alternatives=() if sure else (_BY_ANOTHER_WAY,),
        settle_with=locating(channel),
    )


_BY_ANOTHER_WAY = Alternative(
    cause="passive-port-refused",
    settle_with="the TTL of a RST from a port of the server that surely nobody listens on: routers that share traffic "
    "among several ways may lead one answer by a router less",
)


def _unwatched(socket: Opening) -> Grounds:
    sniff = "the same probe, allowed to sniff"
    return Grounds(
        confidence=Confidence.POSSIBLE,
        summary=f"Your connection to {socket.target} is rejected. No packet tap watched its way, so who "
        "rejects it is not known.",
        evidence=(sighting(socket, f"connect() to {socket.target} failed with {socket.error}."),),
        alternatives=(Alternative(cause="passive-dropped-by-client-host", settle_with=sniff),),
    )
