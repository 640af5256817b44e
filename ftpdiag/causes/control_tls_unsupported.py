"""The server does not do TLS on this port.

What happens: the server answers AUTH TLS with a 4yz or 5yz, because TLS is switched off or unknown to it; or the port
was taken for one of implicit TLS and the server speaks in the clear there.

How it is told: by its own reply; or by what OpenSSL says of an answer that is no TLS. Where the same server lets you
log in without TLS in the same run, that is information only. Pure-FTPd lists AUTH TLS among its features even where
TLS is switched off.

What it is not: a device on the way may answer AUTH in the server's place, or blank it out, to keep the session
readable. Where FEAT lists AUTH TLS and AUTH is refused all the same, suspect that first.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import openssl
from ftpdiag.evidence import quotation, sighting
from ftpdiag.model import (
    Alternative,
    Confidence,
    ControlSession,
    Ending,
    Evidence,
    Exchange,
    Location,
    Remedy,
    Reply,
    Tls,
    Verdict,
)

_IN_CLEAR = Remedy(who="client", product="ftpdiag", text="Test without encryption:\nftpdiag probe --tls none $target")
_IMPLICIT = Remedy(who="client", product="ftpdiag", text="Test implicit TLS:\nftpdiag probe $target_implicit")
_EXPLICIT = Remedy(who="client", product="ftpdiag", text="Test explicit TLS:\nftpdiag probe --tls explicit $target")
_AT_SERVER = (
    Remedy(
        who="server",
        product="vsftpd",
        text="ssl_enable=YES\nrsa_cert_file=/etc/ssl/certs/ftp.pem\nrsa_private_key_file=/etc/ssl/private/ftp.key\n"
        "For implicit TLS also: implicit_ssl=YES, listen_port=990",
    ),
    Remedy(
        who="server",
        product="ProFTPD",
        text="LoadModule mod_tls.c\nTLSEngine on\nTLSRSACertificateFile /etc/ssl/certs/ftp.pem\n"
        "TLSRSACertificateKeyFile /etc/ssl/private/ftp.key",
    ),
    Remedy(
        who="server",
        product="Pure-FTPd",
        text="pure-ftpd --tls=1, with /etc/ssl/private/pure-ftpd.pem\nDebian: echo 1 > /etc/pure-ftpd/conf/TLS",
    ),
    Remedy(who="server", product="IIS", text="FTP SSL Settings > Allow SSL connections, and a certificate."),
    Remedy(who="server", product="pyftpdlib", text='handler = TLS_FTPHandler\nhandler.certfile = "ftp.pem"'),
    Remedy(
        who="network",
        product="FTP-aware firewall",
        text="Let AUTH TLS to $server:$port pass. Cisco ASA: an FTP inspection policy must not mask or deny AUTH.",
    ),
)

_FROM_THE_START = (
    Remedy(
        who="server",
        product="vsftpd",
        text="ssl_enable=YES\nimplicit_ssl=YES\nlisten_port=$port\nrsa_cert_file=/etc/ssl/certs/ftp.pem\n"
        "rsa_private_key_file=/etc/ssl/private/ftp.key",
    ),
    Remedy(
        who="server",
        product="ProFTPD",
        text="In a <VirtualHost> with Port $port:\nTLSEngine on\nTLSOptions UseImplicitSSL\n"
        "TLSRSACertificateFile /etc/ssl/certs/ftp.pem\nTLSRSACertificateKeyFile /etc/ssl/private/ftp.key",
    ),
    Remedy(
        who="server",
        product="FileZilla Server",
        text="Server listeners: for port $port choose the protocol Implicit FTP over TLS.",
    ),
    Remedy(
        who="server",
        product="IIS",
        text="FTP SSL Settings > Allow SSL connections, and a binding of the site to port 990: TLS is implicit there.",
    ),
)


@cause(
    title="The server does not do TLS here",
    judges=ControlSession,
    verdict=None,
    or_else="refused where the session needs TLS",
    location=Location.SERVER_CONFIG,
    remedies=(_IN_CLEAR, _IMPLICIT, _EXPLICIT, *_AT_SERVER),
    references=("RFC 4217 §4", "RFC 2228 §3"),
)
def control_tls_unsupported(session: ControlSession) -> Grounds | None:
    """AUTH declined and nothing after it; or words in the clear where TLS was expected."""
    if session.logged_in:
        return None
    if session.tls is Tls.IMPLICIT:
        return _in_the_clear(session)
    auth = session.exchanges[-1] if session.exchanges else None
    if auth is None or auth.verb not in {"AUTH", "QUIT"}:
        return None
    declined = next((one for one in session.exchanges if one.verb == "AUTH" and _declined(one)), None)
    reply = declined.final if declined else None
    if reply is None or session.exchange("USER"):
        return None
    return _refused(session, reply)


def _declined(exchange: Exchange) -> bool:
    return exchange.final is not None and bool(exchange.final.code) and not exchange.final.positive


def _refused(session: ControlSession, reply: Reply) -> Grounds:
    return Grounds(
        confidence=Confidence.LIKELY,
        verdict=None if session.clear_beside else Verdict.REFUSED,
        summary=f"{session.server} declines AUTH TLS: `{reply.lines[0]}`.",
        evidence=(quotation(reply, "The reply to AUTH."),),
        remedies=(_IN_CLEAR, _IMPLICIT, *_AT_SERVER),
        alternatives=(
            Alternative(
                cause="control-commands-mangled",
                settle_with="FEAT and AUTH from a machine beside the server: a device on the way may answer for it",
            ),
        ),
    )


def _in_the_clear(session: ControlSession) -> Grounds | None:
    hangup, opening = session.hangup, session.socket or session.wire
    if hangup is None or hangup.ending is not Ending.TLS_FAILED or not openssl.hears_no_tls(hangup.detail):
        return None
    return Grounds(
        confidence=Confidence.PROVEN,
        verdict=Verdict.REFUSED,
        summary=f"{session.server} does not speak TLS from the start (implicit TLS): it answers in the clear.",
        evidence=(
            *((sighting(opening, f"The connection to {session.server} opened."),) if opening else ()),
            Evidence(text=hangup.detail, at=hangup.at),
        ),
        remedies=(_EXPLICIT, _IN_CLEAR, *_FROM_THE_START),
    )
