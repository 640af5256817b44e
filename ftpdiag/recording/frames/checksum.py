"""A changed message -> the checksum it must carry (RFC 1071, RFC 1624)."""

from __future__ import annotations

import struct
from socket import AF_INET, AF_INET6, inet_pton

_WORD = 0xFFFF
_TCP = 6


def updated(checksum: int, before: bytes, after: bytes) -> int:
    """The checksum once `before` became `after`; both may be part of the message, from an even offset in it.

    What was wrong stays wrong by as much.
    """
    return _complement(_complement(checksum) + _complement(_sum(before)) + _sum(after))


def left_to_hardware(checksum: int, source: str, destination: str, length: int) -> bool:
    """Whether a captured TCP checksum is only what the network card was to start from: it left after the tap."""
    return checksum == _fold(_sum(_pseudo_header(source, destination, length)))


def of_segment(source: str, destination: str, segment: bytes) -> int:
    """The checksum of a whole TCP segment whose checksum field is zero (RFC 9293 §3.1, RFC 8200 §8.1)."""
    return _complement(_sum(_pseudo_header(source, destination, len(segment))) + _sum(segment))


def of_message(*parts: bytes) -> int:
    """The checksum of a message whose checksum field is zero; every part but the last has an even length."""
    return _complement(sum(map(_sum, parts)))


def unfinished(pseudo: bytes) -> int:
    """What a network card is to start from (`left_to_hardware`)."""
    return _fold(_sum(pseudo))


def pseudo_header(source: bytes, destination: bytes, length: int, protocol: int = _TCP) -> bytes:
    """What a checksum covers beside the message (RFC 9293 §3.1, RFC 8200 §8.1); addresses as packets hold them."""
    return source + destination + struct.pack("!II", length, protocol)


def _pseudo_header(source: str, destination: str, length: int) -> bytes:
    family = AF_INET6 if ":" in source else AF_INET
    return pseudo_header(inet_pton(family, source), inet_pton(family, destination), length)


def _sum(data: bytes) -> int:
    padded = data + bytes(len(data) % 2)
    return sum(struct.unpack(f"!{len(padded) // 2}H", padded))


def _fold(total: int) -> int:
    while total > _WORD:
        total = (total & _WORD) + (total >> 16)
    return total


def _complement(total: int) -> int:
    return _fold(total) ^ _WORD
