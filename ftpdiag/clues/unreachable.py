"""An ICMP error's reason -> whether it says that nobody answers at the address, rather than that somebody minds."""

from __future__ import annotations

NOBODY_ANSWERS = frozenset({"host unreachable", "address unreachable"})
"""RFC 1812 §4.3.3.1 and RFC 4443 §3.1: the last router asked for the host by ARP or neighbour discovery in vain."""
