"""TLS cannot be established on the data connection.

What happens: the control connection is encrypted and fine, the data connection opens, and its TLS handshake breaks:
another certificate or configuration than on the control connection, a client that takes the wrong side of TLS in
active mode, a middle box that cuts off what it cannot read.

How it is told: by what OpenSSL says of the handshake on this side, or by the server's reply (`522 SSL handshake
failed`, ProFTPD's `425 ... Operation not permitted`). A RST whose TTL does not fit the server's comes from a device on
the way.

What it is not: a server that wants the session resumed says so, or completes the handshake first:
data-tls-session-reuse-required. An answer in the clear is data-protection-mismatch. A reset after TLS stood is
data-reset-midway.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import proftpd
from ftpdiag.clues.resets import Sender, origin
from ftpdiag.evidence import channel_sighting, packet_sighting, quotation
from ftpdiag.model import (
    Alternative,
    Carriage,
    Confidence,
    DataChannel,
    Ending,
    Evidence,
    Location,
    Remedy,
    Reply,
    Tls,
    Verdict,
)

_WORDS = r"(?i)(tls|ssl)\b.*(fail|error|negotiat|handshake|certificate)|handshake failed|alpn"


@cause(
    title="TLS fails on the data connection",
    judges=DataChannel,
    verdict=Verdict.BROKEN,
    location=Location.UNKNOWN,
    remedies=(
        Remedy(
            who="client",
            product="any FTP client",
            text="Be the TLS client on the data connection in active mode too, offer the same TLS versions and the "
            "same server name (SNI) as on the control connection, and resume its session.",
        ),
        Remedy(
            who="server",
            product="any FTP server",
            text="Use one certificate and one TLS configuration for both connections; read the TLS log (ProFTPD: "
            "TLSLog; vsftpd: debug_ssl=YES; FileZilla Server: debug level 4).",
        ),
        Remedy(
            who="network",
            product="firewall on the way",
            text="Let TLS through on the data ports of $server, uninspected.",
        ),
    ),
    references=("RFC 4217 §7", "RFC 4217 §10.2"),
    overrides=("data-stalled",),
)
def data_tls_failed(channel: DataChannel) -> Grounds | None:
    """The handshake failed on our side, or the server says that it failed on its own."""
    carriage, reply = channel.carriage, channel.refusal
    if carriage is None or channel.completed or channel.session.tls is Tls.NONE:
        return None
    failed = carriage.ending in {Ending.TLS_FAILED, Ending.UNTRUSTED}
    said = reply is not None and bool(re.search(_WORDS, reply.text))
    declined = reply is not None and bool(re.match(proftpd.NOT_RESUMED, reply.lines[0]))
    if not (failed or said or declined):
        return None
    sender = origin(channel.reset, channel.session)
    device = channel.reset is not None and sender.sender is Sender.DEVICE
    return Grounds(
        confidence=Confidence.PROVEN if failed or said else Confidence.LIKELY,
        location=sender.location if device else Location.UNKNOWN,
        hop=sender.hop if device else None,
        summary=f"A device on the way, not {channel.session.server.host} itself, resets the data connection when TLS "
        "begins on it."
        if device
        else f"The data connection with {carriage.remote} opens, and TLS cannot be established on it"
        + (f": {carriage.error}" if carriage.error and failed else "."),
        evidence=tuple(_evidence(channel, carriage, reply)),
        alternatives=() if device or said else _ALTERNATIVES,
    )


def _evidence(channel: DataChannel, carriage: Carriage, reply: Reply | None) -> Iterator[Evidence]:
    yield channel_sighting(channel, f"The data connection between {carriage.local} and {carriage.remote} opened.")
    if carriage.error:
        yield Evidence(text=carriage.error)
    if channel.reset:
        yield packet_sighting(
            channel.reset,
            f"The RST in the server's name has a TTL of {channel.reset.ttl}; "
            f"the server's SYN-ACK on the control connection had {channel.session.server_ttl}.",
        )
    if reply:
        yield quotation(reply, "The server's reply.")


_ALTERNATIVES = (
    Alternative(
        cause="data-tls-session-reuse-required",
        settle_with="the server's TLS log: some servers close without a word when the session is not resumed",
    ),
    Alternative(
        cause="data-peer-rejected",
        settle_with="the same probe with --tls none, where no TLS hides the server's refusal",
    ),
)
