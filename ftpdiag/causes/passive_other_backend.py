"""The data connection ends at another machine than the control connection.

What happens: behind one address stand several servers, and a load balancer or a NAT spreads connections over them, each
on its own. PASV is answered by one, and the call to its port is led to another, where nobody listens: it is refused,
or another server's listener gets it. Transfers fail now and then, without a pattern in ports or time. Or a NAT leads
the passive ports to another service, and all transfers fail: the client takes that one's greeting for a listing.

How it is told: the same port refuses one call and lets the next in, or refuses it later than another was let in; so the
server listens, and what refused was not it. Or ports refuse that lie among others which pass, again and again. A live
probe dials again and samples ports by itself where a port is refused. It is surer still where sessions with the same
address are greeted by different servers. Or the data connection opens, and somebody speaks on it, or takes an upload,
while the server says nothing to the command: a server that has a data connection answers 125 or 150 before it uses it.
Or it is closed at once, and a server that says 425 where it turns one away says nothing.

What it is not: where each port refuses first and opens later, the server listens late (`data-listener-late`); where
those that refuse lie side by side, it is the range (`passive-ports-partly-blocked`). Where nobody speaks on the data
connection, it may be a device that only answers its SYN: `data-half-open`.
"""

from __future__ import annotations

from itertools import islice

from ftpdiag.cause import Extent, Grounds, cause
from ftpdiag.clues.dials import MANY, Calls, Dialled, calls, calls_evidence
from ftpdiag.clues.hops import answerer, away, place, server_hop
from ftpdiag.clues.openssl import hears_no_tls
from ftpdiag.clues.ports import Ports, dialled, samples_evidence
from ftpdiag.clues.remembered import remembered
from ftpdiag.clues.unspoken import announced_beside, answered_by_device, never_had, syn_ack, unspoken
from ftpdiag.evidence import channel_sighting, command_sighting, packet_sighting
from ftpdiag.model import (
    Alternative,
    Answer,
    Carriage,
    Confidence,
    DataChannel,
    Ending,
    Endpoint,
    Evidence,
    Location,
    Mode,
    Opening,
    Remedy,
    Verdict,
    View,
)
from ftpdiag.stacks import hop_of

SCATTERED = 4
"""Stretches of ports, or of time, with one outcome: with fewer, they are sorted."""

LATE = 0.2
"""Seconds after which a server that is to listen has done so."""

_CHANGES = 4
"""Looks, on average, after which the outcome changes at the latest where it goes by turns or chance; outages last."""

ENOUGH = 3
"""Ports that passed, and as many that did not."""

_LEAD_IT_HERE = (
    Remedy(
        who="network",
        product="NAT, load balancer or proxy",
        text="See who answers at $host:$data_port, and lead the server's passive ports to the server itself, each to "
        "the same port; a proxy for other protocols must let them pass.",
    ),
    Remedy(
        who="server",
        product="any FTP server",
        text="Give it a passive range that is led to no other service behind the same address.",
    ),
)


@cause(
    title="The data connection ends at another machine than the control connection",
    judges=DataChannel,
    modes=(Mode.PASSIVE,),
    verdict=Verdict.BLOCKED,
    location=Location.SERVER_NETWORK,
    remedies=(
        Remedy(
            who="network",
            product="load balancer or NAT in front of the servers",
            text="Lead all connections of one client to the same machine: source address affinity over all "
            "ports, $port and the passive range together.",
        ),
        Remedy(
            who="network",
            product="nftables",
            text="For two servers, A and B:\n"
            "nft add rule ip nat PREROUTING ip daddr $server tcp dport { $port, $low-$high } "
            "dnat to jhash ip saddr mod 2 map { 0 : A, 1 : B }",
        ),
        Remedy(
            who="network",
            product="LVS, HAProxy, Kubernetes",
            text="LVS: a firewall mark over $port and the passive range, with persistence (ipvsadm -A -f 1 -p 360). "
            "HAProxy: balance source in both frontends. Kubernetes: sessionAffinity: ClientIP.",
        ),
        Remedy(
            who="server",
            product="any FTP server",
            text="Or give each server a passive range of its own, and lead each range to its server: 50000-50100 and "
            "50101-50200.",
        ),
    ),
    references=("RFC 959 §3.3", "RFC 2577 §7"),
    or_else="unknown where an upload was taken without a word",
    overrides=("passive-port-refused", "passive-port-rejected", "data-reset-midway", "data-stalled", "data-tls-failed"),
    extent=Extent.MODE,
)
def passive_other_backend(channel: DataChannel) -> Grounds | None:
    """Refused where the server surely listened, or by ports among others that pass; or in use without its knowledge."""
    opening = channel.wire or channel.socket
    if channel.carriage and unspoken(channel):
        return _in_use(channel, channel.carriage) or _closed(channel, channel.carriage)
    if channel.opened or opening is None or opening.answer is not Answer.REFUSED or _nearer(channel, opening):
        return None
    proof, ports = _by_turns(calls(channel)), dialled(channel)
    among = _among(ports)
    greeted = _greeted(channel) if ports.mixed else ""
    if not proof and not among and not greeted:
        return None
    sure = bool(proof or greeted)
    return Grounds(
        confidence=Confidence.LIKELY,
        summary=f"Calls to the passive ports that {channel.session.server.host} announces are refused now and then, "
        "while the server listens there: some are led to another machine behind the same address.",
        evidence=(
            *((Evidence(text=f"Sessions with {channel.session.server.host} meet {greeted}."),) if greeted else ()),
            *calls_evidence(proof),
            *samples_evidence(ports),
            *_distance(channel, opening),
        ),
        alternatives=()
        if sure
        else (
            Alternative(
                cause="passive-port-refused",
                settle_with="the server's log: whether it failed to listen on a port that it announced",
            ),
        ),
    )


def _in_use(channel: DataChannel, carriage: Carriage) -> Grounds | None:
    """Somebody speaks on the data connection, or takes all of an upload, and the server does not know of it."""
    no_tls = carriage.ending is Ending.TLS_FAILED and hears_no_tls(carriage.error or "")
    spoke = bool(carriage.to_client) or no_tls
    took = bool(carriage.to_server) and carriage.ending is Ending.FINISHED
    if channel.transfer is None or not (spoke or took):
        return None
    device = answered_by_device(channel)
    sure = spoke and (device is not None or announced_beside(channel))
    server = channel.session.server
    did = f"took {carriage.to_server} bytes" if not spoke else "spoke" if no_tls else f"sent {carriage.to_client} bytes"
    return Grounds(
        confidence=Confidence.LIKELY if sure else Confidence.POSSIBLE,
        verdict=None if spoke else Verdict.UNKNOWN,
        location=_location(channel),
        hop=hop_of(device.ttl) if device else None,
        summary=f"Somebody at {carriage.remote} {did}{' without TLS' if no_tls else ''}, and {server} has not said a "
        f"word about it: {'' if sure else 'it may be that '}the passive port leads to another machine or service.",
        evidence=(
            channel_sighting(channel, f"The data connection with {carriage.remote} opened; its other end {did}."),
            command_sighting(channel.transfer, "No reply to it came, not even a 150."),
            *(
                (Evidence(text="Of another transfer the server did say 125 or 150."),)
                if announced_beside(channel)
                else ()
            ),
            *((packet_sighting(device, f"Its SYN-ACK comes from {away(hop_of(device.ttl))}."),) if device else ()),
        ),
        alternatives=()
        if sure
        else (
            Alternative(
                cause="control-segment-dropped" if spoke else "data-half-open",
                settle_with="captures of both ends at the same time: whether the server has that data connection",
            ),
        ),
        remedies=_LEAD_IT_HERE,
    )


_CLOSED = frozenset({Ending.FINISHED, Ending.RESET, Ending.TLS_FAILED})


def _closed(channel: DataChannel, carriage: Carriage) -> Grounds | None:
    """Closed or reset before a byte, of a server that would say so had it done that."""
    session, moved = channel.session, carriage.to_client or carriage.to_server or carriage.tls
    own_doing = carriage.ended_by not in {None, session.server.host}
    if carriage.ending not in _CLOSED or moved or own_doing or channel.transfer is None or not never_had(channel):
        return None
    did = "resets" if carriage.ending is Ending.RESET else "closes"
    return Grounds(
        confidence=Confidence.LIKELY,
        location=_location(channel),
        summary=f"Somebody at {carriage.remote} {did} the data connection at once, and {session.server} has not said a "
        "word about it: the passive port leads to another machine or service.",
        evidence=(
            channel_sighting(channel, f"The data connection with {carriage.remote} opened, and carried no byte."),
            command_sighting(channel.transfer, "No reply to it came, not even a 150."),
            Evidence(text="Of another transfer the server did say 125 or 150."),
        ),
        alternatives=(
            Alternative(
                cause="data-reset-midway",
                settle_with="captures of both ends at the same time: whether the server has that data connection",
            ),
        ),
        remedies=_LEAD_IT_HERE,
    )


def _location(channel: DataChannel) -> Location:
    """Where the way to whoever answers parts from the way to the server."""
    answer, opening, server = syn_ack(channel), channel.wire, server_hop(channel.session)
    if answer is None or opening is None or server is None:
        return Location.UNKNOWN
    hop = hop_of(answer.ttl)
    if hop == server:
        return Location.SERVER_NETWORK
    return place(opening.view, hop, server) if answered_by_device(channel) else Location.UNKNOWN


def _nearer(channel: DataChannel, opening: Opening) -> bool:
    """A device on the way speaks for the server."""
    answer, server = answerer(opening), server_hop(channel.session)
    return answer is not None and server is not None and hop_of(answer.ttl) < server


def _by_turns(made: Calls) -> tuple[Dialled, ...]:
    """Ports that refused a call long after another's first was let in, and let one in themselves."""
    if not made.at_once:
        return ()
    return tuple(one for one in made.turned if any(not call.opened and call.after >= LATE for call in one.calls))


def _among(ports: Ports) -> bool:
    """Ports that refuse lie among those that pass, often; or the same ports do now this, now that."""
    often = min(len(ports.passed), len(ports.failed)) - ports.both >= ENOUGH
    by_turns = ports.both >= ENOUGH and ports.spells >= max(SCATTERED, ports.looks // _CHANGES)
    return by_turns or (often and len(ports.stretches) >= SCATTERED)


def _greeted(channel: DataChannel) -> str:
    """The servers that greeted sessions with the same address, where they were several."""
    again = (one.session for one in channel.retries)
    more = (one.product for one in again if one.server == channel.session.server and one.product)
    names = tuple(dict.fromkeys([*_products(channel.beside, channel.session.server), *more]))
    return " and ".join(names) if len(names) > 1 else ""


@remembered()
def _products(those: tuple[DataChannel, ...], server: Endpoint) -> tuple[str, ...]:
    sessions = (one.session for one in islice(those, MANY))
    return tuple(dict.fromkeys(one.product for one in sessions if one.server == server and one.product))


def _distance(channel: DataChannel, opening: Opening) -> tuple[Evidence, ...]:
    answer, server = answerer(opening), server_hop(channel.session)
    if answer is None or server is None or opening.view is not View.CLIENT_WIRE or hop_of(answer.ttl) == server:
        return ()
    return (Evidence(text=f"The RST comes from {away(hop_of(answer.ttl))}, the server is {away(server)}."),)
