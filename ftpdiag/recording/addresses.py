"""The target's name -> the addresses to try, family by family."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import NamedTuple

from ftpdiag.model import Endpoint

_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}


class Resolved(NamedTuple):
    """The addresses of a name."""

    servers: tuple[tuple[Endpoint, ...], ...]
    """Those to try, family by family."""
    unrouted: tuple[Endpoint, ...]
    """The first of each family that is not tried, because this machine has a route to none of it."""


def resolve(host: str, port: int, families: Iterable[int]) -> Resolved:
    """For each of `families` in which there are any, the addresses that this machine has a route to, in their order.

    Where it has a route to none, the first: why it has not shows when it is tried. gaierror when there is no address.
    """
    found: list[tuple[Endpoint, ...]] = []
    failures: list[socket.gaierror] = []
    for family in families:
        try:
            records = socket.getaddrinfo(host, port, _FAMILIES[family], socket.SOCK_STREAM)
        except socket.gaierror as failure:
            failures.append(failure)
            continue
        found.append(tuple(dict.fromkeys(Endpoint(host=str(record[4][0]), port=port) for record in records)))
    if not found:
        raise failures[0]
    routed = tuple(tuple(filter(_routed, addresses)) for addresses in found)
    if not any(routed):
        return Resolved(servers=(found[0][:1],), unrouted=())
    return Resolved(
        servers=tuple(filter(None, routed)),
        unrouted=tuple(every[0] for every, those in zip(found, routed, strict=True) if not those),
    )


def _routed(server: Endpoint) -> bool:
    try:
        with socket.socket(_FAMILIES[server.family], socket.SOCK_DGRAM) as sock:
            sock.connect((server.host, server.port))
    except OSError:
        return False
    return True
