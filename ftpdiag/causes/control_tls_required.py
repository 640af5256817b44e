"""The server lets nobody log in without encryption.

What happens: the server wants AUTH TLS before USER, so that no password crosses the network in the clear, and
declines plain logins. Without --tls, ftpdiag then tries explicit TLS by itself.

How it is told: the server's refusal speaks of TLS, SSL or encryption; its words are quoted.

What it is not: a refusal that concerns data connections only is data-protection-mismatch. Where AUTH itself is
refused, see control-tls-unsupported: a device on the way may keep the server and you from agreeing on TLS.
"""

from __future__ import annotations

from ftpdiag import ftp
from ftpdiag.cause import Grounds, cause
from ftpdiag.clues.admission import answered, denial
from ftpdiag.evidence import quotation
from ftpdiag.model import Confidence, ControlSession, Location, Remedy, Tls, Verdict


@cause(
    title="The server demands TLS before the login",
    judges=ControlSession,
    verdict=Verdict.REFUSED,
    location=Location.SERVER_CONFIG,
    remedies=(
        Remedy(
            who="client",
            product="any FTP client",
            text="Use explicit TLS (FTPES).\nftpdiag: --tls explicit; curl: --ssl-reqd; lftp: set ftp:ssl-force yes; "
            "FileZilla: Require explicit FTP over TLS; WinSCP: TLS/SSL Explicit encryption.",
        ),
        Remedy(
            who="server",
            product="vsftpd",
            text="To allow plain logins, passwords in the clear included:\nforce_local_logins_ssl=NO\n"
            "force_anon_logins_ssl=NO",
        ),
        Remedy(
            who="server",
            product="ProFTPD",
            text="To allow plain logins, passwords in the clear included:\nTLSRequired off",
        ),
        Remedy(
            who="server",
            product="Pure-FTPd",
            text="To allow plain logins, passwords in the clear included:\npure-ftpd --tls=1",
        ),
        Remedy(
            who="server",
            product="FileZilla Server",
            text="To allow plain logins, passwords in the clear included:\nServer listeners > Protocol: explicit FTP "
            "over TLS and insecure plain FTP",
        ),
        Remedy(
            who="server",
            product="IIS",
            text="To allow plain logins, passwords in the clear included:\nFTP SSL Settings > Allow SSL connections",
        ),
        Remedy(
            who="server",
            product="pyftpdlib",
            text="To allow plain logins, passwords in the clear included:\nhandler.tls_control_required = False",
        ),
    ),
    references=("RFC 4217 §4",),
    overrides=("control-login-refused", "control-service-refused"),
)
def control_tls_required(session: ControlSession) -> Grounds | None:
    """A plain login, declined with words about encryption."""
    declined = denial(session)
    if declined is None or session.tls is not Tls.NONE or not ftp.wants_tls(declined[1]):
        return None
    exchange, reply = declined
    return Grounds(
        confidence=Confidence.PROVEN,
        summary=f"{session.server} lets you log in only under TLS: `{reply.lines[0]}`.",
        evidence=(quotation(reply, answered(session, exchange)),),
    )
