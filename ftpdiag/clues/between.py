"""A packet that was to be seen at several places -> where between them it was lost, or put in on the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from ftpdiag.model import (
    Confidence,
    ControlSession,
    DataChannel,
    Flag,
    IcmpError,
    Location,
    Opening,
    Packet,
    Party,
    Segment,
    View,
)
from ftpdiag.stacks import HOPELESS

_WAY = {
    Party.CLIENT: (View.CLIENT_WIRE, View.MIDDLE_WIRE, View.SERVER_WIRE),
    Party.SERVER: (View.SERVER_WIRE, View.MIDDLE_WIRE, View.CLIENT_WIRE),
}
"""Which taps a packet passes, by who sends it."""

_NETWORKS = {Party.CLIENT: Location.CLIENT_NETWORK, Party.SERVER: Location.SERVER_NETWORK}


class Loss(Struct, frozen=True, kw_only=True):
    """Packets that were seen at one place, and not at the next."""

    packets: tuple[Packet, ...]
    where: str
    """For a sentence: between which places."""
    next_place: str
    """For a sentence: in which they should be, and are not."""
    location: Location
    confidence: Confidence
    """Less than proven where a filter may have left them out."""

    def absence(self, what: str) -> str:
        """A sentence: what is not in the capture that should have it."""
        doubt = (
            "" if self.confidence is Confidence.PROVEN else ", which holds control connections only: was it filtered?"
        )
        return f"No {what} is {self.next_place}{doubt or '.'}"


def lost_syn(
    opening: Opening, opener: Party, session: ControlSession, beside: Iterable[DataChannel] = ()
) -> Loss | None:
    """The SYNs of an attempt, none of which went all the way; none: one did, or one place was watched.

    `beside`: data connections that show what one capture holds of both sides of a router.
    """
    syns = _flagged(opening, Flag.SYN)
    if any(one.track for one in syns):
        return _loss(syns, opener, session)
    return _not_forwarded(syns, opening, session, beside)


def _not_forwarded(
    syns: Sequence[Packet], opening: Opening, session: ControlSession, beside: Iterable[DataChannel]
) -> Loss | None:
    """In a capture of both sides of a router: it did not come out, as the control connection does.

    A proxy that sends the same SYN anew has another answer on either side.
    """
    control = session.seen_at(opening.view)
    if control is None or opening.tries < HOPELESS or opening.sides >= min(control.sides, control.answer_sides):
        return None
    others = any(one.sides > opening.sides for channel in beside for one in channel.openings)
    return Loss(
        packets=tuple(syns),
        where="between the two sides of a router that this capture holds",
        next_place="on the other side of it",
        location=Location.PATH,
        confidence=Confidence.PROVEN if others else Confidence.LIKELY,
    )


def lost_answer(opening: Opening, opener: Party, session: ControlSession) -> Loss | None:
    """The same of its SYN-ACKs."""
    return _loss(_flagged(opening, Flag.SYN | Flag.ACK), opener.peer, session)


def lost_segments(packets: Iterable[Packet], sender: Party, session: ControlSession) -> Loss | None:
    """The same of any packets of one side."""
    return _loss(list(packets), sender, session)


def _flagged(opening: Opening, flags: int) -> list[Packet]:
    segments = (one for one in opening.packets if isinstance(one, Segment))
    return [one for one in segments if one.flags & (Flag.SYN | Flag.ACK | Flag.RST) == flags]


def _loss(packets: Sequence[Packet], sender: Party, session: ControlSession) -> Loss | None:
    tracks = [packet.track for packet in packets if packet.track]
    if not tracks:
        return None
    way = _WAY[sender]
    saw = {view for track in tracks for view, _ in track.seen}
    last = max((place for place, view in enumerate(way) if view in saw), default=0)
    missed = [view for view in way[last + 1 :] if all(view in track.missed for track in tracks)]
    if not missed:
        return None
    taps = (way[last], missed[0])
    both_ends = View.MIDDLE_WIRE not in taps
    return Loss(
        packets=tuple(packets),
        where="between the two captures" if both_ends else f"between {taps[0].capture} and {taps[1].capture}",
        next_place=f"in {missed[0].capture}",
        location=_location(way[last], missed[0], sender, session),
        confidence=Confidence.LIKELY if _filtered(missed[0], session) else Confidence.PROVEN,
    )


def _filtered(view: View, session: ControlSession) -> bool:
    return any(sight.view is view and sight.control_only for sight in session.sights)


def _location(last: View, first: View, sender: Party, session: ControlSession) -> Location:
    """Nearer than "on the way" where only one router lies between the sender and the tap that saw nothing."""
    one_router = last is _WAY[sender][0] and first is View.MIDDLE_WIRE and _routers(last, first, sender, session) == 1
    return _NETWORKS[sender] if one_router else Location.PATH


def _routers(one: View, other: View, sender: Party, session: ControlSession) -> int | None:
    """How many routers lie between two taps, by what they took from the TTL when the control connection was opened."""
    flags = Flag.SYN if sender is Party.CLIENT else Flag.SYN | Flag.ACK
    openings = [session.seen_at(view) for view in (one, other)]
    first = [next(iter(_flagged(opening, flags)), None) for opening in openings if opening]
    ttls = [packet.ttl for packet in first if packet]
    return ttls[0] - ttls[1] if len(ttls) == len(openings) else None


def followed(opening: Opening) -> bool:
    """Whether taps at both ends saw its SYN."""
    tracks = (packet.track for packet in _flagged(opening, Flag.SYN))
    return any(track and len(track.seen) > 1 for track in tracks)


def put_in(packet: Packet, session: ControlSession) -> bool | None:
    """Whether a packet in the name of one side never left it: a device put it in; none: no tap there tells."""
    if packet.track is None:
        return None
    name = packet.reporter if isinstance(packet, IcmpError) else packet.source.host
    view = View.SERVER_WIRE if name == session.server.host else View.CLIENT_WIRE
    if isinstance(packet, IcmpError) and name not in _hosts(session):
        # A device speaks for itself; where no tap at the far side saw it, it sits in between.
        return bool(packet.track.missed)
    if view in packet.track.missed:
        return True
    return False if any(view is one for one, _ in packet.track.seen) else None


def within(location: Location, packet: Packet, session: ControlSession) -> Location:
    """What a packet's TTL tells of its sender's place; or the path, where captures show that neither end sent it."""
    vague = location in {Location.UNKNOWN, Location.SERVER_HOST}
    return Location.PATH if vague and put_in(packet, session) else location


def _hosts(session: ControlSession) -> set[str]:
    return {session.server.host, *((session.client.host,) if session.client else ())}
