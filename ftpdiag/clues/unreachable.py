"""An ICMP error's reason -> whether it says that the way or the host is missing, rather than that somebody minds."""

from __future__ import annotations

NOBODY_ANSWERS = frozenset({"host unreachable", "address unreachable"})
"""RFC 1812 §4.3.3.1 and RFC 4443 §3.1: the last router asked for the host by ARP or neighbour discovery in vain."""

NO_ROUTE = frozenset({"network unreachable", "no route to destination", "destination network unknown"})
"""RFC 1812 §4.3.3.1 and RFC 4443 §3.1: the router knows no way on."""

IN_CIRCLES = frozenset({"time exceeded in transit", "hop limit exceeded in transit"})
"""RFC 792 and RFC 4443 §3.3: too many routers were on the way, as in a loop."""
