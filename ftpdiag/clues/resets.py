"""A RST in the server's name -> who sent it, as far as its TTL tells."""

from __future__ import annotations

import ipaddress
from enum import StrEnum

from msgspec import Struct

from ftpdiag.clues import hops
from ftpdiag.clues.addresses import local_kind
from ftpdiag.clues.between import put_in, within
from ftpdiag.model import Confidence, ControlSession, Location, Segment, View
from ftpdiag.stacks import hop_of

_NEIGHBOURS = {4: 24, 6: 64}
"""Prefix lengths within which two addresses count as on one link."""


class Sender(StrEnum):
    """Who sent a RST that bears the server's address."""

    SERVER = "server"
    """It comes from as far away as the server."""
    DEVICE = "device"
    """It comes from less far, and by more than ways of unequal length (ECMP) explain."""
    UNKNOWN = "unknown"


class Origin(Struct, frozen=True, kw_only=True):
    """Where a RST comes from."""

    sender: Sender
    location: Location
    hop: int | None = None


def origin(reset: Segment | None, session: ControlSession) -> Origin:
    """Who sent `reset`. A device right at the server's door, or one that copies TTLs, passes for the server."""
    if one_host(session):
        return Origin(sender=Sender.SERVER, location=Location.SERVER_HOST)
    if reset is None:
        return Origin(sender=Sender.UNKNOWN, location=Location.UNKNOWN)
    hop, server = hop_of(reset.ttl), hops.server_hop(session)
    place = hops.place(_view(session), hop, server)
    on_the_way = put_in(reset, session)
    if on_the_way is False:
        return Origin(sender=Sender.SERVER, location=Location.SERVER_HOST)
    if on_the_way:
        return Origin(sender=Sender.DEVICE, location=within(place, reset, session), hop=hop)
    if server is not None:
        sender = Sender.SERVER if hop == server else Sender.DEVICE
        certain = sender is Sender.SERVER or hops.nearer(reset, session) is Confidence.LIKELY
    else:
        sender = Sender.DEVICE
        certain = place is Location.CLIENT_NETWORK and not _neighbours(session)
    if certain:
        return Origin(sender=sender, location=place, hop=hop)
    return Origin(sender=Sender.UNKNOWN, location=Location.UNKNOWN, hop=hop)


def _view(session: ControlSession) -> View:
    return session.wire.view if session.wire else View.MIDDLE_WIRE


def _client(session: ControlSession) -> str:
    if session.client:
        return session.client.host
    return session.wire.opener.host if session.wire else ""


def one_host(session: ControlSession) -> bool:
    """The client is the server."""
    server = session.server.host
    return ipaddress.ip_address(server).is_loopback or _client(session) == server


def _neighbours(session: ControlSession) -> bool:
    """Client and server may be on one link, as far as their addresses tell; true where the client's is not known.

    Links of private addresses are as wide as their owner likes (10.0.0.0/16), and routers of a cloud's virtual network
    leave the TTL alone.
    """
    client, server = _client(session), session.server.host
    if not client:
        return True
    network = ipaddress.ip_network(f"{server}/{_NEIGHBOURS[session.family]}", strict=False)
    kind = local_kind(server)
    return ipaddress.ip_address(client) in network or (kind is not None and kind == local_kind(client))
