"""What connect() says -> who said no (errno(3); Linux: icmp_err_convert, tab_unreach)."""

from __future__ import annotations

OWN_POLICY = frozenset({"EPERM", "EACCES"})
"""This machine's own rules forbid it."""

NOBODY_THERE = frozenset({"EHOSTUNREACH", "EHOSTDOWN"})
"""Without a SYN: ARP or neighbour discovery went unanswered. A local rule that rejects may say it too."""

BY_RULES = OWN_POLICY | {"ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH", "ENETDOWN"}
"""What a rule that drops or rejects leads to. Anything else, such as a used up table, is no rule."""
