"""An IP packet -> where the IP packet inside it starts, if it is a tunnel's.

A new tunnel is one entry of `_BY_PROTOCOL` or `_BY_PORT`. Nothing is raised but `struct.error` and `IndexError`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping

from ftpdiag.recording.frames.ip import UDP, Ip, read
from ftpdiag.recording.frames.links import after_ethernet, after_mpls, after_ppp, behind

_DEEPEST = 8
"""Tunnels within tunnels that are followed: networks nest three or four."""

_PPP, _BRIDGED, _ERSPAN, _ERSPAN_III = 0x880B, 0x6558, 0x88BE, 0x22EB
"""GRE's protocol numbers: PPP of PPTP, Ethernet, and Ethernet that a switch mirrors."""
_CHECKSUM, _KEY, _SEQUENCE, _ACKNOWLEDGMENT, _VERSION = 0xC000, 0x2000, 0x1000, 0x0080, 0x0007


def innermost(data: bytes, ip: Ip) -> Ip | None:
    """The packet that no tunnel encloses any more; `ip` itself where it is no tunnel's."""
    for _ in range(_DEEPEST):
        inside = _BY_PROTOCOL.get(ip.protocol)
        if inside is None or ip.fragment:
            return ip
        at = inside(data, ip.payload)
        inner = None if at is None else read(data, at, ip.end)
        if inner is None:
            return None
        ip = inner
    return None


def _in_ip(_data: bytes, at: int) -> int:
    """RFC 2003, RFC 4213: IPv4 or IPv6 right behind the header."""
    return at


def _in_gre(data: bytes, at: int) -> int | None:
    """RFC 2784, 2890; RFC 2637 (PPTP). Checksum, key and sequence number are there where their bits say so."""
    flags, protocol = struct.unpack_from("!HH", data, at)
    at += 4 + sum(4 for bits in (_CHECKSUM, _KEY, _SEQUENCE) if flags & bits)
    if flags & _VERSION:
        return after_ppp(data, at + (4 if flags & _ACKNOWLEDGMENT else 0)) if protocol == _PPP else None
    if protocol == _BRIDGED:
        return after_ethernet(data, at)
    if protocol == _ERSPAN:
        return after_ethernet(data, at + (8 if flags & _SEQUENCE else 0))
    if protocol == _ERSPAN_III:
        return after_ethernet(data, at + (20 if data[at + 11] & 1 else 12))
    return behind(protocol, data, at)


def _in_etherip(data: bytes, at: int) -> int | None:
    """RFC 3378."""
    return after_ethernet(data, at + 2)


def _in_udp(data: bytes, at: int) -> int | None:
    """What the destination port says, as it does to the tunnel's far end."""
    inside = _BY_PORT.get(struct.unpack_from("!H", data, at + 2)[0])
    return inside(data, at + 8) if inside else None


def _in_vxlan(data: bytes, at: int) -> int | None:
    """RFC 7348 §5: eight bytes, with the bit that says that the network identifier is valid; then Ethernet."""
    return after_ethernet(data, at + 8) if data[at] & 0x08 else None


def _in_geneve(data: bytes, at: int) -> int | None:
    """RFC 8926 §3.4: eight bytes and options, whose length counts 4 bytes."""
    protocol, start = struct.unpack_from("!H", data, at + 2)[0], at + 8 + (data[at] & 0x3F) * 4
    if data[at] >> 6:
        return None
    return after_ethernet(data, start) if protocol == _BRIDGED else behind(protocol, data, start)


_BY_PROTOCOL: Mapping[int, Callable[[bytes, int], int | None]] = {
    4: _in_ip,
    UDP: _in_udp,
    41: _in_ip,
    47: _in_gre,
    97: _in_etherip,
    137: after_mpls,
}

_BY_PORT: Mapping[int, Callable[[bytes, int], int | None]] = {
    4789: _in_vxlan,
    6081: _in_geneve,
    8472: _in_vxlan,  # what Linux took before there was a standard
}
