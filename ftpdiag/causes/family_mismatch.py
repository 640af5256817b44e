"""The control connection is led to the server by the other address family, and data connections are not.

What happens: the address that the client knows belongs to a proxy or load balancer that takes port 21 and opens a
connection of the other family to the server: IPv6 in front, IPv4 behind it, or the other way round. The server then
listens on its own family alone, and EPSV names but a port; the client dials it where it talks to, and nobody is there.
PORT and EPRT name an address that the server cannot call, and PASV has none to give.

How it is told: the server says that it sees the client at an address of the other family, or that it cannot do PASV
“on IPv6” while the client came by IPv4; and the passive port answers with a RST. Where the server's name has addresses
of both families, a live probe dials the same port at the others: open there, it is proven.

What it is not: with a NAT64 the passive port opens too, since that translates every port (`nat64-without-alg`). A port
that is refused by both families is `passive-port-refused`; without the server's word a firewall that resets one family
looks the same.
"""

from __future__ import annotations

from itertools import chain, islice

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues.across import ENOUGH, closed_here, crossed, dialled_across, led_on, open_across, to_dial_across
from ftpdiag.clues.compared import stopped
from ftpdiag.clues.dials import to_dial_again
from ftpdiag.clues.families import made_by_nat64
from ftpdiag.clues.hops import answerer
from ftpdiag.clues.refusals import Declined, data_declined, refusal
from ftpdiag.evidence import command_sighting, quotation, sighting
from ftpdiag.model import (
    Alternative,
    Confidence,
    DataChannel,
    Evidence,
    Location,
    Mode,
    Opening,
    Remedy,
    Verdict,
    View,
)
from ftpdiag.stacks import hop_of


@cause(
    title="The control connection changes its address family on the way, and data connections cannot follow",
    judges=DataChannel,
    verdict=Verdict.BLOCKED,
    or_else="refused where the server declines what the client asks for",
    location=Location.SERVER_NETWORK,
    remedies=(
        Remedy(
            who="server",
            product="any FTP server",
            text="Give it an address of this family of its own, let it listen there, and let the name's record (A or "
            "AAAA) point to it instead of to the proxy.",
        ),
        Remedy(
            who="network",
            product="socat, 6tunnel, HAProxy, nginx stream, systemd-socket-proxyd",
            text="Lead the whole passive range as well, each port to the same one, not port $port alone; the server "
            "must then take data from the proxy's address, as it does. HAProxy:\n"
            "listen ftp\n    bind :::$port,:::50000-50100\n    mode tcp\n    server ftp ADDRESS",
        ),
        Remedy(
            who="server",
            product="DNS",
            text="Or take the record that points to the proxy out: clients then use the family that works.",
        ),
        Remedy(
            who="client",
            product="any FTP client on a host with both families",
            text="Use the other family: ftpdiag probe --family, curl -4 or -6, lftp: set dns:order inet or inet6.",
        ),
    ),
    references=("RFC 2428 §3", "RFC 6384"),
    overrides=(
        "active-address-refused",
        "active-eprt-unsupported",
        "active-inbound-dropped",
        "active-refused-by-server",
        "nat64-without-alg",
        "passive-address-unroutable",
        "passive-other-backend",
        "passive-pasv-on-ipv6",
        "passive-port-refused",
        "passive-port-rejected",
        "passive-refused-by-server",
    ),
)
def family_mismatch(channel: DataChannel) -> Grounds | None:
    """A server that is reached by the other family, and a passive port that is not."""
    closed = None if channel.opened else _closed(channel)
    word = crossed(channel) if closed and not led_on(channel) else None
    if closed is None or word is None:
        return None
    found = dialled_across(channel)
    proven = found is not None and found.differs
    if channel.mode is Mode.ACTIVE:
        return _active(channel, word, closed) if proven and _in_vain(channel) else None
    if closed_here(channel) and (proven or not made_by_nat64(channel.session.server.host)):
        return _closed_port(channel, word, closed, proven=proven)
    return _declining(channel, word, closed) if proven and data_declined(channel) else None


def _closed(channel: DataChannel) -> Opening | None:
    """The RST of a passive port at the same server's own address: its own, or that of a session beside."""
    for one in chain((channel,), islice(channel.beside, ENOUGH)):
        if one.session.server == channel.session.server and (found := closed_here(one)):
            return found
    return None


def _in_vain(channel: DataChannel) -> bool:
    """The call to an address of the session's family was declined, or never came."""
    announced = channel.announced
    own = announced is not None and announced.family == channel.session.family
    return own and (data_declined(channel) or stopped(channel))


def _closed_port(channel: DataChannel, word: Evidence, closed: Opening, *, proven: bool) -> Grounds:
    evidence = word, sighting(closed, f"The SYN to {closed.target} was answered with a RST."), *open_across(channel)
    if proven:
        return Grounds(
            confidence=Confidence.PROVEN,
            summary=f"{_led(channel)}, and not the passive port: that is open by the server's own family alone.",
            evidence=evidence,
            location=_location(channel),
            hop=_hop(closed),
        )
    return Grounds(
        confidence=Confidence.POSSIBLE,
        summary=f"{_led(channel)}, and at {closed.target} nobody listens: most likely the passive port is not led on.",
        evidence=evidence,
        location=Location.UNKNOWN,
        alternatives=(_PERHAPS_CLOSED,),
        settle_with=(*to_dial_across(channel), *to_dial_again(channel)),
    )


_PERHAPS_CLOSED = Alternative(
    cause="passive-port-refused",
    settle_with="the same port, dialled at the server's address of the other family: whether it is open there",
)


def _declining(channel: DataChannel, word: Evidence, closed: Opening) -> Grounds:
    said = refusal(channel)
    return Grounds(
        confidence=Confidence.PROVEN,
        verdict=Verdict.REFUSED,
        summary=f"{_led(channel)}, which has no {channel.method} for that.",
        evidence=(
            *dict.fromkeys((word, *((quotation(said.reply, "The server declined."),) if said else ()))),
            sighting(closed, f"After EPSV the SYN to {closed.target} was answered with a RST."),
            *open_across(channel),
        ),
        location=_location(channel),
        hop=_hop(closed),
    )


def _active(channel: DataChannel, word: Evidence, closed: Opening) -> Grounds:
    said = refusal(channel)
    declined = said is not None and said.what is not Declined.CONNECTION
    return Grounds(
        confidence=Confidence.PROVEN,
        verdict=Verdict.REFUSED if declined else None,
        summary=f"{_led(channel)}, and the server cannot call {channel.announced} from there.",
        evidence=(
            word,
            command_sighting(channel.negotiation, "The client announced an address of its family."),
            *((quotation(said.reply, "The server declined."),) if said else ()),
        ),
        location=_location(channel),
        hop=_hop(closed),
    )


def _led(channel: DataChannel) -> str:
    here = channel.session.family
    there = 4 if here == 6 else 6
    server = channel.session.server
    return f"What answers at {server.host} by IPv{here} leads port {server.port} to the server by IPv{there}"


def _location(channel: DataChannel) -> Location | None:
    """A NAT64 may be anybody's."""
    return Location.UNKNOWN if made_by_nat64(channel.session.server.host) else None


def _hop(closed: Opening) -> int | None:
    packet = answerer(closed)
    return hop_of(packet.ttl) if packet and closed.view is View.CLIENT_WIRE else None
