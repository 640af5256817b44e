"""An address -> the interface through which this host talks to it (Linux: rtnetlink(7); elsewhere scapy's tables)."""

from __future__ import annotations

import os
import socket
import struct
from ipaddress import ip_address

from ftpdiag.recording.sniffer import CannotSniff

_GET_ROUTE, _ERROR, _REQUEST = 26, 2, 1
"""RTM_GETROUTE, NLMSG_ERROR, NLM_F_REQUEST."""
_DESTINATION, _INTERFACE = 1, 4
"""RTA_DST, RTA_OIF."""
_HEADER, _ROUTE, _ATTRIBUTE = struct.Struct("IHHII"), struct.Struct("8BI"), struct.Struct("HH")
_LARGEST = 1 << 16


def interface_towards(address: str) -> str:
    """The interface whose traffic includes that with `address`, a numeric one; the loopback if it is our own.

    Raises `CannotSniff` when there is no route.
    """
    try:
        if hasattr(socket, "AF_NETLINK"):
            return socket.if_indextoname(_ask_kernel(address))
        return _ask_scapy(address)
    except OSError as error:
        raise CannotSniff(f"Packets were not watched: no interface leads to {address} ({error.strerror}).") from error


def _ask_kernel(address: str) -> int:
    """The kernel's own answer for this very address: rules, metrics and local addresses considered."""
    host, _, zone = address.partition("%")
    packed = ip_address(host).packed
    attributes = _attribute(_DESTINATION, packed)
    if zone:
        attributes += _attribute(_INTERFACE, struct.pack("I", socket.if_nametoindex(zone)))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    request = _ROUTE.pack(family, len(packed) * 8, 0, 0, 0, 0, 0, 0, 0) + attributes
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as netlink:
        netlink.send(_HEADER.pack(_HEADER.size + len(request), _GET_ROUTE, _REQUEST, 0, 0) + request)
        answer = netlink.recv(_LARGEST)
    size, kind, *_ = _HEADER.unpack_from(answer)
    if kind == _ERROR:
        number = -struct.unpack_from("i", answer, _HEADER.size)[0]
        raise OSError(number, os.strerror(number))
    at = _HEADER.size + _ROUTE.size
    while at < size:
        length, attribute = _ATTRIBUTE.unpack_from(answer, at)
        if attribute == _INTERFACE:
            return int(struct.unpack_from("I", answer, at + _ATTRIBUTE.size)[0])
        at += (length + 3) & ~3
    raise OSError(0, "the route has no interface")


def _attribute(kind: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value


def _ask_scapy(address: str) -> str:
    import scapy.route6  # noqa: F401, PLC0415
    from scapy.config import conf  # noqa: PLC0415

    table = conf.route6 if ":" in address else conf.route
    return str(table.route(address)[0])
