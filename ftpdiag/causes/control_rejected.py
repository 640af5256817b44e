"""A device turns the SYN to the control port down, and it is not the server that does.

What happens: a firewall or router on the way answers in its own name with an ICMP error (administratively prohibited,
host or network unreachable), or in the server's name with a RST. Or this machine's own rules or routes turn the
connection down before anything leaves.

How it is told: an ICMP error names the device that sent it, and its TTL tells how many hops away that is. A RST in
the server's name that no router has touched, although the server is not on this network, comes from the nearest
device. A connect() that fails at once while the tap sees nothing leave was turned down by this machine.

What it is not: a RST by the server itself is control-refused. Packets that go in circles are routing-loop. "Host
unreachable" from the last router may simply mean that the server is switched off. Behind the NAT of a virtual machine,
every RST seems to come from the nearest hop.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import hops, remedies
from ftpdiag.clues.between import put_in, within
from ftpdiag.clues.devices import between, beyond_client, let_through
from ftpdiag.clues.own_errors import found_nobody
from ftpdiag.clues.resets import Sender, origin
from ftpdiag.clues.unreachable import IN_CIRCLES, NO_ROUTE
from ftpdiag.clues.wording import whose
from ftpdiag.evidence import packet_sighting, sighting
from ftpdiag.model import (
    Alternative,
    Answer,
    Confidence,
    ControlSession,
    IcmpError,
    Location,
    Opening,
    Remedy,
    Segment,
    Verdict,
)
from ftpdiag.stacks import hop_of

_NO_ICMP_ERRORS = frozenset({"EPERM", "ENETDOWN"})
"""Errors of connect() that no ICMP message causes (Linux icmp_err_convert, tab_unreach)."""

_NOBODY = Remedy(
    who="client",
    product="Linux",
    text="Ask for the way, and whether its first station answers, the server or the router named after `via`; FAILED "
    "says that it does not:\nip route get $server\nip neigh show",
)
_REMEDIES = (*remedies.OPEN_CONTROL_PORT, *remedies.LET_CONTROL_OUT_OF_HOST)


@cause(
    title="Something other than the server says that its control port cannot be reached",
    judges=ControlSession,
    verdict=Verdict.BLOCKED,
    location=Location.UNKNOWN,
    remedies=_REMEDIES,
    references=("RFC 792", "RFC 4443 §3.1", "RFC 1812 §5.2.7.1"),
)
def control_rejected(session: ControlSession) -> Grounds | None:
    """An ICMP error, a RST from nearer by than the server can be, or a refusal that never left this machine."""
    wire, socket = session.wire, session.socket
    if session.reachable:
        return None
    if wire is None:
        return _socket_only(session, socket) if socket and socket.answer is Answer.REJECTED else None
    packet = hops.answerer(wire)
    if isinstance(packet, IcmpError):
        return None if packet.reason in IN_CIRCLES else _by_icmp(session, wire, packet)
    if isinstance(packet, Segment):
        return _by_reset(session, packet)
    turned_down = socket is not None and socket.answer in {Answer.REFUSED, Answer.REJECTED}
    if socket and turned_down and wire.answer in {Answer.ABSENT, Answer.SILENT}:
        return _by_this_machine(session, wire, socket)
    return None


def _by_icmp(session: ControlSession, wire: Opening, error: IcmpError) -> Grounds:
    hop = hop_of(error.ttl)
    server_itself = error.reporter == session.server.host
    return Grounds(
        confidence=Confidence.PROVEN,
        location=Location.SERVER_HOST if server_itself else within(hops.place(wire.view, hop, None), error, session),
        hop=hop,
        summary=f"{error.reporter} turns {whose(session)} SYN to {session.server} down: {error.reason}.",
        evidence=(
            sighting(wire, f"A SYN went to {session.server}."),
            packet_sighting(
                error,
                f"{error.reporter} answered with ICMP `{error.reason}`"
                + (", the server's own address." if server_itself else f", {hops.away(hop)}."),
            ),
        ),
        remedies=_beyond(error, session),
    )


def _beyond(error: IcmpError, session: ControlSession) -> tuple[Remedy, ...]:
    """The SYN had left the client: what can help sits where the error came from, or beyond."""
    others = beyond_client(_REMEDIES)
    if error.reason in NO_ROUTE:
        return (remedies.FIND_THE_ROUTE, let_through(error, ports="$port"))
    if error.reporter == session.server.host:
        return others
    return (let_through(error, ports="$port"), *between(others))


def _by_reset(session: ControlSession, reset: Segment) -> Grounds | None:
    sender = origin(reset, session)
    if sender.sender is not Sender.DEVICE:
        return None
    if put_in(reset, session):
        return Grounds(
            confidence=Confidence.PROVEN,
            location=sender.location,
            hop=sender.hop,
            summary=f"A RST in the name of {session.server} arrives at the client, and never left the server: a device "
            "in between turns the connection down.",
            evidence=(packet_sighting(reset, "The RST arrived at the client; it is not in the server's capture."),),
            remedies=beyond_client(_REMEDIES),
        )
    return Grounds(
        confidence=Confidence.LIKELY,
        location=sender.location,
        hop=sender.hop,
        summary=f"A RST in the name of {session.server} comes from {hops.away(sender.hop or 1)}, where the server is "
        f"not: a device there turns {whose(session)} connection down.",
        evidence=(packet_sighting(reset, f"The RST's TTL is {reset.ttl}: no router has touched it."),),
        alternatives=(
            Alternative(
                cause="control-refused",
                settle_with=f"whether {session.server.host} is the nearest router, or this machine a virtual one "
                "behind its host's NAT",
            ),
        ),
    )


def _by_this_machine(session: ControlSession, wire: Opening, socket: Opening) -> Grounds:
    left = wire.answer is not Answer.ABSENT
    if not left and found_nobody(socket):
        return Grounds(
            confidence=Confidence.LIKELY,
            location=Location.UNKNOWN,
            summary=f"No SYN to {session.server} could leave ({socket.error}): nobody on this machine's own network "
            "answers for its address or for the router towards it. The host is off, or the address is wrong; or this "
            "machine's own firewall rejects what leaves.",
            evidence=(
                sighting(socket, f"connect() to {session.server} failed with {socket.error}."),
                sighting(wire, "No SYN was seen to leave this machine."),
            ),
            remedies=(_NOBODY, *remedies.LET_CONTROL_OUT_OF_HOST),
        )
    return Grounds(
        confidence=Confidence.LIKELY if left else Confidence.PROVEN,
        location=Location.UNKNOWN if left else Location.CLIENT_HOST,
        summary=f"connect() to {session.server} failed ({socket.error}), though no answer was seen on the wire."
        if left
        else f"This machine itself turns connections to {session.server} down ({socket.error}): nothing left it.",
        evidence=(
            sighting(socket, f"connect() to {session.server} failed with {socket.error}."),
            sighting(wire, "A SYN left, and no answer came." if left else "No SYN was seen to leave this machine."),
        ),
    )


def _socket_only(session: ControlSession, socket: Opening) -> Grounds:
    own = socket.error in _NO_ICMP_ERRORS
    return Grounds(
        confidence=Confidence.LIKELY if own else Confidence.POSSIBLE,
        location=Location.CLIENT_HOST if own else Location.UNKNOWN,
        summary=f"Your connection to {session.server} was turned down ({socket.error})"
        + (" by this machine." if own else ". No packet tap watched its way, so by whom is not known."),
        evidence=(sighting(socket, f"connect() to {session.server} failed with {socket.error}."),),
        alternatives=(Alternative(cause="prober-limited", settle_with="the same probe with the right to sniff"),),
    )
