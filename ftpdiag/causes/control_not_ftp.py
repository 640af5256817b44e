"""Something answers on the control port, and it does not speak FTP.

What happens: the port belongs to another service: SSH (SFTP is no FTP), mail, HTTP, a database. Or a proxy answers
in the server's place.

How it is told: FTP servers greet with a three-digit reply, `220` when they are ready. Other protocols introduce
themselves in their own words, which are quoted.

What it is not: an FTP server that declines to serve greets with a 4yz or 5yz: control-service-refused. One that is
silent may wait for TLS: control-no-greeting.
"""

from __future__ import annotations

import re

from ftpdiag import ftp
from ftpdiag.cause import Grounds, cause
from ftpdiag.evidence import quotation
from ftpdiag.model import Alternative, Confidence, ControlSession, Location, Remedy, Reply, Verdict

_PROTOCOLS = (
    (r"SSH-\d", "SSH, whose SFTP is another protocol than FTP"),
    (r"(?i)2[02]0[ -].*\be?smtp\b", "SMTP"),
    (r"\+OK\b", "POP3"),
    (r"\* (OK|PREAUTH|BYE)\b", "IMAP"),
    (r"(?i)20[01] .*\b(nntp|news|posting)\b", "NNTP"),
    (r"(?i)HTTP/\d|<(!doctype|html)\b", "HTTP"),
    (r"RFB \d", "VNC"),
    (r"@RSYNCD:", "rsync"),
)


@cause(
    title="What answers on the control port does not speak FTP",
    judges=ControlSession,
    verdict=Verdict.BROKEN,
    location=Location.UNKNOWN,
    remedies=(
        Remedy(
            who="client",
            product="ftpdiag",
            text="Ask for the port on which the FTP server listens (usual: 21, or 990 for implicit TLS):\n"
            "ftpdiag probe $target_elsewhere",
        ),
        Remedy(
            who="client",
            product="OpenSSH",
            text="If the greeting says SSH, this is an SFTP server:\nsftp -P $port USER@$server",
        ),
        Remedy(who="server", product="any system", text="See who has the port: ss -ltnp 'sport = :$port'"),
    ),
    references=("RFC 959 §5.4",),
    overrides=("reply-malformed", "control-service-refused", "control-login-refused", "control-no-greeting"),
)
def control_not_ftp(session: ControlSession) -> Grounds | None:
    """The first words are another protocol's, or no reply at all."""
    greeting = session.greeting
    if session.logged_in or greeting is None:
        return None
    first = greeting.replies[0]
    protocol = next((name for pattern, name in _PROTOCOLS if re.match(pattern, first.lines[0])), None)
    whole = all(map(ftp.whole, greeting.replies))
    if protocol is None and (session.behaviour or not whole or any(_may_be_ftp(reply) for reply in greeting.replies)):
        return None
    return Grounds(
        confidence=Confidence.PROVEN if protocol else Confidence.LIKELY,
        summary=f"What answers on {session.server} speaks {protocol}."
        if protocol
        else f"What answers on {session.server} does not greet as an FTP server does.",
        evidence=(quotation(first, "The first thing it said does not greet as RFC 959 has it."),),
        alternatives=(
            Alternative(
                cause="proxy-in-the-way",
                settle_with="the same probe from another network, or the server's own log of this session",
            ),
        ),
    )


def _may_be_ftp(reply: Reply) -> bool:
    """RFC 959 §5.4: 120, 220 and 421 greet, and servers decline with other 4yz and 5yz; no 2yz below 220 does."""
    return bool(reply.code) and not 200 <= reply.code < 220
