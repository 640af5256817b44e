"""Remedies -> lines for the reader: by who must act, sentences wrapped, lines to paste left alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from ftpdiag.model import Remedy
from ftpdiag.report.look import Look

_WHO = {
    "client": "On the client:",
    "server": "On the server:",
    "network": "On the firewall or router in between:",
}

_SERVERS = {
    "vsftpd": "vsftpd",
    "proftpd": "proftpd",
    "pure-ftpd": "pure-ftpd",
    "filezilla server": "filezilla server",
    "iis": "microsoft ftp service",
    "pyftpdlib": "pyftpdlib",
}
"""FTP servers as remedies begin to call them, and as they introduce themselves. Of these the reader has one at most."""


_YOURS = r"(?<![\w$])(PUBLIC|GROUP|NSG|NAME|SITE|GATEWAY|JAIL|FILE)(?!\w)"
"""What stands for something that only the reader knows, and is not said beside it."""

_MEANT = {"PUBLIC": "PUBLIC (the public address)"}


def advice(remedies: Iterable[Remedy], look: Look) -> Iterator[str]:
    """What to do, grouped by who must do it; then what must be filled in."""
    who = list(_WHO)
    ordered = sorted(remedies, key=lambda remedy: who.index(remedy.who))
    for party, own in groupby(ordered, key=lambda remedy: remedy.who):
        yield _WHO[party]
        for remedy in own:
            yield from _lines(remedy, look)
    yours = dict.fromkeys(word for remedy in ordered for word in re.findall(_YOURS, remedy.text))
    if yours:
        named = [_MEANT.get(word, word) for word in yours]
        listed = " and ".join(filter(None, (", ".join(named[:-1]), named[-1])))
        yield from look.wrapped(f"Put your own in the place of {listed}.")


def fitting(remedies: Iterable[Remedy], products: Iterable[str]) -> list[Remedy]:
    """Without the settings of servers that this one is not; all of them where it did not say what it is."""
    banners = [product.lower() for product in products]
    here = {name for name, banner in _SERVERS.items() if any(banner in seen for seen in banners)}
    hidden = tuple(_SERVERS.keys() - here) if here else ()
    return [remedy for remedy in remedies if not remedy.product.lower().startswith(hidden)]


def _lines(remedy: Remedy, look: Look) -> Iterator[str]:
    """A sentence ends with a full stop or a colon; any other line is there to be pasted."""
    lines = remedy.text.splitlines()
    if len(lines) == 1 and _is_prose(lines[0]):
        yield from look.wrapped(f"{remedy.product}: {lines[0]}", first="- ", rest="  ")
        return
    yield f"- {remedy.product}:"
    for line in lines:
        yield from look.wrapped(line, first="  ") if _is_prose(line) else [f"    {line}"]


def _is_prose(line: str) -> bool:
    return line.endswith((".", ":"))
