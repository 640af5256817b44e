"""A session that several taps saw -> that session once, with its channels, every packet followed from tap to tap."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from difflib import SequenceMatcher

from msgspec.structs import replace

from ftpdiag.facts.ends.dialogue import differences, stuck
from ftpdiag.facts.ends.reading import Known, Reading
from ftpdiag.facts.ends.track import VIEWS, Names, decisive, followed, renamed, tracked
from ftpdiag.facts.missing import torn
from ftpdiag.model import (
    Announcement,
    Answer,
    Carriage,
    ControlSession,
    DataChannel,
    Flag,
    Opening,
    Party,
    Segment,
    Sight,
    Stuck,
    Track,
    View,
)

Group = Mapping[View, Known]
"""What each tap that saw a session knows of it."""

Named = Mapping[View, Names]


def united(group: Group, readings: Sequence[Reading], number: int) -> Known:
    """The session and its channels, as the tap nearest to the client tells them; `number`: its place among all."""
    views = sorted(group, key=VIEWS.index)
    base, channels = group[views[0]]
    names = {view: _names(base, group[view][0]) for view in views}
    watching = {one.view: one for one in readings}
    session = replace(
        base,
        number=number,
        openings=_control(base, group, readings, names),
        sights=tuple(
            Sight(view=view, client=one.client, server=one.server, control_only=watching[view].control_only)
            for view, (one, _) in ((view, group[view]) for view in views)
            if one.client
        ),
    )
    if len(views) > 1:
        far = group[views[-1]][0]
        here, there = watching[views[0]].directions, watching[views[-1]].directions
        session = replace(
            session,
            differences=differences(base, far, (watching[views[0]].wire.ended, watching[views[-1]].wire.ended)),
            stuck=_tracked(stuck(base, far, here, there), views[0], views[-1]),
            reset=followed(base.reset, far.reset, views[0], views[-1]),
        )
    return session, tuple(_channels(session, channels, group, views, watching, names))


def _tracked(found: Stuck | None, near: View, far: View) -> Stuck | None:
    if found is None:
        return None
    view, other = (near, far) if found.sender is Party.CLIENT else (far, near)
    track = Track(view=view, seen=((view, found.packet.number),), missed=(other,))
    return replace(found, packet=found.packet._replace(track=track))


def _names(base: ControlSession, other: ControlSession) -> Names:
    if base.client is None or other.client is None:
        return {}
    return {other.client.host: base.client.host, other.server.host: base.server.host}


def _control(base: ControlSession, group: Group, readings: Sequence[Reading], names: Named) -> tuple[Opening, ...]:
    openings = []
    for reading in readings:
        if reading.view in group:
            openings += [renamed(one, names[reading.view]) for one in group[reading.view][0].openings]
        elif not base.reachable and base.client and reading.view is not View.CLIENT_WIRE:
            openings += filter(None, [reading.absent(base.began, base.client, base.server)])
    return decisive(tracked(openings), View.CLIENT_WIRE) if openings else ()


# --- channels -----------------------------------------------------------------------------------------------------


def _channels(  # noqa: PLR0913, PLR0917  what `united` has found so far
    session: ControlSession,
    channels: Sequence[DataChannel],
    group: Group,
    views: Sequence[View],
    watching: Mapping[View, Reading],
    names: Named,
) -> Iterator[DataChannel]:
    lossy = {view for view in views if torn(group[view][0])}
    matched = {
        view: _aligned(channels, group[view][1], lossy=not lossy.isdisjoint({views[0], view})) for view in views[1:]
    }
    for place, channel in enumerate(channels):
        same = {views[0]: channel}
        for view in views[1:]:
            if place in matched[view]:
                same[view] = group[view][1][matched[view][place]]
        openings = _openings(same, views, watching, names, lossy)
        far = same.get(views[-1])
        if len(views) > 1:
            there = far.reset if far else None
            reset = followed(channel.reset, there, views[0], views[-1])
            carriages = tuple(_carriages(same, views))
            channel = replace(channel, reset=reset, carriages=carriages)  # noqa: PLW2901
        yield replace(
            channel,
            session=session,
            openings=openings,
            announcements=tuple(_announcement(view, one) for view, one in same.items()) if len(views) > 1 else (),
        )
    for view in views[1:]:
        known = set(matched[view].values())
        for place, channel in enumerate(group[view][1]):
            if channel.inferred and place not in known:
                openings = _openings({view: channel}, views, watching, names, lossy)
                yield replace(channel, session=session, openings=openings)


def _aligned(near: Sequence[DataChannel], far: Sequence[DataChannel], *, lossy: bool) -> dict[int, int]:
    """Places in `near` -> places in `far`, in the order of their negotiation; inferred ones by their SYN.

    Where a tap lost some, what a device gave another port is not matched.
    """
    said, heard = ([place for place, one in enumerate(side) if not one.inferred] for side in (near, far))
    ours, theirs = (
        _kinds([near[place] for place in said], lossy=lossy),
        _kinds([far[place] for place in heard], lossy=lossy),
    )
    found = {said[one]: heard[other] for one, other in _matching(ours, theirs)}
    numbers = {number: place for place, one in enumerate(far) if one.inferred for number in _numbers(one)}
    for place, one in enumerate(near):
        for number in _numbers(one) if one.inferred else ():
            if number in numbers:
                found[place] = numbers[number]
    return found


def _matching(ours: Sequence[Hashable], theirs: Sequence[Hashable]) -> Iterator[tuple[int, int]]:
    """The places of what is the same in both, in order."""
    if ours == theirs:  # a thousand alike are not searched for each other
        yield from ((place, place) for place in range(len(ours)))
        return
    for left, right, size in SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks():
        yield from ((left + one, right + one) for one in range(size))


def _kinds(channels: Sequence[DataChannel], *, lossy: bool) -> list[Hashable]:
    """By which a channel is known at another tap: its method, and where some may be lost, its port as well.

    And whether its negotiation is that of the one before: another tap may not have seen so many connections of it.
    """
    before = (None, *(one.negotiation for one in channels))
    return [
        (one.method, one.announced.port if lossy and one.announced else None, one.negotiation is last)
        for one, last in zip(channels, before, strict=False)
    ]


def _numbers(channel: DataChannel) -> Iterator[int]:
    return filter(None, (_number(one) for one in channel.openings))


def _number(opening: Opening) -> int | None:
    """The initial sequence number of an attempt."""
    segments = (one for one in opening.packets if isinstance(one, Segment))
    return next((one.seq for one in segments if one.flags & (Flag.SYN | Flag.ACK) == Flag.SYN), None)


def _openings(
    same: Mapping[View, DataChannel],
    views: Sequence[View],
    watching: Mapping[View, Reading],
    names: Named,
    lossy: AbstractSet[View],
) -> tuple[Opening, ...]:
    """The attempts, each as every tap saw it; what decides, first.

    A tap that lost parts of the dialogue may have lost a SYN as well: what it did not see may have passed. So
    may what a tap further on has seen: it went another way.
    """
    blind = lossy & same.keys()
    seen = {view: [one for one in channel.openings if one.packets] for view, channel in same.items()}
    opener = View.CLIENT_WIRE if next(iter(same.values())).mode.opener is Party.CLIENT else View.SERVER_WIRE
    found: list[Opening] = []
    order = list(views) if opener is View.CLIENT_WIRE else list(reversed(views))
    for view in order:
        for attempt in list(seen.get(view, ())):
            if attempt not in seen[view]:
                continue  # already another tap's
            others = ((other, _copy(attempt, seen.get(other, ()), watching[other])) for other in order if other != view)
            copies = {view: attempt} | {other: copy for other, copy in others if copy}
            for other, copy in copies.items():
                if copy in seen.get(other, ()):
                    seen[other].remove(copy)
            passed_by = set(order[: max(map(order.index, copies))])
            own = renamed(attempt, names[view])
            all_views = [
                renamed(copies[other], names[other])
                if other in copies
                else watching[other].absent(own.at, own.opener, own.target)
                for other in views
                if other in copies or other not in blind | passed_by
            ]
            found += decisive(tracked([one for one in all_views if one]), opener)
    return tuple(found) or _nobody(same, opener, names)


def _nobody(same: Mapping[View, DataChannel], opener: View, names: Named) -> tuple[Opening, ...]:
    """Nobody saw anybody try."""
    absent = (
        renamed(one, names[view])
        for view, channel in same.items()
        for one in channel.openings
        if one.answer is Answer.ABSENT
    )
    return tuple(sorted(absent, key=lambda one: one.view is not opener))


def _copy(attempt: Opening, candidates: Iterable[Opening], reading: Reading) -> Opening | None:
    """The same attempt at another tap: by its sequence number, else the same ports, wherever a box renumbers."""
    number = _number(attempt)
    others = list(candidates)
    for one in others:
        if number is not None and _number(one) == number:
            return one
    if number is not None and (found := reading.opening(number)):
        return found
    alike = (one for one in others if one.target.port == attempt.target.port)
    return next(alike, None)


def _carriages(same: Mapping[View, DataChannel], views: Sequence[View]) -> Iterator[Carriage]:
    """As the first tap tells them, with what any saw repeated in vain, and what a router said of it."""
    first, *others = same[views[0]].carriages or (None,)
    if first is None:
        yield from next(filter(None, map(_of_third_hosts, same.values())), ())
        return
    seen = {view: one.carriage for view, one in same.items() if one.carriage}
    unheard = next((one.unheard for one in seen.values() if one.unheard), None)
    too_big = next((one.too_big for one in seen.values() if one.too_big), None)
    if unheard and len(views) > 1:
        repeated = {view: one.unheard.packet.number for view, one in seen.items() if one.unheard}
        unheard = replace(unheard, packet=unheard.packet._replace(track=_seen_at(repeated, seen)))
    if too_big and len(views) > 1:
        told = {view: one.too_big.number for view, one in seen.items() if one.too_big}
        too_big = too_big._replace(track=_seen_at(told, seen))
    yield replace(first, unheard=unheard, too_big=too_big)
    yield from others


def _of_third_hosts(channel: DataChannel) -> tuple[Carriage, ...]:
    """What passed between the server and another host than the client (FXP, RFC 959 §5.2): no other tap need see it."""
    client = channel.session.client
    return tuple(one for one in channel.carriages if client and one.local.host != client.host)


def _seen_at(numbers: Mapping[View, int], watching: Iterable[View]) -> Track:
    """The track of a packet that some taps saw, by its numbers there; the nearest to the client tells of it."""
    missed = tuple(one for one in watching if one not in numbers)
    return Track(view=next(iter(numbers)), seen=tuple(numbers.items()), missed=missed)


def _announcement(view: View, channel: DataChannel) -> Announcement:
    exchange = channel.negotiation
    line = exchange.final.lines[0] if exchange.final else None
    if channel.mode.opener is Party.SERVER:
        line = exchange.line
    return Announcement(view=view, line=line, endpoint=channel.announced)
