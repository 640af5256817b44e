"""A packet's TTL or hop limit -> how many hops away its sender is, and where on the way that is."""

from __future__ import annotations

from ftpdiag.clues.between import put_in
from ftpdiag.model import Answer, Confidence, ControlSession, Flag, IcmpError, Location, Opening, Packet, Segment, View
from ftpdiag.stacks import hop_of


def away(hop: int) -> str:
    """A distance, for a sentence."""
    return "1 hop away" if hop == 1 else f"{hop} hops away"


def server_hop(session: ControlSession) -> int | None:
    """The server's place on the way; none where its SYN-ACK was not seen."""
    return None if session.server_ttl is None else hop_of(session.server_ttl)


def answerer(opening: Opening) -> Packet | None:
    """The packet that turned a SYN down: a RST in the target's name, or an ICMP error."""
    wanted = {Answer.REFUSED: Segment, Answer.REJECTED: IcmpError}.get(opening.answer)
    answers = (packet for packet in opening.packets if wanted and isinstance(packet, wanted))
    return next((one for one in answers if isinstance(one, IcmpError) or one.flags & Flag.RST), None)


def from_server_itself(packet: Packet, session: ControlSession) -> bool | None:
    """Whether a packet in the server's name comes from as far away as the server; none: not known."""
    server = server_hop(session)
    return None if server is None else hop_of(packet.ttl) == server


def nearer(packet: Packet, session: ControlSession) -> Confidence | None:
    """How sure it is that a packet in the server's name comes from a device in front of it; none: nothing says so.

    Several ways of unequal length to one host (ECMP) make a hop's difference, but none that no router has touched.
    What comes from farther away than the server was not sent by a device in front of it.
    """
    if (on_the_way := put_in(packet, session)) is not None:
        return Confidence.PROVEN if on_the_way else None
    server, hop = server_hop(session), hop_of(packet.ttl)
    if server is None or hop >= server:
        return None
    return Confidence.LIKELY if hop == 1 or server - hop > 1 else Confidence.POSSIBLE


def from_client_itself(packet: Packet, session: ControlSession, view: View) -> bool:
    """Whether an answer in the client's name comes from no nearer than the client's SYN on the control connection."""
    if isinstance(packet, IcmpError) and packet.reporter != packet.destination.host:
        return False
    if (on_the_way := put_in(packet, session)) is not None:
        return not on_the_way
    control = session.seen_at(view)
    first = control.packets[0] if control and control.packets else None
    return first is not None and hop_of(packet.ttl) >= hop_of(first.ttl)


def place(view: View, hop: int, server: int | None) -> Location:
    """Where a device `hop` hops from the tap sits, on the way to a server `server` hops away."""
    if server is not None and hop == server:
        return Location.SERVER_HOST
    near = view is View.CLIENT_WIRE and hop == 1
    if server is None:
        return Location.CLIENT_NETWORK if near else Location.UNKNOWN
    # Next to a tap on the way is perhaps the very router that was tapped, wherever that is.
    if hop > server or view not in {View.CLIENT_WIRE, View.MIDDLE_WIRE} or (hop == 1 and not near):
        return Location.UNKNOWN
    far = hop == server - 1
    if near and far:
        return Location.PATH  # the only router on the way: whose it is cannot be told
    if near:
        return Location.CLIENT_NETWORK
    return Location.SERVER_NETWORK if far else Location.PATH
