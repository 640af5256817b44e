"""The server refuses the address that the client announces in PORT or EPRT.

What happens: to keep clients from aiming it at third hosts, a server calls nobody but the client it talks to. A
client behind a NAT announces its private address, while the server sees the public one of the NAT: the two differ,
and the server refuses. A NAT that understands FTP rewrites the command, unless TLS hides it or the control port is
not 21.

How it is told: the reply to PORT or EPRT itself refuses, in words about the address. It is proven when the server
also says at which address it sees the client, in that reply (Pure-FTPd) or in STAT (vsftpd, ProFTPD). Where a capture
shows that the announced address is no more private than the client's and still another, no NAT need be the reason: it
may be a transfer between two servers (FXP), an FTP bounce (RFC 2577 §3), or another address of the client.

What it is not: a server that declines active mode altogether is `active-refused-by-server`. ProFTPD replaces a
private address by the one it sees, so the same client passes there, and fails later (`active-inbound-dropped`).
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import remedies
from ftpdiag.clues.addresses import local_kind
from ftpdiag.clues.algs import perhaps_alg, told_by
from ftpdiag.clues.announced import perhaps_rewritten
from ftpdiag.clues.nat import seen_by_server, third_host, whose_nat
from ftpdiag.clues.refusals import Declined, refusal
from ftpdiag.clues.wording import client_of
from ftpdiag.evidence import command_sighting, quotation
from ftpdiag.model import Alternative, Confidence, DataChannel, Evidence, Location, Mode, Reply, Verdict, View


@cause(
    title="The server refuses the address that the client announces",
    judges=DataChannel,
    modes=(Mode.ACTIVE,),
    verdict=Verdict.REFUSED,
    location=Location.UNKNOWN,
    remedies=(remedies.USE_PASSIVE, *remedies.ANNOUNCE_REACHABLE_ADDRESS),
    references=("RFC 959 §4.1.2", "RFC 2577 §3", "RFC 2663 §5"),
)
def active_address_refused(channel: DataChannel) -> Grounds | None:
    """The reply refuses the address; the rest says how sure it is that the address is wrong."""
    said, announced = refusal(channel), channel.announced
    if said is None or said.what is not Declined.ADDRESS or announced is None:
        return None
    if third := third_host(channel):
        return _another_host(channel, said.reply, third)
    session = channel.session
    seen_as = seen_by_server(channel, said.reply)
    private = local_kind(announced.host) and not local_kind(session.server.host)
    here, where = client_of(session), _location(channel, seen_as)
    summary = f"The server refuses to call {announced}"
    if seen_as:
        seen = "the client" if session.client and session.client.host == seen_as else here
        summary += f", because it sees {seen} at {seen_as}: something between translates addresses."
    elif private:
        summary += f": {announced.host} is a private address, which the server cannot reach."
    else:
        summary += ", in words that are about the address."
    return Grounds(
        confidence=Confidence.PROVEN if seen_as else Confidence.LIKELY if private else Confidence.POSSIBLE,
        summary=summary,
        evidence=(
            command_sighting(channel.negotiation, f"The client announced {announced}."),
            quotation(said.reply, "The server refused."),
            *((Evidence(text=f"The server sees the client at {seen_as}."),) if seen_as else ()),
        ),
        location=where,
        remedies=_HIDDEN if where is Location.SERVER_NETWORK else (),
        alternatives=perhaps_alg(channel)
        if seen_as
        else (
            *perhaps_alg(channel),
            Alternative(
                cause="active-refused-by-server",
                settle_with="the same probe from a machine with a public address of its own",
            ),
        ),
        settle_with=(*whose_nat(channel), *told_by(channel)),
    )


def _another_host(channel: DataChannel, reply: Reply, third: str) -> Grounds:
    wire = channel.session.wire
    hidden = "" if wire is not None and wire.view is View.CLIENT_WIRE else " behind a NAT or proxy"
    return Grounds(
        confidence=Confidence.LIKELY,
        summary=f"The server refuses to call {channel.announced}. {third} is not {client_of(channel.session)}: it is "
        f"another host (FXP, or an FTP bounce), or another address of it{hidden}.",
        evidence=(
            command_sighting(channel.negotiation, f"The client announced {channel.announced}."),
            quotation(reply, "The server refused."),
        ),
        remedies=remedies.ANNOUNCE_THE_CLIENT,
        alternatives=perhaps_rewritten(channel),
    )


_HIDDEN = (remedies.USE_PASSIVE, *remedies.LEAVE_CLIENT_ADDRESS)
"""The address that the client announces is right; what must change is what the server sees."""


def _location(channel: DataChannel, seen_as: str | None) -> Location:
    """The NAT sits on the side whose addresses are private."""
    session, announced = channel.session, channel.announced
    if announced is None:
        return Location.UNKNOWN
    if session.method is not None and session.client and announced.host != session.client.host:
        return Location.CLIENT_CONFIG  # --active-address names one that is not ours
    inside, outside = local_kind(announced.host), local_kind(seen_as or session.server.host)
    if inside and not outside:
        return Location.CLIENT_NETWORK
    return Location.SERVER_NETWORK if outside and seen_as and not inside else Location.UNKNOWN
