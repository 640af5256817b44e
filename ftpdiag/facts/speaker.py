"""One direction of a control connection -> the lines said on it in the clear, up to where nobody would listen."""

from __future__ import annotations

import re
from typing import NamedTuple

from ftpdiag import ftp
from ftpdiag.facts.records import Records
from ftpdiag.facts.wire import STANDSTILL
from ftpdiag.model import Endpoint, Line, Party, Segment
from ftpdiag.tcp import Connection, Run

TLS_HANDSHAKE = b"\x16\x03"
"""A handshake record of any TLS version (RFC 8446 §5.1)."""

_TLS_ALERT = b"\x15\x03"
"""An alert record: a server for implicit TLS says so of a client that said nothing, or no TLS."""

_TLS_LATER = frozenset({b"\x14\x03", b"\x17\x03"})
"""Records that follow a handshake: where that is missing, they tell of it."""

_REPLY = re.compile(r"\d{3}[ -]")


_LOSS = range(1 << 16)
"""Bytes that may be missing at the end. What acknowledges more counts in other numbers: those of a SYN proxy."""


class Said(NamedTuple):
    """A line, and what tells when it was said."""

    line: Line
    segment: Segment
    """What brought its end."""
    end: int
    """Offset behind that segment's payload."""


class Speaker:
    """What one side says."""

    def __init__(self, connection: Connection, endpoint: Endpoint, party: Party, passwords: ftp.Passwords) -> None:
        self.party = party
        self._passwords = passwords
        self.lines: list[Said] = []
        self.encrypted = False
        self.clear_again: float | None = None
        """When it first spoke in the clear after TLS."""
        self.unfinished = 0
        self.endless: tuple[str, Segment] | None = None
        self._reader = ftp.LineReader()
        self._replies = ftp.ReplyReader()
        self._patience = ftp.Patience()
        self._torn = False
        """Bytes are missing, and no line has begun since."""
        self._records: Records | None = None
        half = connection.halves[endpoint]
        latest: Run | None = None
        for run in half.ordered():
            if run.missing:
                self._miss(run, latest)
            said = b"" if self._records else self._reader.rest
            if self._records is None and (record := self._ciphered(run)):
                if record == _TLS_ALERT:
                    break
                self._reader.interrupt()
                self.encrypted, self._records = True, Records(party)
            if self._records:
                clear = self._records.feed(said + run.payload)
                if not clear:
                    continue
                self.clear_again, self._records = run.segment.at, None
                run = run._replace(payload=clear)  # noqa: PLW2901
            self._hear(run)
            if self.endless:
                break
            latest = run
        else:
            if half.latest and self._records is None:
                known = latest.end if latest else 0
                end = max(half.end, half.acknowledged - 1)  # a FIN counts as a byte
                missing = end - known if end - known in _LOSS else 0
                self._end(connection, latest, Run(half.latest, b"", missing, end))

    @property
    def hidden_again(self) -> bool:
        """It spoke in the clear after TLS, and then began TLS anew."""
        return self.clear_again is not None and self._records is not None

    def _ciphered(self, run: Run) -> bytes | None:
        """How the TLS record begins with which a side goes on."""
        said = self._reader.rest
        begins = (said + run.payload)[:2]
        known = begins in {TLS_HANDSHAKE, _TLS_ALERT} or (self._torn and begins in _TLS_LATER)
        return begins if known and len(said) < len(begins) else None

    def _miss(self, run: Run, latest: Run | None) -> None:
        """Bytes before `run` are missing: they end the line that had begun, or stand in a line of their own."""
        if self._records:
            self._records.lose()
            return
        missing = self._lacking(run.missing)
        rest = self._reader.interrupt()
        known = latest if latest and rest else run._replace(end=run.end - len(run.payload))
        line = ftp.torn(rest, missing)
        self._keep(known, line)
        self._torn = ftp.is_torn(line)

    def _lacking(self, missing: int) -> int:
        """Bytes of a line that has begun; one behind its CR is its LF."""
        return ftp.CRLF if missing == 1 and self._reader.rest.endswith(b"\r") else missing

    def _hear(self, run: Run) -> None:
        self.unfinished += len(run.payload)
        self._patience.hear(len(run.payload))
        for text in self._reader.feed(run.payload):
            if not self._torn or self._begins(text):
                self._torn = False
                self._keep(run, text)
        if self.party is Party.SERVER and (heard := self._patience.exhausted):
            self.endless = heard, run.segment

    def _begins(self, text: str) -> bool:
        """Whether it is a whole line, and not the rest of one whose beginning is missing."""
        if self.party is Party.CLIENT:
            return ftp.command_line(text)[0] in ftp.COMMANDS
        return bool(_REPLY.match(text))

    def _keep(self, run: Run, text: str) -> None:
        shown = (self._passwords.asked if self.party is Party.CLIENT else self._passwords.answered)(text)
        line = Line(at=run.segment.at, sender=self.party, text=shown, packet=run.segment.number)
        if self.party is Party.CLIENT:
            self.lines.append(Said(line, run.segment, run.end))
            return
        if self._patience.listen():
            self.lines.append(Said(line, run.segment, run.end))
        if reply := self._replies.feed(line):
            self.unfinished = 0
            if reply.code:
                self._patience.rest()

    def _end(self, connection: Connection, latest: Run | None, loss: Run) -> None:
        """An unfinished last line is part of the dialogue; where more may have come, it says that it is not whole."""
        missing = self._lacking(loss.missing)
        over = self.party is Party.SERVER and not missing and _over(connection)
        if not (self._reader.rest or self._replies.unfinished or missing):
            self.unfinished = 0 if over else self.unfinished
            return
        count = self.unfinished
        rest = self._reader.interrupt()
        if latest and rest and (over or not self._torn or self._begins(rest)):
            self._keep(latest, rest if over else ftp.torn(rest, missing or None))
        elif missing:
            self._keep(loss, ftp.torn("", missing))
        self.unfinished = max(count, 1) if over else 0 if missing or self._torn else self.unfinished


def _over(connection: Connection) -> bool:
    """Nothing more will come."""
    return connection.end is not None or connection.last - connection.moved >= STANDSTILL
