"""A connection -> the FTP dialogue on it, if it is a control connection by what is said on it."""

from __future__ import annotations

from dataclasses import dataclass

from ftpdiag import ftp
from ftpdiag.model import Endpoint, Exchange, Flag, Hangup, Line, Party
from ftpdiag.tcp import Connection

CONTROL_PORT = 21
"""FTP's own (IANA): a connection to it is meant as FTP even where nobody answered, or nothing was asked."""

_MAIL = frozenset({"HELO", "EHLO", "MAIL", "RCPT", "DATA", "STLS", "CAPA", "NICK", "JOIN"})
"""SMTP greets with 220 as well, POP3 and IRC say USER and PASS: these words give them away."""

_TLS_RECORD = b"\x16\x03"
"""A handshake record of any TLS version (RFC 8446 §5.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """Who is client and who server, and what they say up to where TLS begins."""

    client: Endpoint
    server: Endpoint
    lines: tuple[Line, ...]
    encrypted: frozenset[Party]
    """Who began TLS."""


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
    lines: list[tuple[int, Line]] = []
    encrypted: set[Party] = set()
    secrets: list[str] = []
    for endpoint, sender in ((client, Party.CLIENT), (server, Party.SERVER)):
        reader = ftp.LineReader()
        for segment, payload in connection.halves[endpoint].ordered():
            if payload[:2] == _TLS_RECORD and not reader.rest:
                encrypted.add(sender)
                break
            for text in reader.feed(payload):
                if sender is Party.CLIENT:
                    secrets += filter(None, [ftp.secret(text)])
                shown = ftp.blanked(text) if sender is Party.CLIENT else ftp.without(secrets, text)
                lines.append((segment.number, Line(at=segment.at, sender=sender, text=shown)))
    ordered = tuple(line for _, line in sorted(lines, key=lambda numbered: numbered[0]))
    return Dialogue(client=client, server=server, lines=ordered, encrypted=frozenset(encrypted))


_TLS_RECORD = b"\x16\x03"
"""A handshake record of any TLS version (RFC 8446 §5.1)."""


def hangup(connection: Connection, dialogue: Dialogue, exchanges: tuple[Exchange, ...]) -> Hangup | None:
    """The server's side ended it while a command, or the client's first TLS record, waited for an answer."""
    end = connection.end
    if end is None or end.source != dialogue.server or not exchanges:
        return None
    if dialogue.encrypted == {Party.CLIENT}:
        waiting = "the TLS handshake"
    elif not dialogue.encrypted and exchanges[-1].final is None and exchanges[-1].verb != "QUIT":
        waiting = exchanges[-1].verb or "the connection"
    else:
        return None
    ended = "reset" if end.flags & Flag.RST else "closed"
    detail = f"The control connection was {ended} in the server's name after {waiting}."
    return Hangup(at=end.at, ending=connection.ending, detail=detail)
