"""A device on the way drops one segment of the control connection, however often it is repeated.

What happens: a firewall that inspects FTP drops what it objects to instead of resetting the connection: a 227 that it
cannot read, a PORT it forbids. TCP repeats the segment, the device drops it again, and the session hangs until somebody
gives up. Linux' FTP helper does so with lines that look like 227 or PORT and are not ("partial matching").

How it is told: captures at both ends. A segment leaves one side three times or more, is never acknowledged, and never
arrives at the other, while earlier ones did. A capture at one end shows only that it was sent again and again, and that
nobody acknowledged it, which a peer that is gone explains as well: that is a remark.

What it is not: a server that does not answer leaves nothing behind in its own capture. A connection that is reset is
`control-reset-midway`.
"""

from __future__ import annotations

from ftpdiag.cause import Decided, Grounds, cause
from ftpdiag.clues.wording import times
from ftpdiag.evidence import packet_sighting
from ftpdiag.model import (
    Confidence,
    ControlSession,
    DataChannel,
    Evidence,
    Exchange,
    Location,
    Method,
    Remedy,
    Stuck,
    Verdict,
)
from ftpdiag.stacks import HOPELESS

_NEGOTIATING = frozenset(Method)


@cause(
    title="A device on the way drops a segment of the control connection",
    judges=(ControlSession, DataChannel),
    verdict=Verdict.BLOCKED,
    location=Location.PATH,
    remedies=(
        Remedy(
            who="network",
            product="FTP-aware firewall",
            text="Look in its log for this session, and do not inspect FTP to $server:$port.\n"
            "Linux: dmesg | grep nf_ct_ftp; nft list ruleset | grep 'ct helper'.",
        ),
        Remedy(
            who="client",
            product="any FTP client",
            text="Use TLS, which hides the commands from inspection, or a method that does not need this line.",
        ),
    ),
    references=("RFC 9293 §3.8.1", "nf_conntrack_ftp: partial matching"),
    overrides=(
        "active-answer-lost",
        "active-inbound-dropped",
        "active-refused-by-server",
        "control-login-refused",
        "control-no-greeting",
        "control-question-unanswered",
        "control-reset-midway",
        "data-stalled",
        "passive-dropped-by-client-host",
        "passive-port-dropped",
    ),
    decided_by=Decided.BOTH_ENDS,
)
def control_segment_dropped(subject: ControlSession | DataChannel) -> Grounds | None:
    """Of a data connection whose negotiation or transfer waits for that segment; else of the session."""
    session = subject.session if isinstance(subject, DataChannel) else subject
    stuck = session.stuck
    if stuck is None and not isinstance(subject, DataChannel):
        return _at_one_end(session)
    if stuck is None or (stuck.line is None and session.opaque):
        return None  # control-tls-broken
    if isinstance(subject, DataChannel):
        waits = [one for one in (subject.negotiation, subject.transfer) if one and _waits(one, stuck)]
        return _grounds(stuck) if waits and not subject.completed else None
    negotiated = [one for one in session.exchanges if one.verb in _NEGOTIATING]
    return None if negotiated else _grounds(stuck)


def _at_one_end(session: ControlSession) -> Grounds | None:
    """A command that was never acknowledged, or a reply: not a last word to a peer that may have left."""
    lost = session.unacknowledged
    if lost is None or lost.tries < HOPELESS or session.sights:
        return None
    line = next((one for one in session.lines if one.packet == lost.packet.number), None)
    if line is None or line.text.upper().startswith(_FAREWELLS):
        return None
    return Grounds(
        confidence=Confidence.POSSIBLE,
        remark=True,
        location=Location.UNKNOWN,
        summary=f"“{line.text}” was sent {times(lost.tries)} by the {lost.sender}, and never acknowledged: a device on "
        f"the way drops it for what it says, or the {lost.sender.peer} is not there any more.",
        evidence=(packet_sighting(lost.packet, f"The {lost.sender} sent it, and again, {times(lost.tries)} in all."),),
    )


_FAREWELLS = ("QUIT", "221", "421")


def _waits(exchange: Exchange, stuck: Stuck) -> bool:
    return exchange.final is None and exchange.at <= stuck.packet.at + 1


def _grounds(stuck: Stuck) -> Grounds:
    line = f"“{stuck.line}”" if stuck.line else "A segment"
    missed = stuck.packet.track.missed if stuck.packet.track else ()
    return Grounds(
        confidence=Confidence.PROVEN,
        summary=f"{line} leaves the {stuck.sender} {times(stuck.tries)} and never arrives at the {stuck.sender.peer}: "
        "a device in between drops it.",
        evidence=(
            packet_sighting(stuck.packet, f"{line} left the {stuck.sender} {times(stuck.tries)}, unacknowledged."),
            *(Evidence(text=f"It is not in {view.capture}.") for view in missed),
        ),
    )
