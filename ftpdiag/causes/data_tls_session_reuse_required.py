"""The server accepts a data connection only if it resumes the control connection's TLS session.

What happens: under TLS the server wants proof that whoever opens the data connection also holds the control
connection. The proof is TLS session resumption. A client that makes a new session, or whose ticket the server no
longer knows, is turned away after the handshake.

How it is told: by the server's words (`session reuse required`, `TLS session of data connection not resumed`); or, with
ProFTPD, by `425 Unable to build data connection: Operation not permitted` after a handshake that resumed nothing.

What it is not: a handshake that never completed is data-tls-failed. ftpdiag resumes the session by itself; where this
is found all the same, the server did not accept the session it had handed out.
"""

from __future__ import annotations

import re

from ftpdiag.clues import proftpd
from ftpdiag.diagnosis import Grounds, cause, quotation
from ftpdiag.model import (
    Alternative,
    Confidence,
    DataChannel,
    Evidence,
    Location,
    Remedy,
    Reply,
    Tls,
    Verdict,
)

_WORDS = re.compile(
    r"(?i)session[- ]?(re-?use|resum)|re-?use[d]? (of )?(the )?(tls|ssl)? ?session|(not|was not|wasn't) resumed"
    r"|resumption required|cached (tls|ssl)? ?session"
)
"""vsftpd, FileZilla Server, Bitvise, Rebex, and RFC 4217 §10.2."""


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
    said = bool(_WORDS.search(reply.text))
    if not said and not _declined_unresumed(channel, reply):
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


def _declined_unresumed(channel: DataChannel, reply: Reply) -> bool:
    carriage = channel.carriage
    unresumed = carriage is not None and carriage.tls is not None and carriage.resumed is False
    return unresumed and channel.session.tls is not Tls.NONE and bool(proftpd.NOT_RESUMED.match(reply.lines[0]))
