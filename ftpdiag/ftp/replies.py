"""Lines -> replies, and how long one is listened to (RFC 959 §4.2)."""

from __future__ import annotations

import re

from ftpdiag.ftp.lines import is_torn
from ftpdiag.model import Line, Reply

_REPLY = re.compile(r"([1-6]\d\d)([ -]|$)")


class ReplyReader:
    """Lines in, replies out (RFC 959 §4.2: `123-` opens, `123 ` closes; lines in between may begin with anything)."""

    MAX_LINES = 500
    """Kept of one reply; the closing line is awaited all the same."""

    def __init__(self) -> None:
        self._code = ""
        self._lines: list[str] = []
        self._torn = ""
        """The code of a multi-line reply whose end is missing."""
        self._after_loss = False

    def feed(self, line: Line) -> Reply | None:
        """The reply that `line` completes. A line outside any reply that is none itself has code 0."""
        match = _REPLY.match(line.text)
        code, more = (match[1], match[2] == "-") if match else ("", False)
        torn = is_torn(line.text)
        if self._code:
            if len(self._lines) < self.MAX_LINES:
                self._lines.append(line.text)
            if not torn and (code != self._code or more):
                return None
            return self._complete(line, self._code, self._code if torn else "")
        if (not code and (torn or self._after_loss)) or (code and code == self._torn):
            self._torn = self._torn if more or not code else ""
            self._after_loss = True
            return None
        self._lines = [line.text]
        if more and not torn:
            self._code = code
            return None
        return self._complete(line, code, code if more else "")

    def _complete(self, line: Line, code: str, torn: str) -> Reply:
        reply = Reply(
            at=line.at, code=int(code or 0), lines=tuple(self._lines), after_loss=self._after_loss, packet=line.packet
        )
        self._code, self._lines = "", []
        self._torn, self._after_loss = torn, bool(torn)
        return reply

    def ask(self) -> None:
        """Something new was asked: what comes next is no longer the end of a reply of which a part is missing."""
        self._torn = ""

    @property
    def unfinished(self) -> bool:
        """A multi-line reply has begun and not ended."""
        return bool(self._code)


class Patience:
    """How long an answer is listened to: counts what a server says between one complete reply and the next."""

    MAX_BYTES = 1 << 18
    """The longest real replies (HELP, STAT of a busy folder) stay well below it."""

    MAX_LINES = 10_000
    """A quarter of a megabyte of empty lines would take seconds."""

    def __init__(self) -> None:
        self._bytes = 0
        self._lines = 0

    def hear(self, count: int) -> None:
        """Bytes came."""
        self._bytes += count

    def listen(self) -> bool:
        """A line came; whether it is worth keeping."""
        self._lines += 1
        return self._lines <= ReplyReader.MAX_LINES

    def rest(self) -> None:
        """A reply was complete, or something new was asked."""
        self._bytes = self._lines = 0

    @property
    def exhausted(self) -> str | None:
        """How much was heard, once that is too much."""
        if self._lines > self.MAX_LINES:
            return f"{self.MAX_LINES} lines"
        return f"{self.MAX_BYTES >> 10} KiB" if self._bytes > self.MAX_BYTES else None


def endless(asked: str, heard: str) -> str:
    """One sentence about a server that does not come to an end."""
    return f"The server answered {asked} with more than {heard} and no end; ftpdiag stopped reading."


def unfinished(asked: str, count: int, waited: float) -> str:
    """One sentence about a server that begins to answer, and does not finish."""
    return f"The server sent {count} bytes in {round(waited, 1):g} s after {asked}, and no complete reply among them."


def whole(reply: Reply) -> bool:
    """Whether no part of a reply is missing in the recording."""
    return not any(map(is_torn, reply.lines))
