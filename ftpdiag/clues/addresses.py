"""An address -> what kind it is, where the kind says who can reach it; a reply -> the addresses that it insists on."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from contextlib import suppress

from ftpdiag.model import Reply

CARRIERS = "carrier-grade NAT"
"""RFC 6598: the kind of an address that a provider shares among its customers."""

_KINDS = {
    "unspecified": ("0.0.0.0/8", "::/128"),
    "loopback": ("127.0.0.0/8", "::1/128"),
    "link-local": ("169.254.0.0/16", "fe80::/10"),
    "private": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),
    CARRIERS: ("100.64.0.0/10",),
}
"""RFC 6890's registries, but for the documentation networks: nobody announces those by mistake."""

_NETWORKS = {kind: tuple(ipaddress.ip_network(network) for network in networks) for kind, networks in _KINDS.items()}

NOWHERE = frozenset({"unspecified", "loopback", "link-local"})
"""Kinds that mean nothing on another machine."""


def local_kind(host: str) -> str | None:
    """The kind of an address that the Internet does not route; none of one that it does."""
    address = ipaddress.ip_address(host)
    return next((kind for kind, networks in _NETWORKS.items() if any(address in network for network in networks)), None)


def only_to(reply: Reply) -> Iterator[str]:
    """The addresses that a server would rather call, “(only to 198.51.100.2)” (Pure-FTPd): no version is one."""
    for word in re.findall(r"(?i)\bonly to ([0-9A-F:.]*[0-9A-F])", reply.text):
        with suppress(ValueError):
            yield str(ipaddress.ip_address(word))
