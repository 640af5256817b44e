"""Bytes of one direction from where TLS begins -> those behind its last record, where it is in the clear again.

RFC 4217 §12.3: a client may clear the control connection (CCC), so that a firewall can read what is negotiated.
"""

from __future__ import annotations

import re

from ftpdiag.model import Party

_HEADER = 5
"""Type, version, length (RFC 8446 §5.1)."""
_TYPES = frozenset(range(0x14, 0x19))
_MAJOR = 3
_SPEECH = {Party.CLIENT: re.compile(rb"[A-Za-z]{3,4}[ \r\n]"), Party.SERVER: re.compile(rb"[1-6]\d\d[ -]")}
"""How a line begins: anything else behind a record is a record that was not understood."""


class Records:
    """TLS records of one side, counted by their lengths."""

    def __init__(self, party: Party) -> None:
        self._speech = _SPEECH[party]
        self._header = b""
        self._left = 0
        self._lost = False

    def lose(self) -> None:
        """Bytes are missing: where a record ends is not known any more."""
        self._lost = True

    def feed(self, data: bytes) -> bytes:
        """What follows the last record; empty: nothing yet."""
        while data and not self._lost:
            skipped = min(self._left, len(data))
            self._left -= skipped
            wanted = skipped + _HEADER - len(self._header)
            header, data = self._header + data[skipped:wanted], data[wanted:]
            if header and not _is_header(header):
                return self._speech_in(header + data)
            whole = len(header) == _HEADER
            self._header, self._left = (b"", int.from_bytes(header[3:])) if whole else (header, self._left)
        return b""

    def _speech_in(self, begin: bytes) -> bytes:
        """What begins like a line; a few bytes do not tell yet, and wait for more."""
        if self._speech.match(begin):
            return begin
        self._header, self._lost = begin, len(begin) >= _HEADER
        return b""


def _is_header(begin: bytes) -> bool:
    return begin[0] in _TYPES and (len(begin) == 1 or begin[1] == _MAJOR)
