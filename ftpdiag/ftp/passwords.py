"""What is said on one control connection -> the same as it may be shown, without what the client said in confidence."""

from __future__ import annotations

import re

from ftpdiag.ftp.commands import BLANKED, COMMANDS, NAMELESS, blanked, secrets
from ftpdiag.ftp.lines import escaped

WORTH_SEEKING = 4
"""Characters of a secret that is looked for inside words too: a shorter one would be found there by chance."""


def sought(secret: str) -> str:
    """What finds a secret that is repeated: a regular expression, for many lines, and for letters of either case.

    Some servers repeat a command they do not know in upper case. A short secret is no reply code and no part of an
    endpoint.
    """
    found = re.escape(secret)
    if len(secret) >= WORTH_SEEKING:
        return found
    return rf"(?!^\d{{3}}(?:[ -]|$))(?<![\w|])(?<!\d[.,])(?<!\d, ){found}(?![\w|]| ?[.,] ?\d)"


def repeatable(line: str) -> int | None:
    """From where on a command line may hold a secret that was said before; nowhere, if the command names nothing."""
    verb = re.split(r"[^A-Za-z]", line, maxsplit=1)[0].upper()
    return None if verb in NAMELESS else len(verb) if verb in COMMANDS else 0


class Passwords:
    """What a client said in confidence so far."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        """In lower case, and as it was said."""

    def asked(self, line: str) -> str:
        """A command line as it may be shown."""
        if found := secrets(line):
            self._known |= {one.lower(): one for one in map(escaped, found)}
            return blanked(line)
        start = repeatable(line) if self._known else None
        return line if start is None else line[:start] + self._without(line[start:])

    def answered(self, line: str) -> str:
        """A reply line as it may be shown. Blanked as a command, too: its server may be a client taken for one."""
        return self._without(blanked(line))

    def _without(self, text: str) -> str:
        lower = text.lower()
        for known, said in self._known.items():
            if known in lower:
                text = re.sub(sought(said), lambda _: BLANKED, text, flags=re.IGNORECASE | re.MULTILINE)
        return text
