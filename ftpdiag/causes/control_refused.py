"""The server's host answers the SYN to the control port with a RST: nobody listens there.

What happens: the FTP server is not running, listens on another address or port, or its backlog is full. Its system
then refuses the connection at once. A firewall may do the same in the server's name (REJECT with a TCP reset).

How it is told: the SYN leaves this machine and a RST comes back in the server's name. No SYN-ACK of the server was
seen in this session, so the RST's distance cannot be compared with the server's: that the host itself sent it is
likely, and certain only on one and the same machine or where the tap sits at the server.

A server that serves other sessions of the same client, or did so just before, listens, or did: then it may be a limit,
or a ban, or a server that has stopped since. In a capture one session too many is passed over: others of the client are
open meanwhile, and the server lets in another one later.

What it is not: an ICMP error, or a RST from somewhere else, is control-rejected; no answer at all is control-dropped.
Without a tap the two cannot be told apart: many firewalls reject with an ICMP error that connect() reports as
"connection refused" too.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import hops, remedies, settings
from ftpdiag.clues.resets import Sender, one_host, origin
from ftpdiag.clues.wording import client_of
from ftpdiag.evidence import packet_sighting, sighting
from ftpdiag.model import (
    Alternative,
    Answer,
    Confidence,
    ControlSession,
    Location,
    Opening,
    Remedy,
    Segment,
    Verdict,
    View,
)
from ftpdiag.stacks import hop_of

_RAISE_LIMIT = Remedy(
    who="server",
    product="firewall or FTP server",
    text="See how many connections one address may have, and whether $client is banned (fail2ban).\n"
    "nftables: nft list ruleset | grep 'ct count'; iptables: iptables -S | grep connlimit",
)


@cause(
    title="Nobody listens on the control port",
    judges=ControlSession,
    verdict=Verdict.REFUSED,
    location=Location.UNKNOWN,
    remedies=(*settings.START_SERVER, *remedies.OPEN_CONTROL_PORT),
    references=("RFC 9293 §3.10.7.1",),
)
def control_refused(session: ControlSession) -> Grounds | None:
    """A RST for the SYN; without a tap, the socket's word."""
    wire, socket = session.wire, session.socket
    if wire is None:
        return _socket_only(session, socket) if socket and socket.answer is Answer.REFUSED else None
    reset = hops.answerer(wire)
    if wire.answer is not Answer.REFUSED or not isinstance(reset, Segment) or session.one_too_many:
        return None
    sender = origin(reset, session)
    if session.crowded and (session.method or sender.sender is not Sender.DEVICE):
        return _one_too_many(session, wire, reset)
    if sender.sender is Sender.DEVICE:
        return None
    at_server = wire.view is View.SERVER_WIRE
    surely = at_server or sender.sender is Sender.SERVER
    return Grounds(
        confidence=Confidence.PROVEN if surely else Confidence.LIKELY,
        location=Location.SERVER_HOST if surely else Location.UNKNOWN,
        summary=f"{session.server.host} refuses connections to port {session.server.port} with a RST: "
        "nobody listens there" + ("." if surely else ", or a firewall answers in its name."),
        evidence=(
            sighting(wire, f"A SYN went to {session.server}."),
            packet_sighting(reset, f"A RST came back from {reset.source}, {_distance(reset, session)}."),
        ),
        alternatives=()
        if surely
        else (
            Alternative(
                cause="control-rejected",
                settle_with=f"the TTL of a RST or SYN-ACK from another port of {session.server.host}: a device in "
                "between answers from nearer by",
            ),
        ),
        remedies=settings.START_SERVER if one_host(session) else (),
    )


def _one_too_many(session: ControlSession, wire: Opening, reset: Segment) -> Grounds:
    """It has served others of the same client. In a capture nothing tells whether it still does."""
    captured = session.method is None
    return Grounds(
        confidence=Confidence.POSSIBLE,
        summary=f"{session.server} refuses a connection with a RST, and has served other sessions of this "
        f"{'client' if captured else 'probe'}: the server, or a firewall, may limit how many one address has, or may "
        f"have shut {client_of(session)} out{', or the server has stopped since' if captured else ''}.",
        evidence=(
            sighting(wire, f"A SYN went to {session.server}."),
            packet_sighting(reset, f"A RST came back from {reset.source}, {_distance(reset, session)}."),
        ),
        alternatives=(
            Alternative(
                cause="control-service-refused",
                settle_with=f"{'a' if captured else 'the same'} probe in an hour, with one --method; and the "
                "server's list of banned addresses",
            ),
        ),
        remedies=(_RAISE_LIMIT, *(settings.START_SERVER if captured else ())),
    )


def _distance(reset: Segment, session: ControlSession) -> str:
    if one_host(session):
        return "from this machine itself"
    routers = hop_of(reset.ttl) - 1
    counted = "1 router" if routers == 1 else f"{routers} routers"
    return f"whose TTL tells of {counted} in between" if routers else "which no router touched"


def _socket_only(session: ControlSession, socket: Opening) -> Grounds:
    if origin(None, session).sender is Sender.SERVER:
        return Grounds(
            confidence=Confidence.PROVEN,
            location=Location.SERVER_HOST,
            summary=f"This machine is the server, and nobody listens on its port {session.server.port}.",
            evidence=(sighting(socket, f"connect() to {session.server} was refused."),),
            remedies=settings.START_SERVER,
        )
    return Grounds(
        confidence=Confidence.POSSIBLE,
        summary=f"Your connection to {session.server} was refused. No packet tap watched its way, so a firewall "
        "that rejects with an ICMP error or a RST is not ruled out.",
        evidence=(sighting(socket, f"connect() to {session.server} was refused ({socket.error or 'ECONNREFUSED'})."),),
        alternatives=(Alternative(cause="control-rejected", settle_with="the same probe with the right to sniff"),),
    )
