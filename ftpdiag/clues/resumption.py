"""A data connection that was turned away -> whether that is for want of the control connection's TLS session."""

from __future__ import annotations

import re

from ftpdiag.clues import proftpd
from ftpdiag.model import DataChannel, Reply, Tls

_WORDS = (
    r"(?i)session[- ]?(re-?use|resum)|re-?use[d]? (of )?(the )?(tls|ssl)? ?session|(not|was not|wasn't) resumed"
    r"|resumption required|cached (tls|ssl)? ?session"
)
"""vsftpd, FileZilla Server, Bitvise, Rebex, and RFC 4217 §10.2."""


def said(reply: Reply) -> bool:
    """The server's own words."""
    return bool(re.search(_WORDS, reply.text))


def declined_unresumed(channel: DataChannel, reply: Reply) -> bool:
    """ProFTPD's words for it, which are not about TLS, after a handshake that resumed nothing."""
    carriage = channel.carriage
    unresumed = carriage is not None and carriage.tls is not None and carriage.resumed is False
    return unresumed and channel.session.tls is not Tls.NONE and bool(re.match(proftpd.NOT_RESUMED, reply.lines[0]))
