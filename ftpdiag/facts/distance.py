"""Facts -> the same, each session with how far away a side is by its control connection, and by a data connection."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from ftpdiag.model import ControlSession, DataChannel, Distance, Facts, Flag, Party, Segment
from ftpdiag.stacks import hop_of

_UNEQUAL = 1
"""Hops by which two ways to one host may differ (ECMP)."""


def measured(facts: Facts) -> Facts:
    """Only where the two differ by more than ways of unequal length do."""
    found: dict[int, Distance] = {}
    for channel in facts.channels:
        if id(channel.session) not in found and (distance := next(_between(channel), None)):
            found[id(channel.session)] = distance
    if not found:
        return facts
    known = {id(one): replace(one, distance=found[id(one)]) for one in facts.sessions if id(one) in found}
    return replace(
        facts,
        sessions=tuple(known.get(id(one), one) for one in facts.sessions),
        channels=tuple(
            replace(one, session=known[id(one.session)]) if id(one.session) in known else one for one in facts.channels
        ),
    )


def _between(channel: DataChannel) -> Iterator[Distance]:
    session = channel.session
    opening = channel.seen_at(session.wire.view) if session.wire else None
    packets = [one for one in opening.packets if isinstance(one, Segment)] if opening else []
    for party, spoken in ((Party.SERVER, _server(session)), (Party.CLIENT, _client(session))):
        host = session.server.host if party is Party.SERVER else session.client.host if session.client else ""
        data = next((one for one in packets if one.source.host == host and one.flags & Flag.SYN), None)
        if data and spoken is not None and abs(hop_of(spoken) - hop_of(data.ttl)) > _UNEQUAL:
            yield Distance(party=party, control_ttl=spoken, data=data)


def _server(session: ControlSession) -> int | None:
    """None where its SYN-ACK and its words come from two places: a device answered SYNs only."""
    return session.server_ttl if session.server_ttl == session.spoken_ttl else None


def _client(session: ControlSession) -> int | None:
    """None where its SYN and its words come from two places."""
    packets = session.wire.packets if session.wire else ()
    syns = (one for one in packets if isinstance(one, Segment) and one.source == session.client)
    opened = next((one.ttl for one in syns), None)
    return opened if opened == session.client_spoken_ttl else None
