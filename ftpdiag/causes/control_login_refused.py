"""The server lets nobody in under this name and password.

What happens: the server answers USER, PASS or ACCT with a 4yz or 5yz. The password may be wrong, the account unknown,
locked or kept from FTP, or anonymous users not welcome. After a few such refusals some servers ban the address, and
the next probe finds the control port dropped or refused.

How it is told: by the server's own reply, which is quoted.

What it is not: a login declined for want of encryption is control-tls-required, one that meets a limit of sessions
control-service-refused. Some servers do not say why: `530 Login incorrect` may also stand for either.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues.admission import denial
from ftpdiag.evidence import quotation
from ftpdiag.model import Alternative, Confidence, ControlSession, Location, Remedy, Tls, Verdict

_ANONYMOUS = frozenset({"anonymous", "ftp"})
"""RFC 1635."""

_BAN = Remedy(who="server", product="fail2ban", text="After a ban:\nfail2ban-client set JAIL unbanip $client")

_ACCOUNTS = (
    Remedy(
        who="server",
        product="vsftpd",
        text="local_enable=YES\nAnd see userlist_enable, /etc/ftpusers, and the account's shell in /etc/shells.",
    ),
    Remedy(who="server", product="ProFTPD", text="RequireValidShell off\nAnd see /etc/ftpusers, <Limit LOGIN>."),
    Remedy(
        who="server",
        product="Pure-FTPd",
        text="pure-pw useradd USER -u ftp -d HOME -m\nAnd see that -u (MinUID) is not above the account's uid.",
    ),
    Remedy(
        who="server", product="IIS", text="FTP Authentication: enable Basic; FTP Authorization Rules: allow the user."
    ),
    Remedy(who="server", product="pyftpdlib", text='authorizer.add_user("USER", "PASSWORD", "HOME")'),
    _BAN,
)
"""Of a user with a name; those of anonymous users are settings of their own."""


@cause(
    title="The server refuses the login",
    judges=ControlSession,
    verdict=Verdict.REFUSED,
    location=Location.UNKNOWN,
    remedies=(
        Remedy(
            who="client",
            product="ftpdiag",
            text="Give the user, and the password at the prompt, in FTPDIAG_PASSWORD or --password-file:\n"
            "ftpdiag probe --user USER $target",
        ),
        Remedy(
            who="server",
            product="vsftpd",
            text="anonymous_enable=YES, or local_enable=YES for local users\n"
            "And see userlist_enable, /etc/ftpusers, and the account's shell in /etc/shells.",
        ),
        Remedy(
            who="server",
            product="ProFTPD",
            text="An <Anonymous> section, or a valid account\nRequireValidShell off\n"
            "And see /etc/ftpusers, <Limit LOGIN>.",
        ),
        Remedy(
            who="server",
            product="Pure-FTPd",
            text="Anonymous: a system user `ftp`, and no -E (Debian: echo no > /etc/pure-ftpd/conf/NoAnonymous)\n"
            "Others: pure-pw useradd USER -u ftp -d HOME -m, and -u (MinUID) not above the account's uid.",
        ),
        Remedy(
            who="server",
            product="IIS",
            text="FTP Authentication: enable Basic or Anonymous; FTP Authorization Rules: allow the user.",
        ),
        Remedy(
            who="server",
            product="pyftpdlib",
            text='authorizer.add_anonymous("HOME"), or authorizer.add_user("USER", "PASSWORD", "HOME")',
        ),
        _BAN,
    ),
    references=("RFC 959 §4.1.1", "RFC 1635", "RFC 2577 §5"),
)
def control_login_refused(session: ControlSession) -> Grounds | None:
    """A 4yz or 5yz to USER, PASS or ACCT, and no login after all."""
    declined = denial(session)
    if declined is None or not declined[0].verb:
        return None
    exchange, reply = declined
    user = next((one.argument for one in session.exchanges if one.verb == "USER"), None) or ""
    anonymous = user.lower() in _ANONYMOUS
    return Grounds(
        confidence=Confidence.PROVEN,
        location=Location.CLIENT_CONFIG if anonymous else Location.UNKNOWN,
        summary=f"{session.server} does not let "
        + ("anonymous users" if anonymous else f"the user {user}" if user else "you")
        + f" in: `{reply.lines[0]}`.",
        evidence=(quotation(reply, f"The reply to {exchange.verb}."),),
        remedies=_of_user(user, exchange.verb) if user and not anonymous else (),
        alternatives=(
            Alternative(
                cause="control-tls-required",
                settle_with="the same login under TLS: "
                + (
                    "this probe with --tls explicit"
                    if session.method
                    else f"ftpdiag probe --tls explicit {session.server}"
                ),
            ),
        )
        if session.tls is Tls.NONE
        else (),
    )


def _of_user(user: str, verb: str) -> tuple[Remedy, ...]:
    """For somebody who has named himself."""
    name = user.replace("$", "$$")
    if verb == "USER":
        check = f"Check the name {name}: the server refused it before any password."
    else:
        check = f"Check {name}'s password: the server took the name and refused it."
    return (Remedy(who="client", product="any FTP client", text=check), *_ACCOUNTS)
