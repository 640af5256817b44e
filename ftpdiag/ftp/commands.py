"""Command lines: verbs, and arguments that nobody may see."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from ftpdiag.ftp.lines import LINES_REMEMBERED, escaped

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

SECRETS = frozenset({"PASS", "ACCT"})
"""Commands whose argument is shown nowhere."""

BLANKED = "***"


@lru_cache(maxsize=LINES_REMEMBERED)
def command_line(line: str) -> tuple[str, str | None]:
    """A command line as verb (upper case) and argument; a secret argument comes back blanked."""
    verb, _, argument = line.strip().partition(" ")
    verb = verb.upper()
    return verb, (BLANKED if verb in SECRETS else argument) if argument else None


def blanked(line: str) -> str:
    """The command line as it may be shown."""
    verb, argument = command_line(line)
    return f"{line.strip().partition(' ')[0]} {BLANKED}" if verb in SECRETS and argument else line


WORTH_SEEKING = 4
"""Characters of a secret that is looked for inside words too: a shorter one would be found there by chance."""


def secret(line: str) -> str | None:
    """The secret argument of a command line, where replies may be searched for it: some servers repeat commands.

    Without the blanks around it: a server may strip them before it repeats the rest.
    """
    verb, _, argument = line.strip().partition(" ")
    return argument.strip() or None if verb.upper() in SECRETS else None


def without(secrets: Iterable[str], text: str) -> str:
    """A reply line as it may be shown."""
    for one in secrets:
        shown = escaped(one)
        if len(one) >= WORTH_SEEKING:
            if shown.lower() in text.lower():  # some servers repeat a command they do not know in upper case
                text = re.sub(re.escape(shown), lambda _: BLANKED, text, flags=re.IGNORECASE)
        else:
            text = text[:4] + re.sub(rf"(?<!\w){re.escape(shown)}(?!\w)", BLANKED, text[4:])
    return text
