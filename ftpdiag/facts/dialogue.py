"""A connection -> the FTP dialogue on it, if it is a control connection by what is said on it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from ftpdiag import ftp
from ftpdiag.facts.speaker import TLS_HANDSHAKE, Said, Speaker
from ftpdiag.facts.wire import STANDSTILL
from ftpdiag.model import Ending, Endpoint, Exchange, Flag, Hangup, Line, Method, Party
from ftpdiag.tcp import Call, Connection

_MAIL = frozenset({"HELO", "EHLO", "MAIL", "RCPT", "DATA", "STLS", "CAPA", "NICK", "JOIN"})
"""SMTP greets with 220 as well, POP3 and IRC say USER and PASS: these words give them away."""

_SHARED = frozenset(
    {"USER", "PASS", "ACCT", "QUIT", "HELP", "NOOP", "STAT", "LIST", "RETR", "DELE", "AUTH", "MODE", "HOST"}
)
"""Commands that mail, news and chat have too: they alone do not tell that it is FTP."""

_MAIL_GREETING = re.compile(r"\bE?SMTP\b", re.IGNORECASE)

_REPLY = re.compile(r"[1-6]\d\d[ -]")
_NO_TEXT = re.compile(rb"(?![\x15\x16]\x03).{0,255}[\x00-\x06\x0e-\x1a]", re.DOTALL)


class Dialogue(Struct, frozen=True, kw_only=True):
    """Who is client and who server, and what they say up to where TLS begins."""

    client: Endpoint
    server: Endpoint
    lines: tuple[Line, ...]
    encrypted: frozenset[Party]
    """Who began TLS."""
    clear_again: float | None = None
    """When one of them first spoke in the clear after it."""
    hidden_again: bool = False
    """And then began TLS anew."""
    unfinished: int = 0
    """Bytes of a reply that the server began and did not finish."""
    endless: tuple[float, str] | None = None
    """When the server's answer had become too long to read on, and a sentence about it."""

    @property
    def asked(self) -> str:
        """What the server was asked last."""
        verbs = (ftp.command_line(line.text)[0] for line in reversed(self.lines) if line.sender is Party.CLIENT)
        return next(verbs, "the connection")


def possible(call: Call) -> bool:
    """A call to FTP's port; or one on which both sides spoke, if both were captured."""
    return _meant(call) or not (call.syns and call.mute)


def _meant(call: Call) -> bool:
    return bool(call.syns) and call.target.port == ftp.CONTROL_PORT


def read(connection: Connection) -> Dialogue | None:
    """The FTP dialogue of a connection; None where it is something else."""
    if not (_meant(connection) or _may_be_said(connection)):
        return None
    meant = _between(connection, connection.opener, connection.target)
    if _is_ftp(connection, meant):
        return meant
    if not connection.syns:  # who opened it is a guess
        turned = _between(connection, connection.target, connection.opener)
        if _is_ftp(connection, turned):
            return turned
    return meant if _meant(connection) and _asked(meant) <= {"QUIT"} else None


def _may_be_said(connection: Connection) -> bool:
    """Neither side begins with what is neither text nor TLS: a file."""
    begin = (next(half.ordered(), None) for half in connection.halves.values())
    return not any(_NO_TEXT.match(run.payload) for run in begin if run)


def veiled(connection: Connection) -> bool:
    """Both sides begin with TLS."""
    begin = [next(half.ordered(), None) for half in connection.halves.values()]
    return all(run is not None and run.payload.startswith(TLS_HANDSHAKE) for run in begin)


def _is_ftp(connection: Connection, dialogue: Dialogue) -> bool:
    heard = [line.text for line in dialogue.lines if line.sender is Party.SERVER]
    said = [text for text in heard if not ftp.lost(text)]
    asked = _asked(dialogue)
    if asked & _MAIL:
        return False
    begun = bool(connection.syns and heard) and heard[:1] == said[:1]
    if not begun and _in_the_middle(connection, dialogue, said, asked):
        return True
    greeted = any(text[:3] in {"220", "120", "421"} for text in said[:1])
    logging_in = {"USER", "PASS"} <= asked and any(text[:3] in {"230", "331", "530"} for text in said)
    own = ftp.COMMANDS - _SHARED if any(map(_MAIL_GREETING.search, said[:1])) else ftp.COMMANDS
    return logging_in or (greeted and bool(asked & own))


def _in_the_middle(connection: Connection, dialogue: Dialogue, said: list[str], asked: set[str]) -> bool:
    """Whether it is FTP whose beginning was not recorded, or of which only one side was."""
    answering = bool(said) and all(_REPLY.match(text) for text in said[:1] + said[-1:])
    if asked:
        telling = bool(asked & (ftp.COMMANDS - _SHARED)) and asked <= ftp.COMMANDS
        return telling and (answering or connection.halves[dialogue.server].first is None)
    alone = connection.halves[dialogue.client].first is None
    return answering and alone and dialogue.server.port == ftp.CONTROL_PORT


def _asked(dialogue: Dialogue) -> set[str]:
    said = [line.text for line in dialogue.lines if line.sender is Party.CLIENT and line.text]
    beginnings = {ftp.command_line(text)[0] for text in said if ftp.verb_torn(text)}
    whole = {ftp.command_line(text)[0] for text in said if not ftp.verb_torn(text)}
    return whole | (beginnings & (ftp.COMMANDS | _MAIL))


def _between(connection: Connection, client: Endpoint, server: Endpoint) -> Dialogue:
    """The lines of both sides in the order of their segments; passwords are blanked, also where they are repeated."""
    passwords = ftp.Passwords()
    asking = Speaker(connection, client, Party.CLIENT, passwords)
    answering = Speaker(connection, server, Party.SERVER, passwords)
    said = list(_in_turn(connection, asking.lines, answering.lines))
    dialogue = Dialogue(
        client=client,
        server=server,
        lines=tuple(one.line for one in said),
        encrypted=frozenset(one.party for one in (asking, answering) if one.encrypted),
        clear_again=min(filter(None, (asking.clear_again, answering.clear_again)), default=None),
        hidden_again=asking.hidden_again or answering.hidden_again,
        unfinished=answering.unfinished,
    )
    if answering.endless is None:
        return dialogue
    heard, segment = answering.endless
    before = replace(dialogue, lines=tuple(one.line for one in said if one.segment.number <= segment.number))
    return replace(dialogue, endless=(segment.at, ftp.endless(before.asked, heard)))


def _in_turn(connection: Connection, asked: list[Said], answered: list[Said]) -> Iterator[Said]:
    """The lines of both sides as they were said; each side's own stay in their order.

    A tap may swap packets: who had acknowledged a line when it spoke had heard it; else the first packet counts.
    """
    one, other = 0, 0
    while one < len(asked) and other < len(answered):
        question, answer = asked[one], answered[other]
        first = _before(connection, question, answer)
        yield question if first else answer
        one, other = one + first, other + (not first)
    yield from asked[one:]
    yield from answered[other:]


def _before(connection: Connection, question: Said, answer: Said) -> bool:
    """Whether the client's line came before the server's."""
    known, answered = _heard(connection, answer, question), _heard(connection, question, answer)
    if ftp.lost(answer.line.text):
        return not answered  # a loss is dated by what came after it: it lies as late as it can
    if ftp.lost(question.line.text):
        return known
    return known if known != answered else question.segment.number < answer.segment.number


def _heard(connection: Connection, speaker: Said, line: Said) -> bool:
    """Whether a side had received `line` when it said what it said."""
    segment = speaker.segment
    return bool(segment.flags & Flag.ACK) and connection.halves[line.segment.source].place(segment.ack) >= line.end


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
    if any(one.verb == "QUIT" and one.final and one.final.positive for one in exchanges):
        return None  # it has said goodbye: what came after that is not answered
    if dialogue.unfinished or not exchanges:
        return dialogue.asked
    said = [line.text for line in dialogue.lines if line.sender is Party.SERVER]
    if said and ftp.lost(said[-1]):
        return None
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
