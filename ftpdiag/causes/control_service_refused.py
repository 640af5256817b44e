"""The server answers, and declines to serve this client.

What happens: instead of `220`, or at USER and PASS, the server says that it will not serve now: too many users, too
many connections from this address, an access list, a shutdown, or a configuration it cannot work with.

How it is told: by its own words, which are quoted: a 421 or another 4yz or 5yz in place of the greeting, or a refusal
of the login that speaks of limits.

What it is not: a refusal of the user or the password is control-login-refused. ftpdiag logs in several times side by
side; where a server limits that, it waits and tries again alone. A server may count sessions for a while that ended
badly; where it served others of the same probe, that is said, and the cause is likely only. In a capture a client that
is served and asks for one session too many is passed over.
"""

from __future__ import annotations

import re

from ftpdiag import ftp
from ftpdiag.cause import Grounds, cause
from ftpdiag.clues.admission import answered, denial
from ftpdiag.clues.timers import IDLE
from ftpdiag.evidence import quotation
from ftpdiag.model import Confidence, ControlSession, Location, Remedy, Verdict


@cause(
    title="The server declines to serve this client",
    judges=ControlSession,
    verdict=Verdict.REFUSED,
    location=Location.SERVER_CONFIG,
    remedies=(
        Remedy(who="server", product="vsftpd", text="max_clients=0\nmax_per_ip=0\nAnd see hosts.allow, hosts.deny."),
        Remedy(
            who="server",
            product="ProFTPD",
            text="MaxInstances none\nMaxClients none\nMaxClientsPerHost none\nAnd see <Limit LOGIN>, /etc/shutmsg.",
        ),
        Remedy(
            who="server",
            product="Pure-FTPd",
            text="pure-ftpd -c 200 -C 20\n"
            "Debian: echo 200 > /etc/pure-ftpd/conf/MaxClientsNumber; echo 20 > /etc/pure-ftpd/conf/MaxClientsPerIP",
        ),
        Remedy(
            who="server",
            product="FileZilla Server",
            text="Rights management > Users: the limits of concurrent sessions; Server settings > IP filters.",
        ),
        Remedy(
            who="server",
            product="IIS",
            text="FTP site > Limits: maximum connections; FTP IPv4 Address and Domain Restrictions: allow $client.",
        ),
        Remedy(who="server", product="pyftpdlib", text="server.max_cons = 512\nserver.max_cons_per_ip = 20"),
        Remedy(
            who="client", product="any FTP client", text="Close other sessions to this server, and try again later."
        ),
    ),
    references=("RFC 959 §4.2.1", "RFC 959 §5.4"),
    overrides=("control-login-refused",),
)
def control_service_refused(session: ControlSession) -> Grounds | None:
    """A refusal in place of the greeting, or one of the login that speaks of limits."""
    declined = denial(session)
    if declined is None:
        return _not_yet(session)
    exchange, reply = declined
    at_greeting = exchange is session.greeting
    limit = reply.code == 421 or ftp.out_of_service(reply)
    if not (at_greeting or limit) or re.search(IDLE, reply.text):
        return None
    crowd = session.crowded and limit
    if crowd and session.method is None:
        return None  # one session too many, beside others that it served
    own = " It has served other sessions of this probe, and may count those on which it still waits." if crowd else ""
    return Grounds(
        confidence=Confidence.LIKELY if crowd else Confidence.PROVEN,
        summary=f"{session.server} answers and declines to serve you: `{reply.lines[0]}`.{own}",
        evidence=(quotation(reply, answered(session, exchange)),),
    )


def _not_yet(session: ControlSession) -> Grounds | None:
    """RFC 959 §5.4: `120 Service ready in nnn minutes`, and then nothing."""
    greeting = session.greeting
    if session.hangup is None or greeting is None or session.logged_in:
        return None
    reply = greeting.replies[-1]
    if not reply.preliminary:
        return None
    return Grounds(
        confidence=Confidence.PROVEN,
        summary=f"{session.server} is not ready to serve yet: `{reply.lines[0]}`.",
        evidence=(quotation(reply, "It greeted so, and the 220 did not follow while ftpdiag waited."),),
    )
