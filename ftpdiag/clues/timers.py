"""A session -> the server's word that it was idle for too long."""

from __future__ import annotations

import re

from ftpdiag.model import ControlSession, Reply

IDLE = r"(?i)timed?[ -]?out|inactiv|idle|no operation"
"""vsftpd, ProFTPD, Pure-FTPd, pyftpdlib, FileZilla Server, IIS."""

_OF_DATA = r"(?i)\bdata\b"
"""A timer of the data connection: data-stalled, or of one that never came."""

CLOSING = 421
"""RFC 959 §5.4: service not available, closing control connection."""


def timed_out(session: ControlSession) -> Reply | None:
    """Its last reply, if that is the server's farewell to a session that was idle."""
    replies = [reply for one in session.exchanges for reply in one.replies]
    last = max(replies, key=lambda reply: reply.at, default=None)
    if last is None or last.code != CLOSING or not re.search(IDLE, last.text) or re.search(_OF_DATA, last.text):
        return None
    return last


def quiet_before(session: ControlSession, reply: Reply) -> float:
    """Seconds before a reply in which neither side had said anything."""
    return reply.at - max((line.at for line in session.lines if line.at < reply.at), default=session.began)
