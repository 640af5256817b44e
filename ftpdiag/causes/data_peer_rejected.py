"""The server turns the data connection away because it comes from another address than the control connection.

What happens: in passive mode the client leaves its network by two different public addresses: two uplinks, a pool of
addresses at the provider, a proxy for one of the two, a container or a load balancer that rewrites the source. To the
server the data connection is a stranger's, and it closes it to keep others from stealing data.

How it is told: by the server's words, such as `425 Security: Bad IP connecting`. ProFTPD only says `Permission denied`
of a data connection that did open. Pure-FTPd says nothing at all: it closes the data connection at once and keeps
waiting, and later the control connection dies of a timeout. So a data connection that the server closes before a byte
or a reply is a sign of it, but a weaker one. A capture from beyond the client's NAT shows the two addresses: proof.

What it is not: `501 Rejected data connection to foreign address` declines what PORT named: active-address-refused.
"""

from __future__ import annotations

import re

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import proftpd
from ftpdiag.clues.resets import Sender, origin
from ftpdiag.clues.unspoken import never_had
from ftpdiag.evidence import channel_sighting, command_sighting, quotation, sighting
from ftpdiag.model import (
    Alternative,
    Carriage,
    Confidence,
    DataChannel,
    Ending,
    Evidence,
    Location,
    Mode,
    Remedy,
    Reply,
    Verdict,
)

_WORDS = (
    r"(?i)bad ip|from foreign|foreign (ip )?address|(does ?n[o']t|not) match (the )?(control|client)"
    r"|differs from control|ip (address )?(mismatch|does)"
)
"""vsftpd, pyftpdlib, ProFTPD, ftpserverlib, FileZilla Server."""

_CLOSED = frozenset({Ending.FINISHED, Ending.RESET, Ending.TLS_FAILED})


@cause(
    title="The server turns the data connection away: it comes from another address",
    judges=DataChannel,
    modes=(Mode.PASSIVE,),
    verdict=Verdict.BLOCKED,
    location=Location.UNKNOWN,
    remedies=(
        Remedy(
            who="network",
            product="NAT with several public addresses or uplinks",
            text="Keep all connections of $client to $server on one public address: sticky (source-hash) selection, "
            "one uplink for this destination.\nnftables: $ip daddr $server snat to PUBLIC, or a pool `persistent`.",
        ),
        Remedy(
            who="network",
            product="Kubernetes, Docker, load balancer at the server",
            text="Keep the client's address: externalTrafficPolicy: Local, or host networking; Docker: "
            '"userland-proxy": false; load balancer: source affinity over all ports.',
        ),
        Remedy(who="client", product="any FTP client", text="Use no proxy, or the same one, for both connections."),
        Remedy(
            who="server",
            product="vsftpd",
            text="Last resort, it lets others take the data: pasv_promiscuous=YES",
        ),
        Remedy(
            who="server",
            product="ProFTPD",
            text="Last resort, it lets others take the data: AllowForeignAddress on",
        ),
        Remedy(
            who="server",
            product="pyftpdlib",
            text="Last resort, it lets others take the data: handler.permit_foreign_addresses = True",
        ),
    ),
    references=("RFC 2577 §7", "RFC 4217 §10"),
    overrides=("data-tls-failed", "data-reset-midway", "data-stalled", "passive-refused-by-server"),
)
def data_peer_rejected(channel: DataChannel) -> Grounds | None:
    """The server says so; or it closes the data connection before a byte, without a word."""
    reply, carriage = channel.refusal, channel.carriage
    if channel.completed:
        return None
    said = reply is not None and reply in (channel.transfer.replies if channel.transfer else ())
    if reply and carriage and said and re.match(proftpd.FROM_ELSEWHERE, reply.lines[0]):
        return _without_permission(channel, reply)
    if reply and said and re.search(_WORDS, reply.text):
        seen_as = channel.session.client_seen_as
        return Grounds(
            confidence=Confidence.PROVEN,
            summary=f"{channel.session.server.host} turns the data connection away, because it comes from another "
            f"address than the control connection: `{reply.lines[0]}`.",
            evidence=(
                quotation(reply, "The server's own words."),
                *((Evidence(text=f"It sees the control connection come from {seen_as}."),) if seen_as else ()),
            ),
        )
    return _closed_without_a_word(channel, carriage) if carriage else None


def _two_addresses(channel: DataChannel) -> tuple[Evidence, ...]:
    """A capture from beyond the NAT shows both."""
    client, wire = channel.session.client, channel.wire
    if client is None or wire is None or wire.opener.host in {client.host, ""}:
        return ()
    text = f"The data connection comes from {wire.opener.host}, the control connection from {client.host}."
    return (sighting(wire, text),)


def _without_permission(channel: DataChannel, reply: Reply) -> Grounds:
    seen = _two_addresses(channel)
    return Grounds(
        confidence=Confidence.PROVEN if seen else Confidence.LIKELY,
        summary=f"{channel.session.server.host} turns the data connection away, as ProFTPD does with one from another "
        f"address than the control connection: `{reply.lines[0]}`.",
        evidence=(quotation(reply, "The server's own words."), *seen),
        alternatives=()
        if seen
        else (
            Alternative(
                cause="passive-refused-by-server",
                settle_with="the server's log, which says SECURITY VIOLATION of a data connection from elsewhere",
            ),
        ),
    )


def _closed_without_a_word(channel: DataChannel, carriage: Carriage) -> Grounds | None:
    session = channel.session
    own_doing = carriage.ended_by not in {None, session.server.host}
    if carriage.ending not in _CLOSED or own_doing or carriage.tls or carriage.to_client or carriage.to_server:
        return None
    if channel.transfer is None or channel.transfer.replies or origin(channel.reset, session).sender is Sender.DEVICE:
        return None
    silent = "Pure-FTPd" in (session.product or "")
    if (not silent and carriage.ending is not Ending.FINISHED) or never_had(channel):
        return None
    seen = _two_addresses(channel)
    return Grounds(
        confidence=Confidence.PROVEN if seen else Confidence.LIKELY if silent else Confidence.POSSIBLE,
        summary=f"{session.server.host} closes the data connection at once and says nothing"
        + (", as Pure-FTPd does with one from another address than the control connection." if silent else "."),
        evidence=(
            channel_sighting(
                channel, f"The data connection to {carriage.remote} opened and was closed before a byte was carried."
            ),
            command_sighting(channel.transfer, "No reply to it came."),
            *seen,
        ),
        alternatives=()
        if seen
        else (
            Alternative(
                cause="passive-other-backend",
                settle_with="the server's log: a load balancer may have led the data connection to another machine",
            ),
            Alternative(
                cause="data-reset-midway",
                settle_with="a capture beside the server: whether the end of the data connection is its own doing",
            ),
        ),
    )
