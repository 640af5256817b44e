"""The server closes a control connection that is idle for longer than it allows.

What happens: every server has a timer for sessions in which nothing is said. Clients that keep a session open between
two transfers, mount a server as a folder or pause to compare files meet it; and a few servers count a session as idle
while a transfer runs.

How it is told: the server says so, `421 Timeout.` or the like, and closes. With `--hold SECONDS` a live probe holds
transfers open for so long, one in silence and one with NOOP now and then, and sees which of them that timer ends.

What it is not: a control connection that a NAT or firewall forgot; there no 421 arrives: control-idle-dropped. A 421
that speaks of data is a timer of the data connection: data-stalled. A 421 about limits: control-service-refused.
"""

from __future__ import annotations

from ftpdiag import ftp
from ftpdiag.cause import Grounds, cause
from ftpdiag.clues.held import Held, Outcome, idle, kept_alive
from ftpdiag.clues.remedies import KEEP_ALIVE
from ftpdiag.clues.timers import CLOSING, quiet_before, timed_out
from ftpdiag.evidence import command_sighting, quotation
from ftpdiag.model import (
    Confidence,
    ControlSession,
    DataChannel,
    Evidence,
    Location,
    Remedy,
    Reply,
    Verdict,
)


@cause(
    title="The server closes a session that is idle for too long",
    judges=(ControlSession, DataChannel),
    verdict=None,
    or_else="broken where a transfer is lost by it",
    location=Location.SERVER_CONFIG,
    remedies=(
        *KEEP_ALIVE,
        Remedy(who="server", product="vsftpd", text="idle_session_timeout=900"),
        Remedy(who="server", product="ProFTPD", text="TimeoutIdle 900\nTimeoutNoTransfer 900"),
        Remedy(
            who="server",
            product="Pure-FTPd",
            text="pure-ftpd -I 15\nDebian: echo 15 > /etc/pure-ftpd/conf/MaxIdleTime\nIt counts in minutes.",
        ),
        Remedy(who="server", product="pyftpdlib", text="handler.timeout = 900"),
        Remedy(
            who="server",
            product="IIS",
            text="Set-WebConfigurationProperty -pspath MACHINE/WEBROOT/APPHOST -filter "
            "\"system.applicationHost/sites/site[@name='SITE']/ftpServer/connections\" -name controlChannelTimeout "
            "-value 900",
        ),
    ),
    references=("RFC 959 §5.4", "RFC 1123 §4.1.3.2"),
)
def control_server_timeout(subject: ControlSession | DataChannel) -> Grounds | None:
    """A 421 that speaks of time: during a transfer, after a pause, or while a transfer was held."""
    if isinstance(subject, DataChannel):
        return _during_transfer(subject)
    if (quiet := idle(subject)) and quiet.outcome is Outcome.TIMED_OUT and quiet.said:
        return _while_held(subject, quiet, quiet.said)
    said = timed_out(subject)
    if said is None or any(one.final is said for one in subject.exchanges if one.verb in ftp.TRANSFERS):
        return None
    pause = round(quiet_before(subject, said), 1)
    return Grounds(
        confidence=Confidence.PROVEN,
        summary=f"{subject.server} closed a session in which nothing was said for {pause:g} s: `{said.lines[0]}`.",
        evidence=(quotation(said, f"It came {pause:g} s after what was said before."),),
    )


def _while_held(session: ControlSession, quiet: Held, said: Reply) -> Grounds:
    kept = kept_alive(session)
    helps = kept is not None and kept.outcome is Outcome.LIVED
    pause = round(quiet_before(quiet.session, said), 1)
    return Grounds(
        confidence=Confidence.PROVEN,
        verdict=Verdict.BROKEN,
        summary=f"{session.server} closes a session in which nothing was said for {pause:g} s: `{said.lines[0]}`. "
        + ("A NOOP now and then keeps it open." if helps else ""),
        shown=quiet.session,
        evidence=(
            Evidence(text=f"A transfer was begun, and nothing was to be said for {quiet.seconds:g} s.", at=said.at),
            quotation(said, f"It came {pause:g} s after what was said before."),
            *(
                (
                    Evidence(
                        text=f"A session beside it, with a NOOP every {kept.noop:g} s, "
                        + ("lived on." if helps else "did not outlive it.")
                    ),
                )
                if kept
                else ()
            ),
        ),
    )


def _during_transfer(channel: DataChannel) -> Grounds | None:
    transfer = channel.transfer
    if transfer is None or transfer.final is None or transfer.final.code != CLOSING or not channel.opened:
        return None
    said = timed_out(channel.session)
    if said is None or transfer.final != said:
        return None
    return Grounds(
        confidence=Confidence.PROVEN,
        verdict=Verdict.BROKEN,
        summary=f"{channel.session.server} closed the session during {transfer.verb}, because nothing was said in it: "
        f"`{said.lines[0]}`.",
        evidence=(
            command_sighting(transfer, "The last command."),
            quotation(said, f"It came {round(said.at - transfer.at, 1):g} s later, and the data connection was open."),
        ),
    )
