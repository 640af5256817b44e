"""Where an IP header starts -> what it says of the packet (RFC 791, RFC 8200): addresses, protocol, and what it holds.

Whatever the bytes are, nothing is raised but `struct.error` and `IndexError`.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
"""The IP protocol numbers."""


class Fragment(NamedTuple):
    """A piece of a packet: whose, and which."""

    identification: int
    offset: int
    """Where its bytes belong in the whole packet's payload; from there on they are the piece's `payload`."""
    more: bool


class Ip(NamedTuple):
    """A header with all its extensions. Offsets count in the bytes it was read from."""

    source: bytes
    destination: bytes
    ttl: int
    protocol: int
    """What is in `payload`; of a fragment, in the packet's first."""
    payload: int
    end: int
    """As the header says: what was captured may end before."""
    fragment: Fragment | None
    start: int = 0


_V4_HEADER, _V6_HEADER = 20, 40
_V4_FIELDS = struct.Struct("!BxHHHBB2x4s4s").unpack_from
_V6_FIELDS = struct.Struct("!4xHBB16s16s").unpack_from
_LONGEST = 0xFFFF
_MORE, _OFFSET = 0x2000, 0x1FFF
"""IPv4's flag and offset, in units of 8 bytes."""
_AUTHENTICATION, _FRAGMENT = 51, 44
_EXTENSIONS = frozenset({0, 43, 60, 135, 139, 140})
"""Hop-by-hop options, routing, destination options, mobility, HIP, shim6: they count 8 bytes, the first 8 left out."""


def read(data: bytes, at: int, limit: int) -> Ip | None:
    """The header at `at`; its packet ends at `limit` where its own length is 0.

    That is a giant which the network card cuts into packets only after the tap saw it.
    """
    version = data[at] >> 4
    if version == 4:
        return _ipv4(data, at, limit)
    return _ipv6(data, at, limit) if version == 6 else None


def _ipv4(data: bytes, at: int, limit: int) -> Ip | None:
    first, total, identification, piece, ttl, protocol, source, destination = _V4_FIELDS(data, at)
    payload = at + (first & 0xF) * 4
    end = at + total if total else limit
    fragment = None
    if piece & (_MORE | _OFFSET):
        fragment = Fragment(identification, (piece & _OFFSET) * 8, bool(piece & _MORE))
    elif protocol == _AUTHENTICATION:
        protocol, payload = _authenticated(data, payload)
    if payload < at + _V4_HEADER or end < payload:
        return None
    return Ip(source, destination, ttl, protocol, payload, end, fragment, at)


def _ipv6(data: bytes, at: int, limit: int) -> Ip | None:
    length, protocol, ttl, source, destination = _V6_FIELDS(data, at)
    payload = at + _V6_HEADER
    end = payload + length if length else limit
    fragment = None
    while payload <= end:
        if protocol in _EXTENSIONS:
            protocol, payload = data[payload], payload + 8 + data[payload + 1] * 8
        elif protocol == _AUTHENTICATION:
            protocol, payload = _authenticated(data, payload)
        elif protocol == _FRAGMENT and fragment is None:
            protocol, piece, identification = struct.unpack_from("!BxHI", data, payload)
            payload += 8
            if piece & 0xFFF9:
                fragment = Fragment(identification, piece & 0xFFF8, bool(piece & 1))
                break  # what follows is in the first fragment only
        else:
            break
    return Ip(source, destination, ttl, protocol, payload, end, fragment, at) if payload <= end else None


def whole(piece: Ip, payload: bytes) -> bytes:
    """A packet without fragments, made of the header of one of them; its length is 0 where no header can tell it."""
    size = len(payload)
    if len(piece.source) == 4:
        length = _V4_HEADER + size
        fields = (0x45, length if length <= _LONGEST else 0, piece.ttl, piece.protocol, piece.source, piece.destination)
        return struct.pack("!BxH4xBB2x4s4s", *fields) + payload
    fields = (0x60, size if size <= _LONGEST else 0, piece.protocol, piece.ttl, piece.source, piece.destination)
    return struct.pack("!B3xHBB16s16s", *fields) + payload


def _authenticated(data: bytes, at: int) -> tuple[int, int]:
    """RFC 4302 §2: what follows an authentication header, and where; it counts 4 bytes, the first 8 left out."""
    return data[at], at + 8 + data[at + 1] * 4
