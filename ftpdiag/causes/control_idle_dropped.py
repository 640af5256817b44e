"""A NAT or firewall forgets the control connection while that is idle, and drops what comes after.

What happens: while a long transfer runs, nothing is said on the control connection. A NAT, a firewall or a load
balancer forgets connections that carry nothing for minutes. The data arrives, and the reply that ends the transfer does
not; or the next command has no answer, or a RST for one.

How it is told: with `--hold SECONDS` a live probe holds two transfers open for so long, one in silence and one with
NOOP now and then. Where the silent one dies, or its 226 comes only once the client has spoken again, and the other one
lives, it is a timer for idle connections; and no 421 of the server came. In a capture a side says something after a
pause, and repeats it to the end without an acknowledgement; or the server does, until the client speaks again.

What it is not: a server that ends idle sessions says so: control-server-timeout. A segment that is lost without a pause
before it is dropped for what it says: control-segment-dropped.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues.held import Held, Outcome, idle, kept_alive
from ftpdiag.clues.remedies import KEEP_ALIVE
from ftpdiag.clues.resets import Sender, origin
from ftpdiag.clues.wording import times
from ftpdiag.evidence import command_sighting, packet_sighting
from ftpdiag.model import (
    Alternative,
    Confidence,
    ControlSession,
    Ending,
    Evidence,
    Exchange,
    Experiment,
    HeldUp,
    Location,
    Method,
    Party,
    Remedy,
    Segment,
    Unacknowledged,
    Verdict,
)
from ftpdiag.stacks import HOPELESS

PAUSE = 5.0
"""Seconds of silence that a device may take for idleness; real ones wait for a minute or more."""

PROMPTLY = 5.0
"""Seconds: several round trips to anywhere."""


@cause(
    title="A device on the way forgets the control connection while it is idle",
    judges=ControlSession,
    verdict=Verdict.BROKEN,
    location=Location.UNKNOWN,
    remedies=(
        *KEEP_ALIVE,
        Remedy(
            who="server",
            product="Linux, any FTP server",
            text="TCP's own sign of life, every minute (vsftpd and Pure-FTPd ask for it; ProFTPD: SocketOptions "
            "keepalive on):\nsysctl -w net.ipv4.tcp_keepalive_time=60 net.ipv4.tcp_keepalive_intvl=30",
        ),
        Remedy(
            who="network",
            product="Linux firewall or NAT",
            text="sysctl -w net.netfilter.nf_conntrack_tcp_timeout_established=7200",
        ),
        Remedy(
            who="network",
            product="Cisco ASA",
            text="timeout conn 2:00:00",
        ),
        Remedy(
            who="network",
            product="FortiGate",
            text="config system session-ttl\nconfig port\nedit 21\nset protocol 6\nset start-port $port\n"
            "set end-port $port\nset timeout 7200\nend\nend",
        ),
    ),
    references=("RFC 5382 §5: no less than 2 hours and 4 minutes", "RFC 1122 §4.2.3.6"),
    overrides=("control-reset-midway", "control-segment-dropped"),
)
def control_idle_dropped(session: ControlSession) -> Grounds | None:
    """A held transfer whose end was not heard; or a segment after a pause that nobody acknowledges."""
    quiet = idle(session) if session.logged_in else None
    if quiet and quiet.outcome in {Outcome.DIED, Outcome.REVIVED}:
        return _while_held(session, quiet)
    lost = session.unacknowledged
    if lost and lost.pause >= PAUSE and lost.tries >= HOPELESS and not _farewell(session, lost.packet):
        return _after_pause(session, lost)
    if session.held_up and session.held_up.pause >= PAUSE:
        return _until_asked(session, session.held_up)
    return _reset_after_pause(session)


_OBJECTIONABLE = frozenset({*Method, "AUTH", "FEAT", "USER", "PASS"})
"""Commands to which a device may object for what they say, however late."""


def _reset_after_pause(session: ControlSession) -> Grounds | None:
    """A NAT that gives the connection another port, or a firewall that resets what it does not know."""
    hangup, last = session.hangup, session.exchanges[-1] if session.exchanges else None
    if (
        hangup is None
        or hangup.ending is not Ending.RESET
        or last is None
        or last.replies
        or last.verb == "QUIT"  # after which servers just close
        or (last.verb in _OBJECTIONABLE and not _passed_before(session, last))
    ):
        return None
    pause = last.at - max((line.at for line in session.lines if line.at < last.at), default=last.at)
    if pause < PAUSE or hangup.at - last.at > PROMPTLY:
        return None
    sender = origin(session.reset, session)
    device = session.reset is not None and sender.sender is Sender.DEVICE
    return Grounds(
        confidence=Confidence.LIKELY if device else Confidence.POSSIBLE,
        location=sender.location if device else None,
        hop=sender.hop if device else None,
        summary=f"After {round(pause, 1):g} s without a word on the control connection with {session.server}, "
        f"{last.verb} is answered with a reset: something on the way may have forgotten the connection.",
        evidence=(
            command_sighting(last, f"It came {round(pause, 1):g} s after what was said before."),
            Evidence(text=hangup.detail, at=hangup.at),
            *(
                (packet_sighting(session.reset, f"The RST has a TTL of {session.reset.ttl}.{_same_distance(session)}"),)
                if session.reset
                else ()
            ),
        ),
        alternatives=()
        if device and last.verb not in _OBJECTIONABLE
        else (
            Alternative(
                cause="control-reset-midway",
                settle_with="the same session without the pause: if it passes, it is the pause and not the command",
            ),
        ),
        settle_with=(Experiment.HELD_TRANSFER,),
    )


def _passed_before(session: ControlSession, last: Exchange) -> bool:
    """The server has granted the very same words earlier in the session: nobody objects to them."""
    same = (one for one in session.exchanges if (one.verb, one.argument) == (last.verb, last.argument))
    return any(one.final and one.final.positive for one in same if one is not last)


def _same_distance(session: ControlSession) -> str:
    if session.reset is None or session.server_ttl != session.reset.ttl:
        return ""
    return " It comes from as far away as the server: behind a NAT that now uses another port, it does not know you."


def _farewell(session: ControlSession, packet: Segment) -> bool:
    """The server's last word to a client that has gone, or the client's to a server that has."""
    lines = (line.text for line in session.lines if line.packet == packet.number)
    return any(text.startswith("421") for text in lines)


def _while_held(session: ControlSession, quiet: Held) -> Grounds:
    kept = kept_alive(session)
    helps = kept is not None and kept.outcome is Outcome.LIVED
    revived = quiet.outcome is Outcome.REVIVED
    reset = quiet.session.reset
    device = reset is not None and origin(reset, quiet.session).sender is Sender.DEVICE
    reset_or_lost = reset is not None or quiet.session.unacknowledged is not None
    return Grounds(
        confidence=Confidence.PROVEN
        if helps and (revived or reset_or_lost)
        else Confidence.LIKELY
        if helps
        else Confidence.POSSIBLE,
        location=origin(reset, quiet.session).location if device else None,
        summary=f"The control connection with {session.server} does not outlive {quiet.seconds:g} s without a word on "
        "it: "
        + (
            "what the server says then is not heard until the client has spoken again."
            if revived
            else "what is said after that has no answer."
        )
        + (" A NOOP now and then keeps it alive." if helps else ""),
        evidence=tuple(_held_evidence(quiet, kept)),
        shown=quiet.session,
        alternatives=()
        if helps
        else (
            Alternative(
                cause="data-stalled",
                settle_with="the same probe with a shorter --hold: an idle timer lets that pass",
            ),
        ),
    )


def _held_evidence(quiet: Held, kept: Held | None) -> list[Evidence]:
    session, channel = quiet.session, quiet.channel
    carried = (channel.carriage.to_client + channel.carriage.to_server) if channel.carriage else 0
    evidence = [
        Evidence(
            text=f"A transfer was held open for {quiet.seconds:g} s; its data connection carried {carried} bytes.",
            at=channel.negotiation.at,
        )
    ]
    final = channel.transfer.final if channel.transfer else None
    asked = session.exchange("NOOP")
    if quiet.outcome is Outcome.REVIVED and final and asked:
        evidence.append(
            Evidence(
                text=f"The server's reply came {round(final.at - asked.at, 1):g} s after the client had said NOOP, and "
                "not before.",
                at=final.at,
                line=final.lines[0],
            )
        )
    if session.hangup:
        evidence.append(Evidence(text=session.hangup.detail, at=session.hangup.at))
    if session.unacknowledged and session.unacknowledged.tries >= HOPELESS:
        evidence.append(_repeated(session.unacknowledged))
    if kept:
        evidence.append(
            Evidence(
                text=f"A transfer beside it, with a NOOP every {kept.noop:g} s, "
                + ("was ended as it should be." if kept.outcome is Outcome.LIVED else "fared no better.")
            )
        )
    return evidence


def _repeated(lost: Unacknowledged) -> Evidence:
    return packet_sighting(
        lost.packet,
        f"The {lost.sender} sent this {times(lost.tries)}, after {round(lost.pause, 1):g} s without a word, and it was "
        "never acknowledged.",
    )


def _after_pause(session: ControlSession, lost: Unacknowledged) -> Grounds:
    where = session.client if lost.sender is Party.SERVER and session.client else session.server
    followed = session.stuck is not None
    return Grounds(
        confidence=Confidence.LIKELY if followed else Confidence.POSSIBLE,
        location=Location.PATH if followed else None,
        summary=f"After {round(lost.pause, 1):g} s without a word on the control connection, what the {lost.sender} "
        f"says does not reach {where} any more: something on the way may have forgotten the connection.",
        evidence=(_repeated(lost),),
        alternatives=(
            Alternative(
                cause="control-segment-dropped",
                settle_with="the same session without the pause: if it passes, it is the pause and not what is said",
            ),
        ),
        settle_with=(Experiment.HELD_TRANSFER,),
    )


def _until_asked(session: ControlSession, held: HeldUp) -> Grounds:
    """The server's word waited, in a capture, for one of the client's; the transfer came to its end all the same."""
    after = f"{round(held.got_through.at - held.word.at, 1):g} s after the client had spoken"
    if held.packet:
        seen = packet_sighting(held.packet, f"The server sent this {times(held.tries)}, the last time {after}.")
    else:
        seen = packet_sighting(
            held.got_through, f"This came {after}, behind a packet with a later number: it had been said before."
        )
    return Grounds(
        confidence=Confidence.LIKELY if held.packet else Confidence.POSSIBLE,
        summary=f"After {round(held.pause, 1):g} s without a word on the control connection with {session.server}, "
        "what the server said was not heard until the client spoke again: something on the way may have forgotten the "
        "connection.",
        evidence=tuple(sorted((seen, packet_sighting(held.word, "The client spoke.")), key=lambda one: one.at or 0.0)),
        alternatives=(
            Alternative(
                cause="control-segment-dropped",
                settle_with="the same session without the pause: if all that is said gets through, it is the pause",
            ),
        ),
        settle_with=(Experiment.HELD_TRANSFER,),
    )
