"""An address -> the interface through which this host talks to it (Linux: rtnetlink(7); elsewhere scapy's tables).

Rules may lead other ports another way (policy routing), and answers may come back by any: so what else there is counts.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterable
from ipaddress import ip_address

from ftpdiag.recording.tap.sniffer import CannotSniff

_GET_ROUTE, _ERROR, _REQUEST = 26, 2, 1
"""RTM_GETROUTE, NLMSG_ERROR, NLM_F_REQUEST."""
_DESTINATION, _INTERFACE = 1, 4
"""RTA_DST, RTA_OIF."""
_HEADER, _ROUTE, _ATTRIBUTE = struct.Struct("IHHII"), struct.Struct("8BI"), struct.Struct("HH")
_LARGEST = 1 << 16
_GET_FLAGS, _REQUEST_OF_INTERFACE = 0x8913, struct.Struct("16sH22x")
"""SIOCGIFFLAGS, `struct ifreq` (netdevice(7))."""
_UP, _LOOPBACK, _RUNNING = 0x1, 0x8, 0x40


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


def others(watched: Iterable[str]) -> tuple[str, ...]:
    """The interfaces beside `watched` by which packets of other hosts can come and go."""
    names = {name for _, name in socket.if_nameindex()} - set(watched)
    return tuple(sorted(name for name in names if _in_use(name)))


def _in_use(name: str) -> bool:
    """Up and with a carrier, and not the loopback; where the system does not say, anything but the loopback."""
    if not hasattr(socket, "AF_NETLINK"):
        return not name.startswith("lo")
    import fcntl  # noqa: PLC0415 - not every system has it

    request = _REQUEST_OF_INTERFACE.pack(name.encode(), 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        try:
            flags = _REQUEST_OF_INTERFACE.unpack(fcntl.ioctl(any_socket, _GET_FLAGS, request))[1]
        except OSError:  # it is gone
            return False
    return bool(flags & _UP and flags & _RUNNING and not flags & _LOOPBACK)


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
