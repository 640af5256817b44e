"""A device that reads FTP understands EPSV and EPRT, and gets PASV and PORT wrong.

What happens: a firewall, NAT router or load balancer opens the port that it reads in the reply to EPSV (229), and not
that of PASV (227), or leaves the private address in it. Clients that use PASV, as many do over IPv4, hang.

How it is told: by the difference, in the clear and over IPv4. Each method of one mode is tried several times, side by
side: EPSV passes each time, PASV never; the port is dialled at the address of the control connection in either case,
whatever the 227 names.

What it is not: a 227 that names an address nobody can reach, while the port at the right address is open, is
`passive-address-unroutable`. Passive ports of which some are blocked meet both methods alike.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import remedies, settings
from ftpdiag.clues.methods import unread
from ftpdiag.model import DataChannel, Location, Method, Remedy, Verdict

_FOLLOW_PORT = Remedy(
    who="network",
    product="firewall, router or load balancer that reads FTP",
    text="Update it, or see why it does not follow PORT: many do so only where that names the client's own address.",
)

_FOLLOW_227 = Remedy(
    who="network",
    product="firewall, router or load balancer that reads FTP",
    text="Update it, or see why it does not follow the reply 227: many do so only where that begins a line, "
    "names six numbers, and the server's own address.",
)

_WAYS_OUT = {
    Method.PASV: (remedies.USE_EPSV, _FOLLOW_227),
    Method.PORT: (remedies.USE_EPRT, _FOLLOW_PORT),
}


@cause(
    title="A device on the way opens what EPSV and EPRT name, and not what PASV and PORT do",
    judges=DataChannel,
    verdict=Verdict.BLOCKED,
    or_else="refused where the server declines the address that is not rewritten",
    location=Location.UNKNOWN,
    remedies=(
        remedies.USE_EPSV,
        remedies.USE_EPRT,
        _FOLLOW_227,
        _FOLLOW_PORT,
        *settings.FIX_THEN_OPEN_PASSIVE_RANGE,
    ),
    references=("RFC 2428 §3", "RFC 1123 §4.1.2.6"),
    overrides=(
        "active-address-refused",
        "active-inbound-dropped",
        "passive-address-unroutable",
        "passive-egress-policy",
        "passive-port-dropped",
        "passive-port-refused",
        "passive-port-rejected",
    ),
)
def alg_epsv_only(channel: DataChannel) -> Grounds | None:
    """PASV or PORT, stopped each time; EPSV or EPRT, never."""
    return unread(channel, _WAYS_OUT)
