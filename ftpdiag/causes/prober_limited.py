"""What this machine cannot do limits what the test can say.

What happens: this machine may not sniff, or lost packets while it did; or it has no route to the server, no free port
in --active-ports, too many open files. In the first case the test runs on what its sockets tell, and says less; in
the others a part of it could not run. Neither is the doing of a firewall.

How it is told: the operating system refuses before anything is sent, or says that packets were lost; its words are
quoted.

What it is not: a rule of this machine's own firewall has causes of its own: control-dropped, control-rejected,
passive-dropped-by-client-host, active-dropped-by-client-host.
"""

from __future__ import annotations

from ftpdiag import ftp
from ftpdiag.cause import Grounds, cause
from ftpdiag.evidence import sighting
from ftpdiag.model import (
    Alternative,
    Answer,
    Confidence,
    ControlSession,
    Evidence,
    Facts,
    Location,
    Opening,
    Remedy,
    Verdict,
)

_UNSENT = frozenset({"ENETUNREACH", "ENETDOWN", "EADDRNOTAVAIL", "EMFILE", "ENFILE", "ENOBUFS", "EAFNOSUPPORT"})
"""Errors with which connect() fails before it sends anything. Only ENETUNREACH may also be an ICMP error's."""

_ASKED_FOR = "--no-sniff"
"""Who did not want to sniff knows it."""


@cause(
    title="What this machine cannot do limits the test",
    judges=(Facts, ControlSession),
    verdict=None,
    or_else="untested where nothing could be sent",
    location=Location.CLIENT_HOST,
    remedies=(
        Remedy(
            who="client",
            product="any system",
            text="To sniff: run ftpdiag as root. A route to the server: ip route get SERVER. Free ports: another "
            "--active-ports A-B, above 1023 also for root, because ftpdiag gives its privileges up. Open files: "
            "ulimit -n 1024.",
        ),
        Remedy(
            who="client",
            product="container, virtual machine",
            text="To sniff: docker run --cap-add NET_RAW; Kubernetes: securityContext.capabilities.add: [NET_RAW]\n"
            "A network: docker run --network host, or a bridge with a route to the server; for IPv6, an IPv6 address.",
        ),
    ),
    references=("connect(2)", "packet(7)", "capabilities(7)"),
    overrides=("control-rejected", "control-dropped", "control-refused", "control-no-greeting"),
)
def prober_limited(subject: Facts | ControlSession) -> Grounds | None:
    """The system declined to sniff, or declined a socket, a port or a route."""
    if isinstance(subject, Facts):
        return _sniffing(subject)
    done = (one.final for one in subject.exchanges if one.verb in ftp.TRANSFERS)
    if any(final and final.positive for final in done):
        return None
    if subject.limits:
        return Grounds(
            confidence=Confidence.PROVEN,
            verdict=Verdict.UNTESTED,
            summary=" ".join(subject.limits),
            evidence=tuple(Evidence(text=limit, at=subject.began) for limit in subject.limits),
        )
    return _no_way_out(subject, subject.socket) if subject.socket else None


def _sniffing(facts: Facts) -> Grounds | None:
    source = facts.source
    if source.target is None or not facts.sessions:
        return None
    if not source.sniffed and source.reason and _ASKED_FOR not in source.reason:
        words = source.reason
    elif source.packets_dropped:
        words = (
            f"This machine lost {source.packets_dropped} packets while it was sniffing, so what was not seen may have "
            "been there all the same."
        )
    elif source.elsewhere:
        words = (
            f"Only {source.interface} was watched: a packet that was not seen may have passed by "
            f"{' or '.join(source.elsewhere)}."
        )
    else:
        return None
    return Grounds(confidence=Confidence.PROVEN, summary=words, evidence=(Evidence(text=words, at=facts.began),))


def _no_way_out(session: ControlSession, socket: Opening) -> Grounds | None:
    wire = session.wire
    if socket.error not in _UNSENT or (wire is not None and wire.answer is not Answer.ABSENT):
        return None
    certain = wire is not None or socket.error != "ENETUNREACH"
    return Grounds(
        confidence=Confidence.PROVEN if certain else Confidence.LIKELY,
        verdict=Verdict.UNTESTED,
        summary=f"This machine has no way to send to {session.server} ({socket.error}).",
        evidence=(sighting(socket, f"connect() to {session.server} failed with {socket.error}, and sent nothing."),),
        alternatives=()
        if certain
        else (Alternative(cause="control-rejected", settle_with="the same probe with the right to sniff"),),
    )
