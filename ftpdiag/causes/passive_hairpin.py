"""Client and server are behind the same NAT, which leads the control port back in, and not the passive ports.

What happens: the client dials the public address of its own network. The router must turn such connections around and
lead them to the server inside (hairpin, NAT loopback, NAT reflection). Often it does so for port 21 only; its rule for
the passive range holds for what comes from outside. So FTP works from anywhere but here.

How it is told: the client's own address is private, the server's is public, and the server sees the client by that same
private address (STAT), or by another private one: there is no Internet in between. The server is no more than a router
away, and that router turns the SYN to the passive port down, or does not even pass it on, as the hop walk of a live
probe shows: it takes it for its own.

What it is not: silence alone tells no place, `passive-port-dropped`: networks route a public server to private clients,
and have firewalls farther away. Where another data connection to a passive port opens, or the server calls back from
that public address, nothing is turned around. From inside it cannot be told whether the range is led in from outside;
a probe from there shows that. A first router that lets nobody out to high ports, and routes to a server with a public
address of its own, looks the same: `passive-egress-policy`.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues.hops import answerer, server_hop
from ftpdiag.clues.nat import one_network
from ftpdiag.clues.silence import too_soon
from ftpdiag.clues.trials import gap, walk_evidence
from ftpdiag.evidence import sighting
from ftpdiag.model import (
    Alternative,
    Answer,
    Confidence,
    DataChannel,
    Location,
    Mode,
    Opening,
    Remedy,
    Verdict,
    View,
)
from ftpdiag.stacks import hop_of

_FIRST_HOP = 1
"""The place of the NAT: networks that route a public server to private clients have firewalls farther away."""


@cause(
    title="The client is behind the same NAT as the server, which does not lead the passive ports back in",
    judges=DataChannel,
    modes=(Mode.PASSIVE,),
    verdict=Verdict.BLOCKED,
    location=Location.CLIENT_NETWORK,
    remedies=(
        Remedy(
            who="client",
            product="any FTP client",
            text="From inside, use the server's own address there. Let the name lead to it, in the network's own DNS "
            "(split DNS) or in the hosts file.",
        ),
        Remedy(
            who="network",
            product="nftables on the router",
            text="The rule must not ask for the interface, and what goes back in must be translated; INNER is the "
            "server's own address:\n"
            "nft add rule ip nat PREROUTING ip daddr $server tcp dport { $port, $low-$high } dnat to INNER\n"
            "nft add rule ip nat POSTROUTING ip daddr INNER ct status dnat masquerade",
        ),
        Remedy(
            who="network",
            product="pfSense, OPNsense",
            text="Of the port forward of the passive range: NAT reflection, pure NAT; and automatic outbound NAT for "
            "reflection.",
        ),
        Remedy(
            who="network",
            product="MikroTik, FortiGate, home router",
            text="MikroTik: a dst-nat rule by dst-address, not in-interface, and masquerade for the inner "
            "network. FortiGate: the virtual IP with the interface `any`. Home router: NAT loopback, of the range.",
        ),
    ),
    references=("RFC 4787 §6", "RFC 5382 §7.1"),
    overrides=(
        "passive-port-dropped",
        "passive-egress-policy",
        "passive-port-rejected",
        "passive-port-refused",
    ),
)
def passive_hairpin(channel: DataChannel) -> Grounds | None:
    """A public server that sees a private client, and a first router that stops the SYN."""
    opening, shared = channel.wire, one_network(channel)
    if channel.opened or opening is None or opening.view is not View.CLIENT_WIRE or shared is None:
        return None
    if server_hop(channel.session) != _FIRST_HOP + 1 or not _stopped_at_first(channel, opening):
        return None
    session, answer = channel.session, answerer(opening)
    assert session.client
    return Grounds(
        confidence=Confidence.LIKELY,
        summary=f"{session.client.host} and the server behind {session.server.host} are in one network: its router "
        f"leads port {session.server.port} of its public address back in, and port {opening.target.port} not.",
        evidence=(
            shared,
            sighting(opening, f"The SYN to {opening.target} left, and was {_OUTCOMES[opening.answer]}."),
            *walk_evidence(channel),
        ),
        hop=hop_of(answer.ttl) if answer else None,
        alternatives=(
            Alternative(
                cause="passive-port-dropped",
                settle_with="the same probe from outside this network: whether its passive ports are led in at all; "
                "and whether the server bears that public address itself",
            ),
            Alternative(
                cause="passive-egress-policy" if opening.answer is Answer.SILENT else "passive-port-rejected",
                settle_with="a passive port of a server elsewhere: a router that lets nobody out to such ports stops "
                "that, too",
            ),
        ),
    )


_OUTCOMES = {
    Answer.SILENT: "never answered",
    Answer.REFUSED: "answered with a RST from before the server",
    Answer.REJECTED: "answered with an ICMP error",
}


def _stopped_at_first(channel: DataChannel, opening: Opening) -> bool:
    if opening.answer is Answer.SILENT:
        gone = gap(channel)
        return not too_soon(opening) and gone is not None and (gone.last, gone.first) == (0, _FIRST_HOP)
    answer = answerer(opening) if opening.answer in _OUTCOMES else None
    return answer is not None and hop_of(answer.ttl) == _FIRST_HOP
