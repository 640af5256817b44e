"""A connection -> the FTP dialogue on it, if it is a control connection by what is said on it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ftpdiag import ftp
from ftpdiag.facts.wire import STANDSTILL
from ftpdiag.model import Ending, Endpoint, Exchange, Flag, Hangup, Line, Method, Party, Segment
from ftpdiag.tcp import Connection

CONTROL_PORT = 21
"""FTP's own (IANA): a connection to it is meant as FTP even where nobody answered, or nothing was asked."""

_MAIL = frozenset({"HELO", "EHLO", "MAIL", "RCPT", "DATA", "STLS", "CAPA", "NICK", "JOIN"})
"""SMTP greets with 220 as well, POP3 and IRC say USER and PASS: these words give them away."""

_TLS_RECORD = b"\x16\x03"
"""A handshake record of any TLS version (RFC 8446 §5.1)."""

_TLS_ALERT = b"\x15\x03"
"""An alert record: a server for implicit TLS says so of a client that said nothing, or no TLS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """Who is client and who server, and what they say up to where TLS begins."""

    client: Endpoint
    server: Endpoint
    lines: tuple[Line, ...]
    encrypted: frozenset[Party]
    """Who began TLS."""
    unfinished: int = 0
    """Bytes of a reply that the server began and did not finish."""
    endless: tuple[float, str] | None = None
    """When the server's answer had become too long to read on, and a sentence about it."""

    @property
    def asked(self) -> str:
        """What the server was asked last."""
        verbs = (ftp.command_line(line.text)[0] for line in reversed(self.lines) if line.sender is Party.CLIENT)
        return next(verbs, "the connection")


def read(connection: Connection) -> Dialogue | None:
    """The FTP dialogue of a connection; None where it is something else."""
    for client, server in ((connection.opener, connection.target), (connection.target, connection.opener)):
        dialogue = _between(connection, client, server)
        if _is_ftp(dialogue):
            return dialogue
    meant = _between(connection, connection.opener, connection.target)
    to_ftp = connection.syns and connection.target.port == CONTROL_PORT
    return meant if to_ftp and _asked(meant) <= {"QUIT"} else None


def _is_ftp(dialogue: Dialogue) -> bool:
    said = [line.text for line in dialogue.lines if line.sender is Party.SERVER]
    asked = _asked(dialogue)
    greeted = any(text[:3] in {"220", "120", "421"} for text in said[:1])
    logging_in = {"USER", "PASS"} <= asked and any(text[:3] in {"230", "331", "530"} for text in said)
    return (logging_in or (greeted and bool(asked & ftp.COMMANDS))) and not asked & _MAIL


def _asked(dialogue: Dialogue) -> set[str]:
    return {ftp.command_line(line.text)[0] for line in dialogue.lines if line.sender is Party.CLIENT}


def _between(connection: Connection, client: Endpoint, server: Endpoint) -> Dialogue:
    """The lines of both sides in the order of their segments; passwords are blanked, also where they are echoed."""
    asking = _Speaker(connection, client, Party.CLIENT, [])
    answering = _Speaker(connection, server, Party.SERVER, asking.secrets)
    numbered = sorted(asking.lines + answering.lines, key=lambda one: one[0])
    dialogue = Dialogue(
        client=client,
        server=server,
        lines=tuple(line for _, line in numbered),
        encrypted=frozenset(one.party for one in (asking, answering) if one.encrypted),
        unfinished=answering.unfinished,
    )
    if answering.endless is None:
        return dialogue
    heard, segment = answering.endless
    before = replace(dialogue, lines=tuple(line for number, line in numbered if number <= segment.number))
    return replace(dialogue, endless=(segment.at, ftp.endless(before.asked, heard)))


class _Speaker:
    """What one side says up to where TLS begins, or up to where nobody would listen any longer."""

    def __init__(self, connection: Connection, endpoint: Endpoint, party: Party, secrets: list[str]) -> None:
        self.party = party
        self.secrets = secrets
        self.lines: list[tuple[int, Line]] = []
        self.encrypted = False
        self.unfinished = 0
        self.endless: tuple[str, Segment] | None = None
        self._reader = ftp.LineReader()
        self._replies = ftp.ReplyReader()
        self._patience = ftp.Patience()
        half = connection.halves[endpoint]
        latest: Segment | None = None
        for segment, payload in half.ordered():
            if payload[:2] in {_TLS_RECORD, _TLS_ALERT} and not self._reader.rest:
                self.encrypted = payload[:2] == _TLS_RECORD
                break
            self._hear(segment, payload)
            if self.endless:
                break
            latest = segment
        if party is Party.SERVER and latest and not self.encrypted and not half.gap and _over(connection):
            self._end(latest)

    def _hear(self, segment: Segment, payload: bytes) -> None:
        self.unfinished += len(payload)
        self._patience.hear(len(payload))
        for text in self._reader.feed(payload):
            self._keep(segment, text)
        if self.party is Party.SERVER and (heard := self._patience.exhausted):
            self.endless = heard, segment

    def _keep(self, segment: Segment, text: str) -> None:
        if self.party is Party.CLIENT:
            self.secrets += filter(None, [ftp.secret(text)])
            line = Line(at=segment.at, sender=self.party, text=ftp.blanked(text))
            self.lines.append((segment.number, line))
            return
        line = Line(at=segment.at, sender=self.party, text=ftp.without(self.secrets, text))
        if self._patience.listen():
            self.lines.append((segment.number, line))
        if reply := self._replies.feed(line):
            self.unfinished = 0
            if reply.code:
                self._patience.rest()

    def _end(self, latest: Segment) -> None:
        """An unfinished last line is part of the dialogue, and completes no reply."""
        if not (self._reader.rest or self._replies.unfinished):
            self.unfinished = 0
            return
        count = self.unfinished
        if self._reader.rest:
            for text in self._reader.feed(b"\n"):
                self._keep(latest, text)
        self.unfinished = max(count, 1)


def _over(connection: Connection) -> bool:
    """Nothing more will come."""
    return connection.end is not None or connection.last - connection.moved >= STANDSTILL


def hangup(connection: Connection, dialogue: Dialogue, exchanges: tuple[Exchange, ...]) -> Hangup | None:
    """How it ended while a command, the greeting, or the client's first TLS record waited for an answer."""
    if dialogue.endless:
        at, sentence = dialogue.endless
        return Hangup(at=at, ending=Ending.STOPPED, detail=sentence)
    waiting = _waiting(dialogue, exchanges)
    if waiting is None:
        return None
    end = connection.end
    if end is None or end.source != dialogue.server:
        return _given_up(connection, dialogue, waiting)
    ended = "reset" if end.flags & Flag.RST else "closed"
    detail = f"The control connection was {ended} in the server's name after {waiting}."
    return Hangup(at=end.at, ending=connection.ending, detail=detail)


def _waiting(dialogue: Dialogue, exchanges: tuple[Exchange, ...]) -> str | None:
    """What has no answer."""
    if dialogue.encrypted == {Party.CLIENT}:
        return "the TLS handshake"
    if dialogue.encrypted:
        return None
    if dialogue.unfinished or not exchanges:
        return dialogue.asked
    last = exchanges[-1]
    return (last.verb or "the connection") if last.final is None and last.verb != "QUIT" else None


_ANSWERED_LATE = ftp.TRANSFERS | Method.__members__.keys()
"""Their answer waits for a data connection, which tells its own story."""


def _given_up(connection: Connection, dialogue: Dialogue, waiting: str) -> Hangup | None:
    """The server owed an answer for seconds, until the client gave it up or the capture ended."""
    until = connection.end.at if connection.end else connection.last
    if waiting in _ANSWERED_LATE or not connection.established:
        return None
    if dialogue.unfinished:
        waited = until - _asked_at(connection, dialogue)
        sentence = ftp.unfinished(waiting, dialogue.unfinished, waited)
    else:
        waited = until - connection.moved
        sentence = f"No answer came for {round(waited, 1):g} s after {waiting}."
    return Hangup(at=until, ending=Ending.STALLED, detail=sentence) if waited >= STANDSTILL else None


def _asked_at(connection: Connection, dialogue: Dialogue) -> float:
    asked = (line.at for line in reversed(dialogue.lines) if line.sender is Party.CLIENT)
    return next(asked, connection.began)


def behaviour(dialogue: Dialogue, ended: Hangup | None) -> str | None:
    """What the server did that FTP does not allow, in one sentence."""
    odd = dialogue.endless is not None or (dialogue.unfinished and ended and ended.ending is Ending.STALLED)
    return ended.detail if ended and odd else None
