"""A frame as captured -> the TCP segment or ICMP error in it, or nothing. The only file that knows link types.

A new link type is one entry of `LINKS`. Whatever the bytes are, nothing here raises.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from socket import AF_INET, AF_INET6, inet_ntop
from typing import NamedTuple

from ftpdiag.model import Endpoint, Flag, IcmpError, Packet, Segment
from ftpdiag.recording import icmp


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a capture holds of one packet. `length` counts bytes on the wire; `data` may be cut short."""

    at: float
    data: bytes
    length: int
    link_type: int


class Body(NamedTuple):
    """Where in a frame's bytes lies what a segment carries, or the segment that an ICMP error quotes."""

    message: int
    """The first byte of the TCP or ICMP header, which its checksum covers too."""
    checksum: int
    start: int
    end: int
    """Behind the last byte that was captured; padding is not part of it."""


class Link(NamedTuple):
    """A link type: its name, and where the IP header starts in a frame's bytes (none: the frame carries no IP)."""

    name: str
    ip_at: Callable[[bytes], int | None]


class _Ip(NamedTuple):
    source: bytes
    destination: bytes
    ttl: int
    protocol: int
    payload: int
    end: int


RAW_IP = 101
"""The link type of a frame that begins with its IP header."""

_TCP = 6
_EXTENSIONS = frozenset({0, 43, 60})
"""Hop-by-hop options, routing and destination options: their length counts 8 bytes, the first 8 left out."""
_FRAGMENT = 44
_OFFSET_V4, _OFFSET_V6 = 0x1FFF, 0xFFF8
"""The bits of a fragment's offset: only the first fragment has a TCP header."""
_V4_HEADER, _V6_HEADER, _TCP_HEADER, _ICMP_HEADER = 20, 40, 20, 8
_FAMILIES = {4: AF_INET, 16: AF_INET6}
_IP_ETHERTYPES = frozenset({0x0800, 0x86DD})
_VLAN_TAGS = frozenset({0x8100, 0x88A8, 0x9100})
"""802.1Q, 802.1ad and the older QinQ: a tag is four bytes, the EtherType behind it."""
_FLAGS = tuple(Flag(bits) for bits in range(0x20))
_KEPT = 4096
"""Endpoints remembered: a session meets a few again and again, a busy link shows each of many once."""


def parse(frame: Frame, number: int) -> Packet | None:
    """What `frame`, packet `number` of its recording, says; none when it is neither TCP nor an error about TCP."""
    try:
        ip = _ip_of(frame)
        if ip is None:
            return None
        return _segment(frame, number, ip) if ip.protocol == _TCP else _error(frame, number, ip)
    except (struct.error, IndexError):
        return None


def body(frame: Frame) -> Body | None:
    """Where the text lies in a frame that `parse` can read; none in any other."""
    try:
        ip = _ip_of(frame)
        if ip is None:
            return None
        size = len(frame.data)
        if ip.protocol == _TCP:
            start = _tcp_payload(frame.data, ip)
            return None if start is None else Body(ip.payload, ip.payload + 16, start, max(start, min(size, ip.end)))
        error = _quoted(frame.data, ip)
        if error is None:
            return None
        quoted = error[1]
        offset = quoted.payload + 12
        header = (frame.data[offset] >> 4) * 4 if offset < size else 0
        return Body(ip.payload, ip.payload + 2, quoted.payload + max(header, _TCP_HEADER), min(size, ip.end))
    except (struct.error, IndexError):
        return None


def link_name(link_type: int) -> str:
    """A link type in words."""
    return LINKS[link_type].name if link_type in LINKS else f"link type {link_type}"


def _segment(frame: Frame, number: int, ip: _Ip) -> Segment | None:
    data = frame.data
    start = _tcp_payload(data, ip)
    if start is None:
        return None
    source, destination, seq, ack, flags, window = struct.unpack_from("!HHIIxBH", data, ip.payload)
    return Segment(
        number=number,
        at=frame.at,
        source=_endpoint(ip.source, source),
        destination=_endpoint(ip.destination, destination),
        flags=_FLAGS[flags & 0x1F],
        seq=seq,
        ack=ack,
        window=window,
        ttl=ip.ttl,
        length=ip.end - start,
        payload=data[start : ip.end],
    )


def _tcp_payload(data: bytes, ip: _Ip) -> int | None:
    header = (data[ip.payload + 12] >> 4) * 4
    start = ip.payload + header
    return start if header >= _TCP_HEADER and start <= ip.end else None


def _error(frame: Frame, number: int, ip: _Ip) -> IcmpError | None:
    error = _quoted(frame.data, ip)
    if error is None:
        return None
    reason, quoted = error
    source, destination, seq = struct.unpack_from("!HHI", frame.data, quoted.payload)
    return IcmpError(
        number=number,
        at=frame.at,
        reporter=_host(ip.source),
        ttl=ip.ttl,
        reason=reason,
        source=_endpoint(quoted.source, source),
        destination=_endpoint(quoted.destination, destination),
        seq=seq,
    )


def _quoted(data: bytes, ip: _Ip) -> tuple[str, _Ip] | None:
    """What an ICMP error says, and the header of the TCP packet that it says it about."""
    reason = icmp.reason(ip.protocol, data[ip.payload], data[ip.payload + 1])
    if reason is None:
        return None
    quoted = _ip(data, ip.payload + _ICMP_HEADER, len(data))
    return (reason, quoted) if quoted and quoted.protocol == _TCP else None


def _ip_of(frame: Frame) -> _Ip | None:
    link = LINKS.get(frame.link_type)
    at = link.ip_at(frame.data) if link else None
    return None if at is None else _ip(frame.data, at, max(frame.length, len(frame.data)))


def _ip(data: bytes, at: int, limit: int) -> _Ip | None:
    """The IP header at `at`; its packet ends at `limit` where its own length is 0.

    That is a giant which the network card cuts into packets only after the tap saw it.
    """
    match data[at] >> 4:
        case 4:
            return _ipv4(data, at, limit)
        case 6:
            return _ipv6(data, at, limit)
        case _:
            return None


def _ipv4(data: bytes, at: int, limit: int) -> _Ip | None:
    total, fragment, ttl, protocol, source, destination = struct.unpack_from("!2xH2xHBB2x4s4s", data, at)
    payload = at + (data[at] & 0xF) * 4
    end = at + total if total else limit
    if payload < at + _V4_HEADER or end < payload or fragment & _OFFSET_V4:
        return None
    return _Ip(source, destination, ttl, protocol, payload, end)


def _ipv6(data: bytes, at: int, limit: int) -> _Ip | None:
    length, protocol, ttl, source, destination = struct.unpack_from("!4xHBB16s16s", data, at)
    payload = at + _V6_HEADER
    end = payload + length if length else limit
    while protocol not in (_TCP, icmp.ICMPV6):
        if protocol in _EXTENSIONS:
            size = 8 + data[payload + 1] * 8
        elif protocol == _FRAGMENT and not struct.unpack_from("!H", data, payload + 2)[0] & _OFFSET_V6:
            size = 8
        else:
            return None
        protocol = data[payload]
        payload += size
    return _Ip(source, destination, ttl, protocol, payload, end) if payload <= end else None


@lru_cache(maxsize=_KEPT)
def _host(packed: bytes) -> str:
    return inet_ntop(_FAMILIES[len(packed)], packed)


@lru_cache(maxsize=_KEPT)
def _endpoint(packed: bytes, port: int) -> Endpoint:
    return Endpoint(host=_host(packed), port=port)


def _at_start(_data: bytes) -> int:
    return 0


def _after_family(_data: bytes) -> int:
    """Systems number address families differently, in either byte order; the IP header names its version itself."""
    return 4


def _after_ethernet(data: bytes) -> int | None:
    return _after_ethertype(data, 12)


def _after_cooked(data: bytes) -> int | None:
    return _after_ethertype(data, 14)


def _after_cooked_v2(data: bytes) -> int | None:
    """The protocol stands first in a header of 20 bytes; behind the header follows what it names."""
    ethertype = struct.unpack_from("!H", data)[0]
    if ethertype in _VLAN_TAGS:
        return _after_ethertype(data, 22)
    return 20 if ethertype in _IP_ETHERTYPES else None


def _after_ethertype(data: bytes, at: int) -> int | None:
    while (ethertype := struct.unpack_from("!H", data, at)[0]) in _VLAN_TAGS:
        at += 4
    return at + 2 if ethertype in _IP_ETHERTYPES else None


LINKS: Mapping[int, Link] = {
    0: Link("BSD loopback", _after_family),
    1: Link("Ethernet", _after_ethernet),
    12: Link("raw IP", _at_start),
    14: Link("raw IP", _at_start),
    RAW_IP: Link("raw IP", _at_start),
    108: Link("OpenBSD loopback", _after_family),
    113: Link("Linux cooked", _after_cooked),
    228: Link("raw IPv4", _at_start),
    229: Link("raw IPv6", _at_start),
    276: Link("Linux cooked v2", _after_cooked_v2),
}
"""By number (https://www.tcpdump.org/linktypes.html); 12 and 14 are what some systems write for raw IP."""
