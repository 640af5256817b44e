"""The faults that a finding may name as what it could be instead, and that no cause tells apart yet.

Whoever writes the cause takes its suspect out of here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A fault that is known, and never reported."""

    name: str
    """As the cause will be called."""
    title: str
    text: str
    """What it is, and what it looks like."""
    settle_with: str
    """What would tell, until ftpdiag can."""


SUSPECTS = (
    Suspect(
        name="nat64-without-alg",
        title="IPv6 is translated to IPv4 on the way, and nobody translates FTP",
        text="The server has IPv4 only; a NAT64 gives it an IPv6 address for this client. EPRT |2| and EPSV 2 then "
        "mean nothing to the server (RFC 6384). The remedy is EPSV without an argument, or a helper in the NAT64.",
        settle_with="getent ahostsv6 SERVER: an address in 64:ff9b::/96, or in the NAT64 prefix of this network, is "
        "translated. The same probe with --family 4 from a network that has IPv4.",
        name="data-half-open",
        title="The data connection is open on one side only",
        text="A device answers the SYN in the other side's name (a SYN proxy), or the two directions take different "
        "ways: one side believes that the connection stands, the other never saw it.",
        settle_with="Captures on both sides at the same time: a SYN-ACK arrives that its sender never sent, or an ACK "
        "leaves that never arrives.",
    ),
)
