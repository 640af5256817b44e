"""The dialogue as it goes on: commands and received bytes in, recorded lines and complete replies out.

Passwords are blanked, and what is kept of a server that does not come to an end is bounded.
"""

from __future__ import annotations

from collections import deque

from ftpdiag import ftp
from ftpdiag.model import Line, Party, Reply
from ftpdiag.recording.clock import now

MOST_KEPT = 2 * ftp.ReplyReader.MAX_LINES
"""Lines on record of one session, which asks a dozen questions."""


class Transcript:
    """What was said on one control connection."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.received = 0
        """Bytes since the last line that stood by itself."""
        self._reader = ftp.LineReader()
        self._replies = ftp.ReplyReader()
        self._ready = deque[str]()
        self._patience = ftp.Patience()
        self._passwords = ftp.Passwords()

    @property
    def exhausted(self) -> str | None:
        """How much the server said without coming to an end, once that is too much."""
        return self._patience.exhausted

    def turn(self) -> None:
        """It is the server's turn: what it has said so far does not count against its patience."""
        self.received = 0
        self._patience.rest()

    def say(self, line: str) -> None:
        """Record a command."""
        self.lines.append(Line(at=now(), sender=Party.CLIENT, text=self._passwords.asked(line)))

    def hear(self, data: bytes) -> None:
        """Take bytes from the server."""
        self.received += len(data)
        self._patience.hear(len(data))
        self._ready += self._reader.feed(data)

    def flush(self) -> None:
        """Nothing more will come: an unfinished last line is part of the record."""
        if self._reader.rest:
            self._ready += self._reader.feed(b"\n")

    def drop(self) -> None:
        """Forget what was heard and not read yet: nobody listens any longer."""
        self._ready.clear()

    def reply(self) -> Reply | None:
        """The next complete reply of what was heard. A line that is none by itself has the code 0."""
        while self._ready and not self.exhausted:
            line = Line(at=now(), sender=Party.SERVER, text=self._passwords.answered(self._ready.popleft()))
            if self._patience.listen() and len(self.lines) < MOST_KEPT:
                self.lines.append(line)
            if reply := self._replies.feed(line):
                self.received = 0
                if reply.code:
                    self._patience.rest()
                return reply
        return None
