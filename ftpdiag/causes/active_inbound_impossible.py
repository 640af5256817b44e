"""Nobody can call this client: the NAT that would have to let calls in is its provider's.

What happens: the provider gives the client's router, or the client itself, an address of the shared space 100.64.0.0/10
and translates it to a public one that many customers share (carrier-grade NAT, RFC 6598). No port of that is anybody's
to forward. So a call-back comes to the provider's NAT and ends there, whatever the client's own router allows; or the
server refuses the address in PORT, and there is no better one to announce.

How it is told: active mode fails, and the client's own address is of the shared space while the server's is not. Or the
server sees another address than the client's, and a hop walk to the server shows a router of the shared space right
behind the client's own: a second NAT.

What it is not: one NAT that the client's side runs, where a port can be forwarded or a helper switched on:
active-inbound-dropped. Some providers number their routers from the shared space and give public addresses all the
same: what the router shows as its own address on the outside tells. A VPN that uses the shared space (Tailscale) has
its servers there as well.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import remedies
from ftpdiag.clues.addresses import CARRIERS, local_kind
from ftpdiag.clues.nat import carrier_hop, seen_from_outside
from ftpdiag.clues.refusals import address_declined, awaited, refusal
from ftpdiag.clues.wording import client_of
from ftpdiag.evidence import command_sighting, quotation
from ftpdiag.model import (
    Alternative,
    Answer,
    Confidence,
    DataChannel,
    Endpoint,
    Evidence,
    Location,
    Mode,
    Remedy,
    Verdict,
    View,
)

_VIEWS = frozenset({View.CLIENT_SOCKET, View.CLIENT_WIRE})


@cause(
    title="Nobody can call this client: it shares its address with others of its provider",
    judges=DataChannel,
    modes=(Mode.ACTIVE,),
    verdict=Verdict.BLOCKED,
    or_else="refused where the server declines that address",
    location=Location.PATH,
    remedies=(
        remedies.USE_PASSIVE,
        Remedy(
            who="network",
            product="the client's provider",
            text="Ask for a public IPv4 address, or use IPv6, which is not translated (ftpdiag: --family 6). "
            "Forwarding a port in your own router does not help.",
        ),
        Remedy(
            who="client",
            product="any VPN whose end has a public address",
            text="Forward the ports there, and let the client announce that address (ftpdiag: --active-ports "
            "50000-50100 --active-address PUBLIC).",
        ),
    ),
    references=("RFC 6598 §1", "RFC 6888 §2", "RFC 959 §3.2"),
    overrides=("alg-helper-missing", "active-inbound-dropped", "active-address-refused"),
)
def active_inbound_impossible(channel: DataChannel) -> Grounds | None:
    """The call did not come, or was refused for the address; and a carrier's NAT stands before client or router."""
    client = channel.session.client
    if client is None or not _fails(channel) or local_kind(channel.session.server.host) == CARRIERS:
        return None
    outside = seen_from_outside(channel)
    if shared := _shared(channel, client):
        return _own_address(channel, shared, outside or (client.host if client.host != shared else None))
    hop = carrier_hop(channel)
    if hop is None or outside is None:
        return None
    ttl, router = hop
    return Grounds(
        confidence=Confidence.LIKELY,
        verdict=_verdict(channel),
        hop=ttl,
        summary=f"No call-back can come to {client_of(channel.session)}: behind its own router, at hop {ttl}, begins a "
        f"carrier's shared address space ({router}), and the server sees it at {outside}. That is a second NAT, and "
        "only the provider could let calls in.",
        evidence=(
            *_what_failed(channel),
            Evidence(text=f"The server sees the client at {outside}, not at {client.host}."),
            Evidence(text=f"A SYN to the server that expires at hop {ttl} does so at {router}, of 100.64.0.0/10."),
        ),
        alternatives=(
            Alternative(
                cause="active-inbound-dropped",
                settle_with=f"your router's own status page: if its address on the outside is {outside}, there is no "
                "second NAT, and a port can be forwarded there",
            ),
        ),
    )


def _shared(channel: DataChannel, client: Endpoint) -> str | None:
    """The client's address, where it is of a shared space; beyond the NAT the server refuses it by that address."""
    announced = (channel.announced.host,) if channel.announced and address_declined(channel) else ()
    return next((host for host in (client.host, *announced) if local_kind(host) == CARRIERS), None)


def _own_address(channel: DataChannel, shared: str, outside: str | None) -> Grounds:
    seen = f", and the server sees it at {outside}" if outside else ""
    return Grounds(
        confidence=Confidence.PROVEN if outside else Confidence.LIKELY,
        verdict=_verdict(channel),
        summary=f"No call-back can come to {client_of(channel.session)}: its address {shared} is of a carrier's "
        f"shared space{seen}. Only the provider, whose NAT that is, could let calls in.",
        evidence=(
            *_what_failed(channel),
            Evidence(text=f"{shared} is of 100.64.0.0/10, which only a provider's NAT translates{seen}."),
        ),
    )


def _verdict(channel: DataChannel) -> Verdict:
    return Verdict.REFUSED if address_declined(channel) else Verdict.BLOCKED


def _fails(channel: DataChannel) -> bool:
    if channel.opened or channel.strangers:
        return False
    if address_declined(channel):
        return True
    opening = channel.wire or channel.socket
    unheard = opening is not None and opening.answer is Answer.ABSENT and opening.view in _VIEWS
    return unheard and awaited(channel)


def _what_failed(channel: DataChannel) -> tuple[Evidence, ...]:
    told = command_sighting(channel.negotiation, f"The server was told to call {channel.announced}.")
    said = refusal(channel)
    if said:
        return told, quotation(said.reply, "The server declined, or could not.")
    return told, Evidence(text="No call came.", at=(channel.transfer or channel.negotiation).at)
