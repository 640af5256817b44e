"""Command lines: verbs, and arguments that nobody may see."""

from __future__ import annotations

import re
from functools import lru_cache

from ftpdiag.ftp.lines import LINES_REMEMBERED

CONTROL_PORT = 21
"""IANA: ftp. A connection to it is meant as FTP even where nobody answered, or nothing was asked."""

IMPLICIT_TLS_PORT = 990
"""IANA: ftps. TLS begins before the greeting."""

DOWNLOADS = frozenset({"LIST", "NLST", "MLSD", "RETR"})
"""Commands whose data the server sends."""

TRANSFERS = DOWNLOADS | {"STOR", "STOU", "APPE"}
"""Commands whose data goes over the data connection (RFC 959 §4.1.3, RFC 3659 §7)."""

COMMANDS = TRANSFERS | {
    *("USER", "PASS", "ACCT", "CWD", "CDUP", "SMNT", "QUIT", "REIN", "PORT", "PASV", "TYPE", "STRU", "MODE", "ALLO"),
    *("REST", "RNFR", "RNTO", "ABOR", "DELE", "RMD", "MKD", "PWD", "SITE", "SYST", "STAT", "HELP", "NOOP", "XCWD"),
    *("XCUP", "XMKD", "XRMD", "XPWD", "FEAT", "OPTS", "MDTM", "MLST", "SIZE", "EPRT", "EPSV", "LPRT", "LPSV", "AUTH"),
    *("PBSZ", "PROT", "CCC", "HOST", "LANG", "CLNT", "MFMT", "AVBL"),
}
"""What a client may say (RFC 959, 2228, 2389, 2428, 2640, 3659, 7151 and common extensions)."""

PROTECTED = frozenset({"MIC", "CONF", "ENC"})
"""Commands that carry others, which nobody but the server can read (RFC 2228 §4); the replies do as well."""

NAMELESS = frozenset(
    {
        *("TYPE", "MODE", "STRU", "PORT", "EPRT", "LPRT", "PASV", "EPSV", "LPSV", "PBSZ", "PROT", "AUTH", "CCC"),
        *("ALLO", "REST", "OPTS", "FEAT", "SYST", "NOOP", "HELP", "ABOR", "QUIT", "REIN", "CLNT", "LANG"),
    }
)
"""Commands whose arguments are numbers and words of the protocol: they name no one and nothing."""

_SECRET = (
    *("PASS", "ACCT"),  # RFC 959 §4.1.1
    "CPWD",  # WS_FTP Server
)
_SECRET_OF_SITE = (
    *("PASS", "PSWD"),  # Serv-U, Titan
    "CPWD",  # WS_FTP Server
    "CHPWD",  # SecureTransport
    *("PASSWD", "CHPASS", "ADDUSER", "GADDUSER"),  # glFTPd, GuildFTPd, wzdftpd
    "GPASS",  # wu-ftpd
)
SECRET = rf"(?:{'|'.join(_SECRET)}|SITE[ \t]+(?:{'|'.join(_SECRET_OF_SITE)}))[ \t]+"
"""Commands that tell what a password is, or is to be, up to their argument, which is shown nowhere: a regular
expression, for letters of either case."""

BLANKED = "***"

_BLANKS = " \t"
"""Between the words of a command; others that Unicode knows may begin a password."""

_SECRET_LINE = re.compile(rf"\s*{SECRET}(?=[^{_BLANKS}\r\n])", re.IGNORECASE)


@lru_cache(maxsize=LINES_REMEMBERED)
def command_line(line: str) -> tuple[str, str | None]:
    """A command line as verb (upper case) and argument; a secret argument comes back blanked."""
    verb, _, argument = blanked(line).strip(_BLANKS).partition(" ")
    return verb.upper(), argument or None


def blanked(line: str) -> str:
    """The command line as it may be shown."""
    said = _SECRET_LINE.match(line)
    return f"{said[0].strip()} {BLANKED}" if said else line


def secrets(line: str) -> list[str]:
    """What is secret on a command line: it may be repeated.

    Without the blanks around it: a server may strip them before it repeats the rest. SITE has words, which may be
    quoted; user names among them are taken for secret too.
    """
    said = _SECRET_LINE.match(line)
    if not said:
        return []
    argument = line[said.end() :].strip(_BLANKS)
    if not said[0].lstrip().upper().startswith("SITE"):
        return [argument]
    return [word for one in re.split(rf"[{_BLANKS}]+", argument) if (word := one.strip("\"'"))]
