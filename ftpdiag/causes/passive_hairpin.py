"""Client and server are behind the same NAT, which leads the control port back in, and not the passive ports.

What happens: the client dials the public address of its own network. The router must turn such connections around and
lead them to the server inside (hairpin, NAT loopback, NAT reflection). Often it does so for port 21 only; its rule for
the passive range holds for what comes from outside. So FTP works from anywhere but here.

How it is told: the client's own address is private, the server's is public, and the server sees the client by that same
private address (STAT): nothing translated it, so there is no Internet in between. Or it sees some other private
address, and is no more than a router away. The SYN to the passive port is dropped or turned down before the server. The
hop walk of a live probe shows that the first router does not even pass it on: it takes it for its own.

What it is not: from inside it cannot be told whether the range is led in from outside. A probe from there shows that.
A first router that lets nobody out to high ports, and routes to a server with a public address of its own, looks the
same: `passive-egress-policy`.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues.addresses import local_kind
from ftpdiag.clues.hops import answerer, away, hop_of, server_hop
from ftpdiag.clues.silence import too_soon
from ftpdiag.clues.trials import walk_evidence, walked
from ftpdiag.evidence import sighting
from ftpdiag.model import (
    Alternative,
    Answer,
    Confidence,
    DataChannel,
    Evidence,
    Experiment,
    Fate,
    Location,
    Mode,
    Opening,
    Remedy,
    Verdict,
    View,
)

_FIRST_HOP = 1
"""The place of the NAT: networks that route a public server to private clients have firewalls farther away."""

_BEHIND_FIRST_HOP = 2
"""The place of a server behind the first router."""

_PRIVATE = frozenset({"private", "carrier-grade NAT"})


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
            "nft add rule ip nat PREROUTING ip daddr $server tcp dport { $port, 50000-50100 } dnat to INNER\n"
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
    """A public server that sees a private client, and a SYN that does not come as far as the server."""
    opening = channel.wire or channel.socket
    shared = _one_network(channel)
    if channel.opened or opening is None or shared is None or not _stopped_before_server(channel, opening):
        return None
    session, answer = channel.session, answerer(opening)
    assert session.client
    walk = walked(channel)
    if walk and any(step.fate is Fate.EXPIRED for step in walk.data.steps):
        return None  # the router passes it on
    return Grounds(
        confidence=Confidence.LIKELY if answer or walk else Confidence.POSSIBLE,
        summary=f"{session.client.host} and the server behind {session.server.host} are in one network: its router "
        f"leads port {session.server.port} of its public address back in, and port {opening.target.port} not.",
        evidence=(
            shared,
            sighting(opening, f"The SYN to {opening.target} left, and was {_OUTCOMES[opening.answer]}."),
            *walk_evidence(channel),
        ),
        hop=hop_of(answer.ttl) if answer and opening.view is View.CLIENT_WIRE else None,
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
        settle_with=() if answer or walk or opening.view is not View.CLIENT_WIRE else (Experiment.HOP_WALK,),
    )


_OUTCOMES = {
    Answer.SILENT: "never answered",
    Answer.REFUSED: "answered with a RST from before the server",
    Answer.REJECTED: "answered with an ICMP error",
}


def _one_network(channel: DataChannel) -> Evidence | None:
    """What shows that no Internet lies between client and server."""
    session = channel.session
    if session.client is None or session.client_seen_as is None:
        return None
    own, seen = session.client.host, session.client_seen_as
    if local_kind(session.server.host) or local_kind(own) not in _PRIVATE or local_kind(seen) not in _PRIVATE:
        return None
    told = f"The server at {session.server.host}, a public address, sees this client as {seen}, a private one"
    if seen == own:
        return Evidence(text=f"{told}, by its own: nothing translates it in between.")
    hop = server_hop(session)
    return Evidence(text=f"{told}, and is {away(hop)}.") if hop is not None and hop <= _BEHIND_FIRST_HOP else None


def _stopped_before_server(channel: DataChannel, opening: Opening) -> bool:
    if opening.view not in {View.CLIENT_WIRE, View.CLIENT_SOCKET} or opening.answer not in _OUTCOMES:
        return False
    if opening.answer is Answer.SILENT:
        return not too_soon(opening)
    answer, server = answerer(opening), server_hop(channel.session)
    return answer is not None and server is not None and _FIRST_HOP == hop_of(answer.ttl) < server
