"""The reply to PASV names an address that the client cannot reach, or another host than it talks to.

What happens: a server behind a NAT announces the address that it knows, its private one. Or it is set to announce an
address that is no longer right, or that means something inside its own site only. A client that believes the reply
dials into the void, or its own neighbour in the same private range. Clients that dial the control connection's
address instead do not notice, and neither does EPSV, whose reply names no address.

How it is told: the address in the 227 is not that of the control connection. Loopback, link-local, unspecified,
private and carrier-grade NAT addresses cannot be reached across the Internet; with any other address it is possible
that both belong to one server, and `--dial-announced` finds out. The port is dialled at the control connection's
address meanwhile, and the result is part of the evidence. In a capture the client may have done the same of itself and
got its data: then nothing was blocked, and the reply waits for a client that believes it. A client that reaches the
server at a private address and is told a public one is inside the server's site: others may need just that address.

What it is not: over IPv6 PASV cannot name the server's address at all: `passive-pasv-on-ipv6`. Whether a firewall
also blocks the passive ports is what the EPSV handshake tells.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import remedies, settings
from ftpdiag.clues.addresses import NOWHERE, local_kind
from ftpdiag.clues.algs import perhaps_alg, told_by
from ftpdiag.clues.announced import perhaps_rewritten
from ftpdiag.evidence import quotation, sighting
from ftpdiag.model import (
    Alternative,
    Answer,
    Confidence,
    DataChannel,
    Endpoint,
    Evidence,
    Location,
    Method,
    Mode,
    Opening,
    Reply,
    Verdict,
    View,
)


@cause(
    title="The server announces an address that clients cannot reach",
    judges=DataChannel,
    modes=(Mode.PASSIVE,),
    verdict=Verdict.BLOCKED,
    or_else="unknown where nothing shows that it is wrong; none where a captured client got its data all the same",
    location=Location.SERVER_CONFIG,
    remedies=(*settings.ANNOUNCE_PUBLIC_ADDRESS, *remedies.IGNORE_ANNOUNCED_ADDRESS),
    references=("RFC 959 §4.1.2", "RFC 1918", "RFC 6598", "RFC 2428 §3"),
    overrides=(
        "passive-port-dropped",
        "passive-port-refused",
        "passive-port-rejected",
        "passive-dropped-by-client-host",
        "passive-answer-dropped-by-client-host",
        "routing-loop",
    ),
)
def passive_address_unroutable(channel: DataChannel) -> Grounds | None:
    """A 227 that names another host, and nobody opened to that host."""
    announced, reply = channel.announced, channel.negotiation.final
    if announced is None or reply is None or not channel.agreed or channel.method not in {Method.PASV, Method.LPSV}:
        return None
    if announced.host == channel.session.server.host:
        return _announced_itself(channel, announced, reply)
    dialled = [one for one in channel.openings if one.target.host == announced.host]
    if any(one.established for one in dialled) or _forwarded(channel, announced):
        return None
    tried = next((one for one in dialled if one.answer is not Answer.ABSENT), None)
    confidence = _confidence(channel, announced, tried)
    server, possible = channel.session.server.host, confidence is Confidence.POSSIBLE
    inside = _inside(channel, announced)
    unheeded = channel.session.method is None and channel.completed and tried is None
    instead = f"this transfer went by {server} all the same, but " if unheeded else ""
    dials = "may dial" if unheeded and possible else "dials"
    return Grounds(
        confidence=confidence,
        verdict=Verdict.UNKNOWN if possible else None,
        remark=unheeded,
        summary=f"The server at {server} announces {announced}{_kind(announced.host)}: {instead}a client that believes "
        f"it {dials} the wrong host.{_FOR_OTHERS if inside else ''}",
        evidence=(
            quotation(
                reply, f"The reply names {announced.host}; the control connection is to {channel.session.server.host}."
            ),
            *((sighting(tried, f"A connection to {tried.target} was {_what_became(tried)}."),) if tried else ()),
            *_instead(channel),
        ),
        alternatives=(
            *perhaps_alg(channel),
            *(() if local_kind(announced.host) or tried else (_PERHAPS_RIGHT,)),
            *(() if local_kind(announced.host) else perhaps_rewritten(channel)),
        ),
        settle_with=told_by(channel),
        remedies=(*settings.ANNOUNCE_INSIDE_ADDRESS, *remedies.IGNORE_ANNOUNCED_ADDRESS) if inside else (),
    )


_FOR_OTHERS = " It may be right for clients outside: you reach the server at its private address."


def _inside(channel: DataChannel, announced: Endpoint) -> bool:
    """The client reaches the server at a private address, and is told a public one."""
    return bool(local_kind(channel.session.server.host)) and not local_kind(announced.host)


_PERHAPS_RIGHT = Alternative(cause="passive-other-backend", settle_with="the same probe with --dial-announced")


def _announced_itself(channel: DataChannel, announced: Endpoint, reply: Reply) -> Grounds | None:
    """In a capture at a server behind NAT: it announces the private address that it has, and nobody comes."""
    wire, client = channel.wire, channel.session.client
    if wire is None or wire.view is not View.SERVER_WIRE or wire.answer is not Answer.ABSENT or client is None:
        return None
    final = channel.transfer.final if channel.transfer else None
    if not local_kind(announced.host) or local_kind(client.host) or (final and final.positive):
        return None
    return Grounds(
        confidence=Confidence.LIKELY,
        summary=f"The server announces its private address {announced.host} to {client.host}, which cannot reach it.",
        evidence=(
            quotation(reply, f"The reply names {announced.host}."),
            sighting(wire, f"No SYN to {announced} came."),
        ),
        alternatives=(Alternative(cause="passive-port-dropped", settle_with="a capture at the client"),),
    )


def _forwarded(channel: DataChannel, announced: Endpoint) -> bool:
    """In a capture behind the server's NAT the server has a private address and rightly announces a public one."""
    wire = channel.wire
    behind = wire is not None and wire.view is not View.CLIENT_WIRE
    return behind and bool(local_kind(channel.session.server.host)) and not local_kind(announced.host)


def _confidence(channel: DataChannel, announced: Endpoint, tried: Opening | None) -> Confidence:
    session = channel.session
    kind, at_server = local_kind(announced.host), local_kind(session.server.host)
    at_client = local_kind(session.client.host) if session.client else None
    if kind is None or kind == at_server:
        return Confidence.LIKELY if tried else Confidence.POSSIBLE
    if kind in NOWHERE or tried or at_client is None:
        return Confidence.PROVEN
    return Confidence.LIKELY


def _kind(host: str) -> str:
    kind = local_kind(host)
    return f", whose address is {kind}" if kind else ""


def _what_became(opening: Opening) -> str:
    answers = {Answer.SILENT: "never answered", Answer.REFUSED: "refused", Answer.REJECTED: "rejected"}
    return answers.get(opening.answer, "not established")


def _instead(channel: DataChannel) -> tuple[Evidence, ...]:
    """What the port at the control connection's address did."""
    host = channel.session.server.host
    found = next((one for one in channel.openings if one.target.host == host), None)
    if found is None or found.answer is Answer.ABSENT:
        return ()
    became = "opened" if found.established else _what_became(found)
    return (sighting(found, f"The same port at the control connection's address, {found.target}, was {became}."),)
