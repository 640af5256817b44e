"""What connect() says -> who said no (errno(3); Linux: icmp_err_convert, tab_unreach)."""

from __future__ import annotations

from ftpdiag.model import Opening
from ftpdiag.stacks import AT_ONCE

OWN_POLICY = frozenset({"EPERM", "EACCES"})
"""This machine's own rules forbid it."""

_UNREACHABLE = frozenset({"EHOSTUNREACH", "EHOSTDOWN"})

BY_RULES = OWN_POLICY | _UNREACHABLE | {"ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH", "ENETDOWN"}
"""What a rule that drops or rejects leads to. Anything else, such as a used up table, is no rule."""


def found_nobody(socket: Opening) -> bool:
    """No SYN left, for ARP or neighbour discovery went unanswered: that takes seconds, and a rule that rejects none."""
    return socket.error in _UNREACHABLE and (socket.waited is None or socket.waited > AT_ONCE)
