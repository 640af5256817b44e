"""A device that reads FTP understands PASV and PORT, and not EPSV and EPRT.

What happens: a firewall or NAT router opens the ports that it reads in PORT and in the reply to PASV (227), as RFC 959
has them, and rewrites their addresses. Those of EPRT and EPSV (229), which RFC 2428 added, mean nothing to it: what
they announce stays closed, or private. Many clients ask for EPSV first, and hang.

How it is told: by the difference, in the clear and over IPv4. Each method of one mode is tried several times, side by
side: those of RFC 959 pass each time, those of RFC 2428 never. It is proven where the client's private address is
called after PORT, by a server that declines it in EPRT and is known to look at both alike.

What it is not: passive ports of which some are blocked meet both methods alike. A server or device that declines the
command itself is `active-eprt-unsupported`, `passive-epsv-unsupported` or `control-commands-mangled`.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import remedies, settings
from ftpdiag.clues.methods import unread
from ftpdiag.model import DataChannel, Location, Method, Remedy, Verdict

_KNOW_RFC_2428 = Remedy(
    who="network",
    product="firewall or router that reads FTP",
    text="Update it to a version that knows RFC 2428 (EPSV and EPRT).\n"
    "Cisco ASA: inspect ftp, in a current release; nftables: a ct helper of the type ftp knows both.",
)

_WAYS_OUT = {
    Method.EPSV: (remedies.USE_PASV, _KNOW_RFC_2428),
    Method.EPRT: (remedies.USE_PORT, _KNOW_RFC_2428),
}


@cause(
    title="A device on the way opens what PASV and PORT name, and ignores EPSV and EPRT",
    judges=DataChannel,
    verdict=Verdict.BLOCKED,
    or_else="refused where the server declines the address that is not rewritten",
    location=Location.UNKNOWN,
    remedies=(
        remedies.USE_PASV,
        remedies.USE_PORT,
        _KNOW_RFC_2428,
        *settings.FIX_THEN_OPEN_PASSIVE_RANGE,
    ),
    references=("RFC 2428 §3", "RFC 3235 §4.2"),
    overrides=(
        "active-address-refused",
        "active-inbound-dropped",
        "passive-egress-policy",
        "passive-port-dropped",
        "passive-port-refused",
        "passive-port-rejected",
    ),
)
def alg_ignores_epsv(channel: DataChannel) -> Grounds | None:
    """EPSV or EPRT, stopped each time; PASV or PORT, never."""
    return unread(channel, _WAYS_OUT)
