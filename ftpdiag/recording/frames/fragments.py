"""Fragments in, whole packets out: pieces are kept until the last has come (RFC 791 §3.2, RFC 8200 §4.5)."""

from __future__ import annotations

from msgspec import Struct

from ftpdiag.recording.frames import ip

_KEPT = 64
"""Packets of which pieces are missing that are remembered: at 64 KiB each, 4 MiB."""
_LARGEST = 1 << 16
"""No packet is longer."""

_Key = tuple[bytes, bytes, int, int]
"""Addresses, protocol and identification."""


class _Pieces(Struct):
    parts: dict[int, bytes] = {}
    """By offset; the first copy of each counts."""
    size: int | None = None
    """Of the whole; none: the last has not come."""

    def add(self, fragment: ip.Fragment, data: bytes) -> None:
        if fragment.offset + len(data) <= _LARGEST:
            self.parts.setdefault(fragment.offset, data)
            if not fragment.more:
                self.size = fragment.offset + len(data)

    @property
    def payload(self) -> bytes | None:
        """The whole, if every byte of it has come."""
        if self.size is None:
            return None
        payload = b""
        for offset, data in sorted(self.parts.items()):
            if offset > len(payload):
                return None
            payload += data[len(payload) - offset :]
        return payload[: self.size] if len(payload) >= self.size else None


class Reassembly:
    """Puts packets together that a router cut into fragments."""

    def __init__(self) -> None:
        self.fragments = 0
        """Seen so far."""
        self._lost = 0
        self._waiting: dict[_Key, _Pieces] = {}

    @property
    def incomplete(self) -> int:
        """Packets of which a piece never came."""
        return self._lost + len(self._waiting)

    def feed(self, piece: ip.Ip, data: bytes) -> bytes | None:
        """The packet that `piece`, read from `data`, completes; none where another piece is still missing."""
        assert piece.fragment
        self.fragments += 1
        key = (piece.source, piece.destination, piece.protocol, piece.fragment.identification)
        pieces = self._waiting.pop(key, None) or _Pieces()
        pieces.add(piece.fragment, data[piece.payload : piece.end])
        payload = pieces.payload
        if payload is not None:
            return ip.whole(piece, payload)
        self._waiting[key] = pieces
        if len(self._waiting) > _KEPT:
            del self._waiting[next(iter(self._waiting))]
            self._lost += 1
        return None
