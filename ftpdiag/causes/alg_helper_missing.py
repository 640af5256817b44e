"""A NAT at the client's side translates its address, and leaves the one that PORT or EPRT announces as it is.

What happens: behind a NAT a client knows its private address only, and announces that. A NAT with an FTP helper (ALG,
`nf_conntrack_ftp` and `nf_nat_ftp` on Linux) puts its public address in the command and lets the call-back in. Since
Linux 4.7 no helper is assigned by itself, and 6.x has lost the switch that did: after an upgrade of the router active
mode stops. Home routers have it as "FTP ALG", which may be off.

How it is told: in the clear, the server's own words (its refusal, or STAT), or a capture from beyond the NAT, show the
client at another address than it has and announces; or captures of both ends show the same announcement and different
addresses. So the NAT translates packets, and not FTP. It is information: what fails for it is told beside it.

What it is not: under TLS no helper can read what is announced (`alg-blind-to-tls`), and one that is there may watch
port 21 alone (`alg-bound-to-port-21`). Without a NAT a stateful firewall that lacks the helper looks like any other
that lets nobody in: `active-inbound-dropped`, `active-dropped-by-client-host`, `passive-port-dropped`. Behind a
carrier's NAT there is no helper to switch on: `active-inbound-impossible`.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues.addresses import local_kind
from ftpdiag.clues.compared import on_any_port
from ftpdiag.clues.firewalls import Way, ftp_helper
from ftpdiag.clues.nat import seen_by_server
from ftpdiag.clues.refusals import Declined, refusal
from ftpdiag.evidence import command_sighting
from ftpdiag.model import Confidence, DataChannel, Evidence, Location, Mode, Remedy, Tls


@cause(
    title="The NAT at the client's side has no FTP helper",
    judges=DataChannel,
    modes=(Mode.ACTIVE,),
    verdict=None,
    location=Location.CLIENT_NETWORK,
    remedies=(
        Remedy(who="network", product="nftables on the client's NAT router", text=ftp_helper(Way.THROUGH)),
        Remedy(
            who="network",
            product="iptables on the client's NAT router",
            text="modprobe nf_nat_ftp\n$iptables -t raw -A PREROUTING -p tcp --dport $port -j CT --helper ftp",
        ),
        Remedy(who="network", product="home router at the client", text="Switch its FTP ALG on, if it has one."),
    ),
    references=("RFC 2663 §5", "RFC 3022 §4.3"),
)
def alg_helper_missing(channel: DataChannel) -> Grounds | None:
    """The address is translated, the announcement is not."""
    announced, session = channel.announced, channel.session
    if channel.opened or announced is None or session.tls is not Tls.NONE or not local_kind(announced.host):
        return None
    if session.method is not None and session.client and announced.host != session.client.host:
        return None  # the user has it announced
    outside = _beyond(channel)
    if outside is None or local_kind(outside) == local_kind(announced.host):
        return None
    if on_any_port(channel).passed:
        return None  # some are helped, by method or by port
    return Grounds(
        confidence=Confidence.PROVEN,
        summary=f"A NAT makes {outside} of {announced.host} and leaves it in {channel.method} as it is: it has no FTP "
        f"helper (ALG), or none for port {session.server.port}.",
        evidence=(
            command_sighting(channel.negotiation, f"The client announced {announced}."),
            Evidence(text=f"The server sees the client at {outside}."),
        ),
    )


def _beyond(channel: DataChannel) -> str | None:
    """The client's address at the server, where the same announcement was heard there."""
    sights, heard = channel.session.sights, channel.announcements
    if len(sights) > 1:
        same = len(heard) > 1 and heard[0].endpoint == heard[-1].endpoint is not None
        return sights[-1].client.host if same and sights[0].client.host != sights[-1].client.host else None
    said = refusal(channel)
    return seen_by_server(channel, said.reply) if said and said.what is Declined.ADDRESS else None
