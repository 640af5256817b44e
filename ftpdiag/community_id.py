"""Two endpoints of a TCP connection -> its Community ID, the name Zeek, Suricata and Arkime give the same connection.

https://github.com/corelight/community-id-spec, version 1.
"""

from __future__ import annotations

import ipaddress
from base64 import b64encode

from ftpdiag.model import Endpoint

_SEED = bytes(2)
"""The specification's default; tools agree only where nobody changes it."""

_TCP = bytes((6, 0))
"""IP protocol number, and a byte of padding."""


def community_id(one: Endpoint, other: Endpoint) -> str:
    """The same for both directions: the numerically smaller (address, port) comes first."""
    import hashlib  # noqa: PLC0415 - OpenSSL is large, and few reports need it

    (low, low_port), (high, high_port) = sorted((_packed(one), _packed(other)))
    digest = hashlib.sha1(_SEED + low + high + _TCP + low_port + high_port, usedforsecurity=False).digest()
    return "1:" + b64encode(digest).decode("ascii")


def _packed(endpoint: Endpoint) -> tuple[bytes, bytes]:
    """Address and port in network byte order. A link-local address loses its zone, which no packet carries."""
    address = ipaddress.ip_address(endpoint.host.partition("%")[0])
    return address.packed, endpoint.port.to_bytes(2, "big")
