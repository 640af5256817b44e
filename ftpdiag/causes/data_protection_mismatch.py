"""Client and server disagree whether the data connection is to be encrypted.

What happens: the server wants data connections encrypted and the session did not ask for it (no TLS, or PROT C); the
server then declines the transfer, or the negotiation. Or the session asked (PROT P) and the server does not do it: it
declines PROT, and what then moves, moves in the clear.

How it is told: by the server's words, such as vsftpd's `522 Data connections must be encrypted` or `521 Data connection
cannot be opened with this PROT setting`, by its refusal of PROT, and by the codes RFC 2228 and RFC 4217 have for it. Or
the TLS handshake on the data connection is answered with something that is no TLS.

What it is not: an encrypted data connection whose handshake breaks is data-tls-failed. A server that wants the login
itself encrypted is control-tls-required.
"""

from __future__ import annotations

import re

from ftpdiag import ftp
from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import openssl
from ftpdiag.clues.unspoken import unspoken
from ftpdiag.evidence import channel_sighting, command_sighting, quotation
from ftpdiag.model import (
    Alternative,
    Carriage,
    Confidence,
    DataChannel,
    Ending,
    Exchange,
    Location,
    Remedy,
    Reply,
    Tls,
    Verdict,
)

_CODES = frozenset({521, 534, 536})
"""RFC 4217 §9: 521; RFC 2228 §5.1: 534 policy, 536 protection level not supported."""

_WORDS = (
    r"(?i)must be encrypted|required on the data|\bPROT\b|protection level"
    r"|encrypt\w* (is )?required|requires? (ssl|tls)"
)
_BROKEN_TLS = r"(?i)handshake|reuse|resum|cached|failed|not supported, use"


@cause(
    title="Client and server disagree on encrypting the data connection",
    judges=DataChannel,
    verdict=Verdict.REFUSED,
    or_else="broken where the server agrees to encrypt, and does not",
    location=Location.SERVER_CONFIG,
    remedies=(
        Remedy(
            who="client",
            product="any FTP client",
            text="Encrypt the data connection too: AUTH TLS, PBSZ 0, PROT P.\n"
            "ftpdiag: --tls explicit; curl: --ssl-reqd; lftp: set ftp:ssl-protect-data yes; Python: FTP_TLS.prot_p().",
        ),
        Remedy(
            who="server",
            product="vsftpd",
            text="To allow data in the clear: force_local_data_ssl=NO\nforce_anon_data_ssl=NO\n"
            "To encrypt it: ssl_enable=YES, and for anonymous users allow_anon_ssl=YES",
        ),
        Remedy(
            who="server",
            product="ProFTPD",
            text="To allow data in the clear: TLSRequired ctrl (or off)\nTo encrypt it: TLSEngine on",
        ),
        Remedy(
            who="server",
            product="Pure-FTPd",
            text="To allow data in the clear: pure-ftpd --tls=2 instead of --tls=3\nTo encrypt it: --tls=1 or higher",
        ),
        Remedy(
            who="server",
            product="IIS",
            text="FTP SSL Settings > Custom > Data channel: Allow, or Require where clients do encrypt.",
        ),
        Remedy(who="server", product="pyftpdlib", text="handler.tls_data_required = False"),
    ),
    references=("RFC 4217 §9", "RFC 2228 §3"),
    overrides=(
        "data-peer-rejected",
        "data-tls-failed",
        "data-reset-midway",
        "data-stalled",
        "active-refused-by-server",
        "passive-refused-by-server",
    ),
)
def data_protection_mismatch(channel: DataChannel) -> Grounds | None:
    """A refusal that speaks of the data connection's protection; PROT declined, or agreed to and not kept."""
    reply, carriage = channel.refusal, channel.carriage
    protection = _declined_protection(channel)
    if protection:
        return _declined(channel, protection)
    if channel.completed:
        return None
    if unspoken(channel):
        return None  # whoever answers there, it is not the server: passive-other-backend
    if carriage and carriage.ending is Ending.TLS_FAILED and openssl.hears_no_tls(carriage.error or ""):
        return _in_the_clear(channel, carriage)
    if reply is None or not _speaks_of_protection(channel, reply):
        return None
    wanted = "in the clear" if channel.session.tls is Tls.NONE else "as this session asks for them"
    return Grounds(
        confidence=Confidence.PROVEN,
        summary=f"{channel.session.server.host} does not do data connections {wanted}: `{reply.lines[0]}`.",
        evidence=(quotation(reply, "The server's own words."),),
    )


def _declined(channel: DataChannel, protection: Exchange) -> Grounds:
    """Data that moved all the same moved in the clear, which is not what a session under TLS is for."""
    words = protection.replies[-1]
    return Grounds(
        confidence=Confidence.PROVEN,
        summary=f"{channel.session.server.host} declines to encrypt data connections: `{words.lines[0]}`"
        + (", and sent the data in the clear." if channel.completed else "."),
        evidence=(
            command_sighting(protection, "The session was to be encrypted, data connections included."),
            quotation(words, "The server's reply."),
        ),
    )


def _in_the_clear(channel: DataChannel, carriage: Carriage) -> Grounds:
    asked = channel.session.exchange("PROT")
    return Grounds(
        confidence=Confidence.LIKELY,
        verdict=Verdict.BROKEN,
        summary=f"{channel.session.server.host} answers in the clear on a data connection that was to be encrypted.",
        evidence=(
            *((quotation(asked.final, "It had agreed to encrypt."),) if asked and asked.final else ()),
            channel_sighting(channel, f"The data connection with {carriage.remote} opened. {carriage.error}"),
        ),
        alternatives=(
            Alternative(cause="data-tls-failed", settle_with="the server's TLS log, which says what it made of it"),
        ),
    )


def _speaks_of_protection(channel: DataChannel, reply: Reply) -> bool:
    if reply.code in _CODES:
        return True
    if re.search(_BROKEN_TLS, reply.text):
        return False
    plain = channel.session.tls is Tls.NONE and ftp.wants_tls(reply)
    return plain or bool(re.search(_WORDS, reply.text))


def _declined_protection(channel: DataChannel) -> Exchange | None:
    if channel.session.tls is Tls.NONE:
        return None
    asked = channel.session.exchange("PROT")
    declined = asked and asked.final and asked.final.code and not asked.final.positive
    return asked if declined else None
