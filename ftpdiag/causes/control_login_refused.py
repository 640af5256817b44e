"""The server lets nobody in under this name and password.

What happens: the server answers USER, PASS or ACCT with a 4yz or 5yz. The password may be wrong, the account unknown,
locked or kept from FTP, or anonymous users not welcome. After a few such refusals some servers ban the address, and
the next probe finds the control port dropped or refused.

How it is told: by the server's own reply, which is quoted. vsftpd's `500 OOPS` says that the server itself fails at the
login, whoever it is: then its settings are wrong, and not the user's name. Words about a folder that fails most likely
say so, too, unless they name the password beside it.

What it is not: a login declined for want of encryption is control-tls-required, one that meets a limit of sessions
control-service-refused. Some servers do not say why: `530 Login incorrect` may also stand for either.
"""

from __future__ import annotations

import re

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import settings
from ftpdiag.clues.admission import denial
from ftpdiag.clues.refusals import vsftpd_died
from ftpdiag.evidence import quotation
from ftpdiag.model import Alternative, Confidence, ControlSession, Location, Remedy, Reply, Tls, Verdict

_ANONYMOUS = frozenset({"anonymous", "ftp"})
"""RFC 1635."""

_PLACE = r"(?i)(home|root|initial) (directory|folder)|chroot"
_FAILS = (
    r"(?i)\b(can(not|'t| not)|could(n't| not)|unable|inaccessible|not available|unavailable|refusing)\b"
    r"|\b(does not|doesn't) exist"
)
"""Both in one line: IIS, Pure-FTPd, ProFTPD, FileZilla Server cannot go where the account's files are."""

_CREDENTIALS = r"(?i)incorrect|password"
"""Then it may be these all the same."""

_BREAKDOWN = r"priv_sock_get_cmd|child died"
"""vsftpd, of its own processes."""

_FOLDER = (
    Remedy(
        who="server",
        product="vsftpd",
        text="A root that its user may write to is refused: take the right away, or allow it. A home that is not there "
        "or not to be entered is refused as well:\n"
        "chmod a-w FOLDER\nallow_writeable_chroot=YES\nWith SELinux: setsebool -P ftpd_full_access on",
    ),
    Remedy(
        who="server",
        product="ProFTPD",
        text="CreateHome on\nAnd see DefaultRoot, and that the account may enter each folder above it.",
    ),
    Remedy(
        who="server",
        product="Pure-FTPd",
        text="Start it with -j, which makes a home that is not there\n"
        "Debian: echo yes > /etc/pure-ftpd/conf/CreateHomeDir",
    ),
    Remedy(
        who="server",
        product="IIS",
        text="FTP User Isolation: either none, or a folder LocalUser\\USER (anonymous: LocalUser\\Public) "
        "under the site's physical path, which the account may read.",
    ),
    Remedy(
        who="server",
        product="FileZilla Server",
        text="Configure > Users: mount points: the native path of / must exist, and the account of "
        "the service must be allowed to read it.",
    ),
)

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
    if _own_failure(reply):
        died = vsftpd_died(reply)
        broke = died and re.search(_BREAKDOWN, reply.text)
        return Grounds(
            confidence=Confidence.PROVEN if died else Confidence.LIKELY,
            location=Location.SERVER_CONFIG,
            summary=f"{session.server} fails when it is to let {f'the user {user}' if user else 'you'} in: "
            f"`{_decision(reply)}`. That is {'no' if died else 'most likely no'} matter of the password: the server "
            + ("breaks down." if broke else "cannot set the account up."),
            evidence=(quotation(reply, f"The reply to {exchange.verb}."),),
            remedies=settings.AFTER_A_BREAKDOWN if broke else _FOLDER,
        )
    return Grounds(
        confidence=Confidence.PROVEN,
        location=Location.CLIENT_CONFIG if anonymous else Location.UNKNOWN,
        summary=f"{session.server} does not let "
        + ("anonymous users" if anonymous else f"the user {user}" if user else "you")
        + f" in: `{_decision(reply)}`.",
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


def _decision(reply: Reply) -> str:
    """The last line, as those before it may be help for everybody; IIS says nothing in it, and all in the first."""
    return reply.lines[0] if reply.lines[-1] == "530 End" else reply.lines[-1]


def _own_failure(reply: Reply) -> bool:
    """The server fails, whoever logs in."""
    if vsftpd_died(reply):
        return True
    line = _decision(reply)
    return bool(re.search(_PLACE, line) and re.search(_FAILS, line)) and not re.search(_CREDENTIALS, line)


def _of_user(user: str, verb: str) -> tuple[Remedy, ...]:
    """For somebody who has named himself."""
    name = user.replace("$", "$$")
    if verb == "USER":
        check = f"Check the name {name}: the server refused it before any password."
    else:
        check = f"Check {name}'s password: the server took the name and refused it."
    return (Remedy(who="client", product="any FTP client", text=check), *_ACCOUNTS)
