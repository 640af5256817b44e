"""The control connection is cut off in answer to one command.

What happens: everything goes well until the client says one particular command (PORT, EPRT, AUTH), and the
connection is reset or closed instead of answered. A device that inspects FTP objects to that command: an address in
PORT that is not the packet's own, a command it does not know, encryption it could not read.

How it is told: a RST or a FIN in the server's name comes within a round trip of the command, without a reply. A RST
whose TTL does not fit the server's comes from a device on the way. A RST from as far away as the server, or a FIN, may
also come from the server: a crash of its process, or its own protection against bounce attacks.

What it is not: a server that says 421 before it closes has said why. One that falls silent is not reported here.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import settings
from ftpdiag.clues.resets import Sender, origin
from ftpdiag.evidence import command_sighting, packet_sighting
from ftpdiag.model import (
    Alternative,
    Confidence,
    ControlSession,
    DataChannel,
    Ending,
    Evidence,
    Exchange,
    Hangup,
    Location,
    Remedy,
    Verdict,
)

PROMPTLY = 5.0
"""Seconds: several round trips to anywhere, and well below the shortest timer of a server or a NAT (30 s)."""

_ENDS = frozenset({Ending.RESET, Ending.FINISHED})


@cause(
    title="The control connection is cut off in answer to a command",
    judges=(ControlSession, DataChannel),
    verdict=Verdict.BLOCKED,
    location=Location.UNKNOWN,
    remedies=(
        Remedy(
            who="network",
            product="FTP-aware firewall",
            text="Do not inspect FTP to $server:$port, or relax what it checks.\n"
            "Cisco ASA: inspect ftp without `strict`; FortiGate: no session helper for port $port, and an IPS profile "
            "without the FTP bounce signature.",
        ),
        Remedy(
            who="client",
            product="any FTP client",
            text="Use TLS, which hides the commands from inspection, or a method that does not need this command: "
            "passive instead of PORT and EPRT; PORT instead of EPRT (curl: --disable-eprt).",
        ),
        settings.SANDBOX,
        Remedy(
            who="server",
            product="any FTP server",
            text="Look in its log for this session: a crash or its own protection closes without a word, too.",
        ),
    ),
    references=("RFC 2577 §3", "Cisco ASA: inspect ftp strict"),
    overrides=("data-peer-rejected", "data-reset-midway", "data-stalled", "data-tls-failed"),
)
def control_reset_midway(subject: ControlSession | DataChannel) -> Grounds | None:
    """The last command has no reply, and the connection ended right after it; or it ended during the transfer."""
    if isinstance(subject, DataChannel):
        return _during_transfer(subject)
    hangup = subject.hangup
    if hangup is None or hangup.ending not in _ENDS or len(subject.exchanges) < 2:
        return None
    last = subject.exchanges[-1]
    if not last.verb or last.verb == "QUIT" or last.replies or hangup.at - last.at > PROMPTLY:
        return None
    return _cut_off(subject, hangup, last, f"in answer to {last.verb}")


def _during_transfer(channel: DataChannel) -> Grounds | None:
    hangup, carriage, transfer = channel.session.hangup, channel.carriage, channel.transfer
    if hangup is None or hangup.ending not in _ENDS or carriage is None or carriage.ending is not Ending.STOPPED:
        return None
    if transfer is None or not transfer.replies or transfer.final is not None:
        return None
    return _cut_off(channel.session, hangup, transfer, f"during {transfer.verb}")


def _cut_off(session: ControlSession, hangup: Hangup, command: Exchange, when: str) -> Grounds:
    sender = origin(session.reset, session)
    device = session.reset is not None and sender.sender is Sender.DEVICE
    by_server = session.reset is not None and sender.sender is Sender.SERVER
    end = "reset" if hangup.ending is Ending.RESET else "closed"
    return Grounds(
        confidence=Confidence.PROVEN if device else Confidence.LIKELY if session.reset else Confidence.POSSIBLE,
        location=sender.location if device or by_server else Location.UNKNOWN,
        hop=sender.hop if device else None,
        summary=f"A device on the way, not {session.server.host} itself, resets the control connection {when}."
        if device
        else f"The control connection to {session.server} is {end} {when}.",
        evidence=(
            command_sighting(command, "The last command."),
            Evidence(text=hangup.detail, at=hangup.at),
            *(
                (
                    packet_sighting(
                        session.reset,
                        f"The RST in the server's name has a TTL of {session.reset.ttl}, the "
                        f"server's SYN-ACK had {session.server_ttl}.",
                    ),
                )
                if session.reset
                else ()
            ),
        ),
        alternatives=()
        if device
        else (
            Alternative(
                cause="control-commands-mangled",
                settle_with="the same command under TLS (--tls explicit), where no device on the way can read it",
            ),
        ),
    )
