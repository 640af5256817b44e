"""Bytes <-> lines <-> commands, replies, endpoints (RFC 959, 1123, 1639, 2428, 4217). Pure: feed and ask."""

from __future__ import annotations

from ftpdiag.ftp.commands import (
    COMMANDS,
    CONTROL_PORT,
    DOWNLOADS,
    IMPLICIT_TLS_PORT,
    NAMELESS,
    PROTECTED,
    SECRET,
    TRANSFERS,
    command_line,
    secrets,
)
from ftpdiag.ftp.endpoints import (
    announced_by,
    eprt_argument,
    passive_port,
    port_argument,
)
from ftpdiag.ftp.exchanges import (
    ANNOUNCES,
    QUESTIONS,
    admitted,
    exchanges,
    hides,
    logged_in,
)
from ftpdiag.ftp.lines import (
    CRLF,
    MAX_LINE,
    LineReader,
    is_torn,
    lost,
    torn,
    verb_torn,
)
from ftpdiag.ftp.overdue import Overdue
from ftpdiag.ftp.passwords import (
    Passwords,
    repeatable,
    sought,
)
from ftpdiag.ftp.replies import (
    Patience,
    ReplyReader,
    endless,
    unfinished,
    whole,
)
from ftpdiag.ftp.telling import (
    client_seen_as,
    offers_tls,
    out_of_service,
    product_in,
    wants_tls,
)

__all__ = [
    "ANNOUNCES",
    "COMMANDS",
    "CONTROL_PORT",
    "CRLF",
    "DOWNLOADS",
    "IMPLICIT_TLS_PORT",
    "MAX_LINE",
    "NAMELESS",
    "PROTECTED",
    "QUESTIONS",
    "SECRET",
    "TRANSFERS",
    "LineReader",
    "Overdue",
    "Passwords",
    "Patience",
    "ReplyReader",
    "admitted",
    "announced_by",
    "client_seen_as",
    "command_line",
    "endless",
    "eprt_argument",
    "exchanges",
    "hides",
    "is_torn",
    "logged_in",
    "lost",
    "offers_tls",
    "out_of_service",
    "passive_port",
    "port_argument",
    "product_in",
    "repeatable",
    "secrets",
    "sought",
    "torn",
    "unfinished",
    "verb_torn",
    "wants_tls",
    "whole",
]
