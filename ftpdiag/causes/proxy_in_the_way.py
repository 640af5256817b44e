"""A proxy takes the control connection and speaks in the server's place.

What happens: a firewall, a virus scanner or a gateway redirects connections to port 21 to a proxy, which opens a second
control connection to the server and passes on what it likes. To the server it is the client: where data connections do
not take the same way, PORT names a stranger's address, and a passive data connection comes from one. It answers with a
greeting, a certificate and delays of its own. Or the environment names a proxy, and other clients use it.

How it is told: by its own words (`220 ... FTP proxy ready`, `use USER user@host`), which are possible at most, for a
server may have such a name; or by distance: the SYN-ACK of the control connection and what is said on it come from
several hops less far than the same address is on a data connection. In a capture at the server it is the client that is
nearer on the control connection. A hop walk of a live probe tells it, too, where the way to a passive port goes on
behind what answers for the control port, and the server sees the client elsewhere. `ftp_proxy` in the environment is
information: ftpdiag talks to the server itself.

What it is not: two ways of different length (a tunnel for one port, two uplinks) look the same by distance alone,
unless the control connection is answered right next door. A device that answers SYNs only, and lets the server speak,
is a SYN proxy: data-half-open. One that changes single lines: control-commands-mangled.
"""

from __future__ import annotations

import re

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues.hops import away, place
from ftpdiag.clues.trials import in_the_servers_place
from ftpdiag.clues.wording import client_of
from ftpdiag.evidence import packet_sighting, quotation
from ftpdiag.model import (
    Alternative,
    Confidence,
    ControlSession,
    DataChannel,
    Distance,
    Evidence,
    Facts,
    Location,
    Party,
    Remedy,
    Reply,
    View,
)
from ftpdiag.stacks import hop_of

_WORDS = (
    r"(?i)\bproxy\b|\bfrox\b|\bjftpgw\b|blue ?coat|websense|wingate|webwasher|interscan|\biwss\b|secure gateway"
    r"|ftp[ -]gateway|user(name|id)?@[<\[]?(remote|host|site|server|destination|ftp)"
)
"""What proxies call themselves, and how they ask for the server's name."""

_NOT_ITSELF = r"(?i)e-?mail|\bno (open )?prox|prox(y|ies) (server(s)? )?(is |are )?(not|forbidden|prohibited)"
"""Whoever asks for an e-mail address as the password, or forbids proxies, is none."""

_ELSEWHERE = "If it greets otherwise when it is asked from another network, or from beside the server, it is one."

_GREETS = frozenset({"", "USER", "PASS"})


@cause(
    title="A proxy speaks in the server's place",
    judges=(Facts, ControlSession, DataChannel),
    verdict=None,
    location=Location.UNKNOWN,
    remedies=(
        Remedy(
            who="network",
            product="transparent proxy",
            text="Let FTP to $host pass by the proxy.\nLinux, to find it: nft list ruleset | grep -E "
            "'redirect|tproxy'; iptables-save | grep -E 'REDIRECT|TPROXY'",
        ),
        Remedy(
            who="client",
            product="virus scanner, personal firewall",
            text="Leave FTP out of what it inspects, or make an exception for $host.",
        ),
        Remedy(
            who="client",
            product="any FTP client",
            text="Use TLS: a proxy cannot read it without a certificate of its own, which the client notices.",
        ),
    ),
    references=("RFC 1919 §4", "RFC 3234 §2"),
)
def proxy_in_the_way(subject: Facts | ControlSession | DataChannel) -> Grounds | None:
    """It says so; or the control connection ends nearer than the data connections, or than the way to them."""
    if isinstance(subject, Facts):
        return _by_environment(subject.source.proxy) if subject.source.proxy else None
    if isinstance(subject, DataChannel):
        return _by_walk(subject)
    said = next(filter(_is_a_proxys, _greeting(subject)), None)
    near = _nearer(subject, subject.distance) if subject.distance else None
    if said is None:
        return near
    line = next(filter(_names_a_proxy, said.lines))
    return Grounds(
        confidence=Confidence.LIKELY if near else Confidence.POSSIBLE,
        location=near.location if near else None,
        hop=near.hop if near else None,
        summary=f"What answers as {subject.server} may be a proxy, by its words: `{line}`. "
        + ("It is nearer, too, than the data connections end." if near else _ELSEWHERE),
        evidence=(quotation(said, "Its own words."), *(near.evidence if near else ())),
    )


def _by_environment(proxy: str) -> Grounds:
    sentence = f"The environment of this machine names an FTP proxy ({proxy})"
    return Grounds(
        confidence=Confidence.PROVEN,
        location=Location.CLIENT_CONFIG,
        summary=f"{sentence}, which other clients use; ftpdiag talks to the server itself.",
        evidence=(Evidence(text=f"{sentence}: ftp_proxy."),),
        remedies=(
            Remedy(
                who="client",
                product="clients that read ftp_proxy",
                text="To do as ftpdiag does: env -u ftp_proxy -u FTP_PROXY curl ...; or no_proxy=$host",
            ),
        ),
    )


def _greeting(session: ControlSession) -> list[Reply]:
    greets = (one for one in session.exchanges[:4] if one.verb in _GREETS and not one.unheard)
    return [reply for one in greets for reply in one.replies]


def _is_a_proxys(reply: Reply) -> bool:
    return any(map(_names_a_proxy, reply.lines))


def _names_a_proxy(line: str) -> bool:
    return bool(re.search(_WORDS, line)) and not re.search(_NOT_ITSELF, line)


def _by_walk(channel: DataChannel) -> Grounds | None:
    """What only answers SYNs in the server's place changes no address."""
    found, client, seen_as = in_the_servers_place(channel), channel.session.client, channel.session.client_seen_as
    if found is None or client is None or seen_as in {None, client.host}:
        return None
    hop, evidence = found
    return Grounds(
        confidence=Confidence.POSSIBLE,
        location=place(View.CLIENT_WIRE, hop, None),
        hop=hop,
        summary=f"What answers as {channel.session.server} is {away(hop)}, and the server, which lies behind it, sees "
        f"the client at {seen_as}: a proxy seems to speak in its place.",
        evidence=(evidence, Evidence(text=f"The server sees the client at {seen_as}, not at {client.host}.")),
        alternatives=(
            Alternative(
                cause="data-half-open",
                settle_with="the settings of the devices on the way: a NAT, and one that answers SYNs for the server",
            ),
        ),
    )


def _nearer(session: ControlSession, distance: Distance) -> Grounds | None:
    control, data = hop_of(distance.control_ttl), hop_of(distance.data.ttl)
    if control > data or session.wire is None:
        return None
    view = session.wire.view
    where = Location.UNKNOWN
    if distance.party is Party.SERVER:
        where = place(view, control, data)
    host = distance.data.source.host
    next_door = control == 1 and view is not View.MIDDLE_WIRE
    return Grounds(
        confidence=Confidence.LIKELY if next_door else Confidence.POSSIBLE,
        location=where,
        hop=control if where is not Location.UNKNOWN else None,
        summary=f"The control connection ends {away(control)} from "
        f"{client_of(session) if view is View.CLIENT_WIRE else 'where this was recorded'}, and {host} is {away(data)} "
        f"by the data connection: something speaks in the {distance.party}'s place.",
        evidence=(
            Evidence(text=f"On the control connection what {host} sends has a TTL of {distance.control_ttl}."),
            packet_sighting(distance.data, f"On the data connection it has {distance.data.ttl}."),
        ),
        alternatives=(
            Alternative(
                cause="passive-other-backend",
                settle_with="the greeting and the certificate from another network, or from beside the server",
            ),
        ),
    )
