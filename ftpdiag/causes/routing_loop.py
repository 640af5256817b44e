"""Packets towards the server go in circles, until a router throws them away.

What happens: one router sends what is for the server to a second one, and that one sends it back, as where a route is
missing and the default route points back. Each takes one off the packet's TTL or hop limit; the one that finds none
left answers with the ICMP error “time exceeded”.

How it is told: by that error, in answer to the SYN. ftpdiag's SYNs start with a TTL of 64, and no way through the
Internet is nearly as long.

False friends: a tap inside a tunnel, or a client that starts with a very small TTL, may see that error on a way that
is merely long. The finding is likely, never proven. Only a route can mend it: no firewall is asked to let more in.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import remedies
from ftpdiag.clues.hops import answerer
from ftpdiag.clues.unreachable import IN_CIRCLES
from ftpdiag.evidence import packet_sighting, sighting
from ftpdiag.model import Confidence, ControlSession, DataChannel, IcmpError, Location, Mode, Verdict, View
from ftpdiag.stacks import hop_of


@cause(
    title="Packets to the server go in circles",
    judges=(ControlSession, DataChannel),
    modes=(Mode.PASSIVE,),
    verdict=Verdict.BLOCKED,
    location=Location.UNKNOWN,
    remedies=(remedies.FIND_THE_ROUTE,),
    references=("RFC 792", "RFC 4443 §3.3", "RFC 1812 §5.2.7.3"),
)
def routing_loop(subject: ControlSession | DataChannel) -> Grounds | None:
    """A SYN, and “time exceeded” in answer to it."""
    wire = subject.wire
    error = answerer(wire) if wire else None
    if wire is None or not isinstance(error, IcmpError) or error.reason not in IN_CIRCLES:
        return None
    return Grounds(
        confidence=Confidence.LIKELY,
        summary=f"What is sent to {wire.target} goes in circles between routers, until {error.reporter} throws it "
        f"away: {error.reason}.",
        evidence=(
            sighting(wire, f"The SYN to {wire.target} passed."),
            packet_sighting(error, f"{error.reporter} answered with the ICMP error “{error.reason}”."),
        ),
        hop=hop_of(error.ttl) if wire.view is View.CLIENT_WIRE else None,
    )
