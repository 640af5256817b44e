"""Facts -> a sentence about an IPv6 address that nobody answers at, and that may hold the port that was meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv6Address

from ftpdiag.model import Answer, Facts, Opening

_PORT = r"21|990|[1-9][0-9]{3}"
"""Where FTP listens, as people type it; other groups of an address are numbers by chance."""


def one_address(facts: Facts) -> Iterator[str]:
    """Nothing where a host is there, be it one that refuses: then the address is what was meant."""
    target = facts.source.target
    if target is None or any(one.reachable or _refused(one.openings) for one in facts.sessions):
        return
    host, _, port = target.host.rpartition(":")
    if f"[{target.host}]" not in target.given and re.fullmatch(_PORT, port) and _is_address(host):
        yield f"{target.host} was read as one IPv6 address; if port {port} of {host} is meant, write [{host}]:{port}."


def _refused(openings: Iterable[Opening]) -> bool:
    return any(one.answer is Answer.REFUSED for one in openings)


def _is_address(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True
