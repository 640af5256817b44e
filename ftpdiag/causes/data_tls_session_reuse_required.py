"""The server accepts a data connection only if it resumes the control connection's TLS session.

What happens: under TLS the server wants proof that whoever opens the data connection also holds the control
connection. The proof is TLS session resumption. A client that makes a new session, or whose ticket the server no
longer knows, is turned away after the handshake.

How it is told: by the server's words (`session reuse required`, `TLS session of data connection not resumed`); or, with
ProFTPD, by `425 Unable to build data connection: Operation not permitted` after a handshake that resumed nothing.

What it is not: a handshake that never completed is data-tls-failed. Where a transfer of the same session has passed
before, it is data-tls-resume-lost. ftpdiag resumes the session by itself; where this is found all the same, the server
did not accept the session it had handed out.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import resumption
from ftpdiag.evidence import quotation
from ftpdiag.model import (
    Alternative,
    Confidence,
    DataChannel,
    Evidence,
    Location,
    Remedy,
    Verdict,
)


@cause(
    title="The server wants the data connection to resume the TLS session",
    judges=DataChannel,
    verdict=Verdict.BROKEN,
    location=Location.SERVER_CONFIG,
    remedies=(
        Remedy(
            who="client",
            product="any FTP client",
            text="Use one that resumes the session: curl 7.63 or later, FileZilla, WinSCP, lftp 4.9.2 or later.\n"
            "Python: a subclass of ftplib.FTP_TLS whose ntransfercmd wraps the socket with session=self.sock.session.",
        ),
        Remedy(who="server", product="vsftpd", text="require_ssl_reuse=NO"),
        Remedy(
            who="server",
            product="ProFTPD",
            text="TLSOptions NoSessionReuseRequired\n"
            "Or, where it worked for the first minutes: TLSSessionCache internal: 1800",
        ),
        Remedy(
            who="server",
            product="FileZilla Server",
            text="Server settings > FTP and FTPS > Connection security: do not require TLS session resumption.",
        ),
    ),
    references=("RFC 4217 §10.2", "vsftpd.conf(5) require_ssl_reuse", "http://www.proftpd.org/docs/howto/TLS.html"),
    overrides=(
        "data-protection-mismatch",
        "data-peer-rejected",
        "data-tls-failed",
        "data-reset-midway",
        "data-stalled",
        "active-refused-by-server",
        "passive-refused-by-server",
    ),
)
def data_tls_session_reuse_required(channel: DataChannel) -> Grounds | None:
    """The server says so; or ProFTPD declines a data connection whose handshake resumed nothing."""
    reply = channel.refusal
    if reply is None or channel.completed:
        return None
    said = resumption.said(reply)
    if not said and not resumption.declined_unresumed(channel, reply):
        return None
    carriage = channel.carriage
    resumed = carriage.resumed if carriage and carriage.tls else None
    return Grounds(
        confidence=Confidence.PROVEN if said else Confidence.LIKELY,
        summary=f"{channel.session.server.host} turns the data connection away, because it does not resume the TLS "
        f"session of the control connection: `{reply.lines[0]}`.",
        evidence=(
            quotation(reply, "The server's own words."),
            *(
                (Evidence(text=f"{carriage.tls} stood on the data connection, {'' if resumed else 'not '}resumed."),)
                if carriage and resumed is not None
                else ()
            ),
        ),
        alternatives=()
        if said
        else (Alternative(cause="data-tls-failed", settle_with="the server's TLSLog, which says why it declined"),),
    )
