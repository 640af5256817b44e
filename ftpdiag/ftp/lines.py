"""Bytes of one direction -> lines (RFC 959 §4), and lines of which the recording lacks a part."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

MAX_LINE = 8192
"""Bytes kept of one line. RFC 959 sets no limit; no server's reply comes near it, a hostile one has no end."""

LINES_REMEMBERED = 4096
"""Servers and clients repeat themselves: what a busy server says again and again is read, and kept, once."""

_IAC = b"\xff"
_TELNET = re.compile(rb"\xff(?:[\xfb-\xfe].|[\xf0-\xfa\xff])", re.DOTALL)
"""RFC 959 §4: the control connection follows Telnet; its options are two bytes long, its commands one."""


class LineReader:
    """Bytes of one direction in, lines out. A line ends with LF; its CR is optional (RFC 1123 §4.1.2.5 tolerance)."""

    def __init__(self) -> None:
        self._pending = b""
        self._skipping = False

    def feed(self, data: bytes) -> Iterator[str]:
        """The lines that `data` completes. What is longer than MAX_LINE is cut there."""
        *lines, self._pending = (self._pending + data).split(b"\n")
        for line in lines:
            if self._skipping:
                self._skipping = False
            else:
                yield text_of(line[:MAX_LINE])
        if len(self._pending) > MAX_LINE:
            if not self._skipping:
                yield text_of(self._pending[:MAX_LINE])
            self._skipping = True
            self._pending = b""

    def interrupt(self) -> str:
        """The unfinished line, which will not be finished; what comes next is read as a new one."""
        rest, self._pending = ("" if self._skipping else text_of(self._pending)), b""
        self._skipping = False
        return rest

    @property
    def rest(self) -> bytes:
        """An unfinished line."""
        return self._pending


@lru_cache(maxsize=LINES_REMEMBERED)
def text_of(line: bytes) -> str:
    """RFC 2640: UTF-8; older servers send anything, which is shown byte for byte. Control characters are escaped."""
    text = (_TELNET.sub(b"", line) if _IAC in line else line).rstrip(b"\r").decode("utf-8", "backslashreplace")
    return escaped(text.replace("\t", " "))


def escaped(text: str) -> str:
    """A text as it is shown: its control characters by their codes."""
    return text if text.isprintable() else "".join(char if char.isprintable() else _escape(char) for char in text)


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"


CRLF = 2
"""Bytes that end a line."""


def torn(line: str, missing: int | None) -> str:
    """A line of whose end `missing` bytes were not recorded (none: nobody knows how many), as it is shown.

    The end of the line alone is no loss.
    """
    if line and missing == CRLF:
        return line
    count = "rest" if missing is None else "1 byte" if missing == 1 else f"{missing} bytes"
    return f"{line} [{count} missing]".lstrip()


MISSING = r"\[(?:1 byte|\d+ bytes|rest) missing\]"
_END = "missing]"
_TORN = re.compile(rf"(?:^| ){MISSING}$")
_FIRST_TORN = re.compile(rf"\S* ?{MISSING}$")


def is_torn(line: str) -> bool:
    """Whether some of it, or all, was not recorded."""
    return line.endswith(_END) and bool(_TORN.search(line))


def lost(line: str) -> bool:
    """Whether it stands for bytes that were not recorded, and for nothing else."""
    return line.endswith(_END) and bool(_TORN.match(line))


def verb_torn(line: str) -> bool:
    """Whether the end of its first word was not recorded: which command it was, nobody knows."""
    return line.endswith(_END) and bool(_FIRST_TORN.match(line))
