"""A data channel that several taps saw -> what one side announced, what the other heard, and where the SYN arrived."""

from __future__ import annotations

from msgspec import Struct

from ftpdiag.clues.addresses import local_kind
from ftpdiag.model import (
    Alternative,
    DataChannel,
    Endpoint,
    Evidence,
    Method,
    Party,
    Remedy,
    Sight,
    Tls,
    View,
)

NO_HELPER = (
    Remedy(
        who="network",
        product="router or firewall that rewrites FTP",
        text="Update its firmware, or turn its FTP helper (ALG) off for $server:$port; then the server must announce "
        "an address and ports that clients can reach by themselves.\n"
        "Linux: nft list ruleset | grep 'ct helper'; Cisco ASA: no inspect ftp; FortiGate: delete the session helper "
        "for port $port; Windows: netsh advfirewall set global StatefulFTP disable",
    ),
    Remedy(
        who="client",
        product="any FTP client",
        text="Use TLS, which no device can rewrite; the server must then announce what clients can reach.",
    ),
)

_PORT_ONLY = frozenset({Method.EPSV})
"""Its reply names no address."""


class Rewritten(Struct, frozen=True, kw_only=True):
    """An announcement that was changed on its way."""

    said: Endpoint
    heard: Endpoint | None
    near: Sight
    """The session as the client's tap saw it, or the nearest to it."""
    far: Sight
    evidence: tuple[Evidence, ...]


def perhaps_rewritten(channel: DataChannel) -> tuple[Alternative, ...]:
    """What else it could be where one tap, or none, saw what was announced in the clear."""
    if channel.session.tls is not Tls.NONE or len(channel.announcements) > 1:
        return ()
    passive, session, announced = channel.mode.opener is Party.CLIENT, channel.session, channel.announced
    own = session.server.host if passive else session.client.host if session.client else None
    settle = "captures of both ends at the same time, or the same under TLS"
    found = [Alternative(cause="alg-rewrote-endpoint" if passive else "alg-rewrote-port-command", settle_with=settle)]
    if announced and own and announced.host != own and not local_kind(announced.host):
        found.append(Alternative(cause="alg-double-translation", settle_with="captures of both ends at the same time"))
    return tuple(found)


def rewritten(channel: DataChannel) -> Rewritten | None:
    """What was changed; none: nothing, or only one tap saw it."""
    sights = {sight.view: sight for sight in channel.session.sights}
    if len(channel.announcements) < 2:
        return None
    near, far = channel.announcements[0], channel.announcements[-1]
    said, heard = (far, near) if channel.mode.opener is Party.CLIENT else (near, far)
    if said.endpoint is None or heard.line is None or _same(channel.method, said.endpoint, heard.endpoint):
        return None
    at = channel.negotiation.at
    return Rewritten(
        said=said.endpoint,
        heard=heard.endpoint,
        near=sights[near.view],
        far=sights[far.view],
        evidence=(
            Evidence(text=f"This left {_side(said.view)}.", at=at, line=said.line),
            Evidence(text=f"This arrived at {_side(heard.view)}.", at=at, line=heard.line),
        ),
    )


def _same(method: Method, one: Endpoint, other: Endpoint | None) -> bool:
    return other is not None and (one.port == other.port if method in _PORT_ONLY else one == other)


def _side(view: View) -> str:
    return {View.CLIENT_WIRE: "the client", View.SERVER_WIRE: "the server"}.get(view, "where the middle was captured")


def addressed(endpoint: Endpoint | None) -> str:
    """An endpoint for a sentence."""
    return str(endpoint) if endpoint else "nothing that names one"


def arrived_at(channel: DataChannel, change: Rewritten) -> Endpoint | None:
    """Where a SYN to what was heard came out at the side that had said something else; none: nowhere."""
    here, there = _ENDS[channel.mode.opener]
    numbers = {
        number
        for one in channel.openings
        if one.view is here and change.heard and _names(one.target, change.heard, channel)
        for packet in one.packets
        for view, number in (packet.track.seen if packet.track else ())
        if view is there
    }
    arrived = (one for one in channel.openings if one.view is there)
    return next((one.target for one in arrived if numbers & {packet.number for packet in one.packets}), None)


_ENDS = {
    Party.CLIENT: (View.CLIENT_WIRE, View.SERVER_WIRE),
    Party.SERVER: (View.SERVER_WIRE, View.CLIENT_WIRE),
}
"""Where a SYN leaves and where it arrives, by who sends it."""


def _names(target: Endpoint, heard: Endpoint, channel: DataChannel) -> bool:
    """The opener dialled what it had heard. Of an active one the port tells: hosts bear the client's names for them."""
    return target.port == heard.port and (channel.mode.opener is Party.SERVER or target.host == heard.host)


def harmless(change: Rewritten) -> str:
    """A sentence about a change that did no harm."""
    return (
        f"A device on the way reads FTP: {change.said} was announced, and {addressed(change.heard)} arrived. "
        "The data connection opened all the same."
    )
