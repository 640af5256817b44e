"""One attempt to open a connection, as several taps saw it -> each of its packets followed from tap to tap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence

from msgspec.structs import replace

from ftpdiag.model import Endpoint, Flag, IcmpError, Opening, Packet, Segment, Track, View

ON_ITS_WAY = 0.5
"""Seconds that a packet takes at most from tap to tap; a SYN is repeated after twice that (RFC 6298 §2.1)."""

VIEWS = tuple(View)
"""From the client to the server."""

Names = Mapping[str, str]
"""Hosts as one tap sees them -> as the first tap does: a NAT lies between."""


def renamed(opening: Opening, names: Names) -> Opening:
    """The same in the names of the first tap. Ports stay as they are."""
    return replace(
        opening,
        opener=_renamed(opening.opener, names),
        target=_renamed(opening.target, names),
        answered_by=names.get(opening.answered_by or "", opening.answered_by),
        packets=tuple(_named(packet, names) for packet in opening.packets),
    )


def _named(packet: Packet, names: Names) -> Packet:
    source, destination = _renamed(packet.source, names), _renamed(packet.destination, names)
    if isinstance(packet, IcmpError):
        reporter = names.get(packet.reporter, packet.reporter)
        return packet._replace(source=source, destination=destination, reporter=reporter)
    return packet._replace(source=source, destination=destination)


def _renamed(endpoint: Endpoint, names: Names) -> Endpoint:
    return endpoint.at_host(names[endpoint.host]) if endpoint.host in names else endpoint


def tracked(openings: Sequence[Opening]) -> tuple[Opening, ...]:
    """The same, one a tap, with the tracks of their packets."""
    copies: dict[Hashable, list[tuple[float, View, Packet]]] = defaultdict(list)
    for opening in openings:
        for packet in opening.packets:
            copies[_kind(packet, opening)].append((packet.at, opening.view, packet))
    watched = [opening.view for opening in openings]
    tracks: dict[tuple[View, int], Track] = {}
    for same in copies.values():
        for one in _together(sorted(same, key=lambda copy: copy[:2])):
            seen = tuple(
                sorted(((view, packet.number) for view, packet in one.items()), key=lambda at: VIEWS.index(at[0]))
            )
            missed = tuple(view for view in watched if view not in one)
            tracks |= {at: Track(view=at[0], seen=seen, missed=missed) for at in seen}
    return tuple(
        replace(
            one,
            packets=tuple(packet._replace(track=tracks[one.view, packet.number]) for packet in one.packets),
            stray=one.stray and _seen_only(one.stray, one.view, watched),
        )
        for one in openings
    )


def _seen_only(packet: Segment, view: View, watched: Iterable[View]) -> Segment:
    """An answer from elsewhere is another packet at each tap."""
    missed = tuple(one for one in watched if one is not view)
    return packet._replace(track=Track(view=view, seen=((view, packet.number),), missed=missed))


def _kind(packet: Packet, opening: Opening) -> Hashable:
    if isinstance(packet, IcmpError):
        return packet.reason
    return packet.source == opening.opener, packet.flags & (Flag.SYN | Flag.ACK | Flag.RST)


def _together(copies: Sequence[tuple[float, View, Packet]]) -> list[dict[View, Packet]]:
    """Copies of one kind, in the order of time -> the packets that they are copies of."""
    packets: list[tuple[float, dict[View, Packet]]] = []
    for at, view, packet in copies:
        known = next((one for began, one in packets if view not in one and at - began <= ON_ITS_WAY), None)
        if known is None:
            known = {}
            packets.append((at, known))
        known[view] = packet
    return [one for _, one in packets]


def decisive(openings: Sequence[Opening], opener: View) -> tuple[Opening, ...]:
    """First the one that tells how the attempt ended; the others from the client to the server.

    `opener` is the tap's view at whose side the SYN is sent. Where the target's host was reached and what it did there
    is the matter, the target's tap decides; else the opener's. What was refused, the client's tap measures best.
    """
    ordered = sorted(openings, key=lambda one: VIEWS.index(one.view))
    near, far = (ordered[0], ordered[-1]) if opener is View.CLIENT_WIRE else (ordered[-1], ordered[0])
    first = ordered[0]
    if not any(one.established for one in ordered):
        turned_down = (one for one in ordered if _turned_down(one))
        first = next(turned_down, far if _ended_at(near, far) else near)
    return (first, *(one for one in ordered if one is not first))


def _ended_at(near: Opening, far: Opening) -> bool:
    """The SYN got as far as the other tap, and nothing came back from there to this one."""
    answered = any(_is_answer(packet, near) for packet in near.packets)
    return bool(far.tries) and not answered


def _is_answer(packet: Packet, opening: Opening) -> bool:
    return isinstance(packet, IcmpError) or packet.source == opening.target


def _turned_down(opening: Opening) -> bool:
    return any(isinstance(one, IcmpError) or one.flags & Flag.RST for one in opening.packets)


def followed(reset: Segment | None, there: Segment | None, view: View, other: View) -> Segment | None:
    """A RST that ended a connection as the first tap saw it, with its track: whether the other tap saw it, too."""
    if reset is None:
        return None
    seen = ((view, reset.number), *(((other, there.number),) if there else ()))
    return reset._replace(track=Track(view=view, seen=seen, missed=() if there else (other,)))
