"""Protocol, type and code of an ICMP message -> what the error says in words, or nothing."""

from __future__ import annotations

from collections.abc import Mapping

from ftpdiag.recording.frames.ip import ICMP, ICMPV6


def reason(protocol: int, kind: int, code: int) -> str | None:
    """The words for an error about a packet; none for any other message (echo, redirect, neighbour discovery)."""
    words = _WORDS.get((protocol, kind))
    if words is None:
        return None
    title, codes = words
    return codes[code] if code < len(codes) else f"{title}, code {code}"


_WORDS: Mapping[tuple[int, int], tuple[str, tuple[str, ...]]] = {
    (ICMP, 3): (
        "destination unreachable",
        (
            "network unreachable",
            "host unreachable",
            "protocol unreachable",
            "port unreachable",
            "fragmentation needed and DF set",
            "source route failed",
            "destination network unknown",
            "destination host unknown",
            "source host isolated",
            "communication with destination network administratively prohibited",
            "communication with destination host administratively prohibited",
            "network unreachable for type of service",
            "host unreachable for type of service",
            "communication administratively prohibited",
            "host precedence violation",
            "precedence cutoff in effect",
        ),
    ),
    (ICMP, 11): ("time exceeded", ("time exceeded in transit", "fragment reassembly time exceeded")),
    (ICMP, 12): ("parameter problem", ("parameter problem", "required option missing", "bad length")),
    (ICMPV6, 1): (
        "destination unreachable",
        (
            "no route to destination",
            "communication administratively prohibited",
            "beyond scope of source address",
            "address unreachable",
            "port unreachable",
            "source address failed ingress/egress policy",
            "reject route to destination",
            "error in source routing header",
        ),
    ),
    (ICMPV6, 2): ("packet too big", ("packet too big",)),
    (ICMPV6, 3): ("time exceeded", ("hop limit exceeded in transit", "fragment reassembly time exceeded")),
    (ICMPV6, 4): (
        "parameter problem",
        (
            "erroneous header field encountered",
            "unrecognized next header type encountered",
            "unrecognized IPv6 option encountered",
        ),
    ),
}
"""By type, the codes in order: RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7; RFC 4443 §3, RFC 6550 §20.16."""
