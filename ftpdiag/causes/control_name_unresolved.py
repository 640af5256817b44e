"""The look-up of the server's name brings no address, so there is nobody to talk to.

What happens: before anything is sent to the server, its name is looked up, and the lookup brings no address, or none
of the family that was asked for (--family). No FTP session begins, and both modes stay untested.

How it is told: by the resolver's answer on this machine, the one that every other program here gets.

What it is not: a firewall in front of the server; no packet was ever sent to it. A firewall that stops DNS looks the
same from here: the resolver then speaks of a temporary failure instead of an unknown name.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.model import Alternative, Confidence, Evidence, Facts, Location, Remedy, Verdict


@cause(
    title="The look-up of the server's name brings no address",
    judges=Facts,
    verdict=Verdict.UNTESTED,
    location=Location.UNKNOWN,
    remedies=(
        Remedy(
            who="client",
            product="any system",
            text="Check the spelling, and what this machine's resolver says:\ngetent ahosts $host\n"
            "Give the address instead of the name. Where --family was given, try without it.",
        ),
        Remedy(
            who="server",
            product="DNS zone of the server",
            text="Publish the address: NAME. IN A 203.0.113.2, and NAME. IN AAAA 2001:db8::2 where it has one.",
        ),
        Remedy(
            who="network",
            product="DNS resolver of the client",
            text="Where the resolver reports a temporary failure: let UDP and TCP port 53 through to it.",
        ),
    ),
    references=("RFC 1034 §5", "getaddrinfo(3)"),
)
def control_name_unresolved(facts: Facts) -> Grounds | None:
    """The resolver gave no address."""
    if facts.unresolved is None:
        return None
    return Grounds(
        confidence=Confidence.PROVEN,
        summary=f"{facts.unresolved} Nothing was sent to the server.",
        evidence=(Evidence(text=facts.unresolved, at=facts.began),),
        alternatives=(
            Alternative(
                cause="prober-limited", settle_with=f"the same look-up on another machine: getent ahosts {_name(facts)}"
            ),
        ),
    )


def _name(facts: Facts) -> str:
    return facts.source.target.host if facts.source.target else "NAME"
