"""A frame as captured -> where the TCP packet in it lies, as far as that is told at a glance; `LOOK` where it is not.

What `_scan.c` does, with the same answers; `packets` finds more, and takes longer.
"""

from __future__ import annotations

from typing import NamedTuple

from ftpdiag.recording.captures.scan import Layer

TCP, UDP, _ICMP, _ICMPV6 = 6, 17, 1, 58
_V4_ERRORS = frozenset({b"\3", b"\4", b"\13", b"\14"})
_V6_ERRORS = frozenset({b"\1", b"\2", b"\3", b"\4"})
VLAN_TAGS = frozenset({0x8100, 0x88A8, 0x9100})
CARRIERS = frozenset({0x8864, 0x8847, 0x8848, 0x9200, 0x8909, *range(0x0600)})
"""EtherTypes that IP follows behind something else: PPPoE, MPLS, rare tags; and lengths, of logical link control."""
_CARRYING = frozenset({0, 4, 41, 43, 44, 47, 51, 60, 97, 135, 137, 139, 140})
"""Protocols that IP or TCP follows behind: extension headers and tunnels."""
CARRYING_PORTS = frozenset({4789, 6081, 8472})
"""VXLAN and Geneve."""
IPV4, IPV6 = 0x0800, 0x86DD


class Tcp(NamedTuple):
    """Where a TCP packet lies in a portion, and what its header says."""

    addresses: int
    address_size: int
    header: int
    flags: int
    payload: int
    size: int


LOOK = Tcp(0, 0, 0, 0, 0, 0)
"""What only Python's own parser can tell."""


def tcp(data: bytes, length: int, layer: Layer) -> Tcp | None:
    """Where a TCP packet lies in a frame; `LOOK` where that is hard to tell, none where there is none of interest."""
    size = len(data)
    at = 0
    if layer is Layer.LOOPBACK:
        at = 4
    elif layer is not Layer.RAW_IP:
        at = {Layer.ETHERNET: 12, Layer.COOKED: 14}.get(layer, 0)
        if size < at + 2:
            return None
        ethertype = int.from_bytes(data[at : at + 2])
        at = 20 if layer is Layer.COOKED_2 else at + 2
        while ethertype in VLAN_TAGS:
            if size < at + 4:
                return None
            ethertype = int.from_bytes(data[at + 2 : at + 4])
            at += 4
        if ethertype in CARRIERS:
            return LOOK
        if ethertype not in {IPV4, IPV6}:
            return None
    if at >= size:
        return None
    return {4: _tcp_v4, 6: _tcp_v6}.get(data[at] >> 4, _nothing)(data, at, length)


def _nothing(_data: bytes, _at: int, _length: int) -> None:
    return None


def _tcp_v4(data: bytes, at: int, length: int) -> Tcp | None:
    header = (data[at] & 15) * 4
    if len(data) < at + 20 or header < 20:
        return None
    total, protocol = int.from_bytes(data[at + 2 : at + 4]), data[at + 9]
    if int.from_bytes(data[at + 6 : at + 8]) & 0x3FFF:
        return LOOK if protocol in {TCP, UDP} else None
    if protocol == _ICMP:
        return LOOK if data[at + header : at + header + 1] in _V4_ERRORS else None
    return _transport(data, protocol, (at + 12, 4), at + header, at + total if total else length)


def _tcp_v6(data: bytes, at: int, length: int) -> Tcp | None:
    if len(data) < at + 40:
        return None
    total, protocol = int.from_bytes(data[at + 4 : at + 6]), data[at + 6]
    if protocol == _ICMPV6:
        return LOOK if data[at + 40 : at + 41] in _V6_ERRORS else None
    return _transport(data, protocol, (at + 8, 16), at + 40, at + 40 + total if total else length)


def _transport(data: bytes, protocol: int, addresses: tuple[int, int], at: int, end: int) -> Tcp | None:
    if protocol == UDP:
        return LOOK if int.from_bytes(data[at + 2 : at + 4]) in CARRYING_PORTS else None
    if protocol != TCP:
        return LOOK if protocol in _CARRYING else None
    if len(data) < at + 14:
        return None
    payload = at + (data[at + 12] >> 4) * 4
    return Tcp(*addresses, at, data[at + 13], payload, max(0, end - payload))
