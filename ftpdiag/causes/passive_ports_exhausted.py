"""All ports of the server's passive range are in use.

What happens: each passive transfer takes a port of the range from PASV or EPSV until it ends, and on some systems for
minutes after it. Clients that are given one and never dial it hold it until they time out. When none is left, vsftpd
dies of it (`500 OOPS: vsf_sysutil_bind`), Pure-FTPd and FileZilla Server decline (425). ProFTPD and pyftpdlib fall back
to any port, outside the range, where the firewall lets nobody in: transfers fail at busy hours only.

How it is told: by the server's words. Of those that fall back by the ports: what opens lies in a narrow range, and what
does not is scattered over all ports, none of it in that range; so many in so narrow a range are no chance. A live probe
samples ports when its passive data connections disagree, or when `--samples N` asks it to.

What it is not: ports that lie side by side and fail are `passive-ports-partly-blocked`; where all fail, nobody can tell
whether the server fell back (`passive-port-dropped`). Pure-FTPd takes no more clients than half of its range has ports,
and tells the next one so at the door (`control-service-refused`).
"""

from __future__ import annotations

import re

from ftpdiag.cause import Extent, Grounds, cause
from ftpdiag.clues import settings
from ftpdiag.clues.ports import Ports, dialled, samples_evidence
from ftpdiag.clues.refusals import refusal
from ftpdiag.evidence import command_sighting, quotation
from ftpdiag.model import (
    Alternative,
    Answer,
    Confidence,
    DataChannel,
    Location,
    Mode,
    Remedy,
    Reply,
    Verdict,
    View,
)

_EXPLICIT = r"(?i)ports are busy|no (more |free |available )(passive )?ports|already in use"
"""Pure-FTPd, and what others say of a bind() that found no port."""

_LIKELY = r"(?i)oops: vsf_sysutil_bind|cannot prepare for data connection|can't open data channel"
"""vsftpd, FileZilla Server, pyftpdlib: of whatever keeps them from listening."""

CHANCE = 0.1
"""Data connections that would open by chance in so narrow a range, of ports picked at random: fewer than that."""

SCATTERED = 1000
"""Ports over which those of no range spread, at least."""


@cause(
    title="All passive ports of the server are in use",
    judges=DataChannel,
    modes=(Mode.PASSIVE,),
    verdict=Verdict.REFUSED,
    or_else="blocked where it announces ports outside its range",
    location=Location.SERVER_CONFIG,
    remedies=(
        Remedy(
            who="server",
            product="any FTP server",
            text="See who holds the ports, and which of them rest after a transfer:\n"
            "ss -tan 'sport >= :$low and sport <= :$high'\n"
            "Then make the range several times as large as the transfers of a busy minute, in the server's setting and "
            "in every firewall and NAT before it; $low-$high stands for it.",
        ),
        *settings.FIX_THEN_OPEN_PASSIVE_RANGE[1:],
    ),
    references=("RFC 959 §4.2", "RFC 9293 §3.6.1"),
    overrides=(
        "passive-refused-by-server",
        "passive-ports-partly-blocked",
        "passive-port-dropped",
        "passive-egress-policy",
        "passive-port-rejected",
        "passive-port-refused",
    ),
    extent=Extent.MODE,
)
def passive_ports_exhausted(channel: DataChannel) -> Grounds | None:
    """The server says so; or it announces ports far outside the range that passes."""
    if channel.opened:
        return None
    said = refusal(channel)
    if said:
        return _said(channel, said.reply) if said.reply in channel.negotiation.replies else None
    opening = channel.wire or channel.socket
    if channel.announced is None or opening is None:
        return None
    if opening.answer is Answer.ABSENT and opening.view in {View.CLIENT_WIRE, View.CLIENT_SOCKET}:
        return None
    ports = dialled(channel)
    return _fell_back(channel, ports) if ports.mixed else None


def _said(channel: DataChannel, reply: Reply) -> Grounds | None:
    sure = bool(re.search(_EXPLICIT, reply.text))
    if not sure and not re.search(_LIKELY, reply.text):
        return None
    server = channel.session.server
    return Grounds(
        confidence=Confidence.PROVEN if sure else Confidence.LIKELY,
        summary=f"{server} has no passive port left for {channel.method}: “{reply.lines[-1]}”.",
        evidence=(
            command_sighting(channel.negotiation, "The client asked for a port to dial."),
            quotation(reply, "The server had none."),
        ),
        alternatives=()
        if sure
        else (
            Alternative(
                cause="passive-refused-by-server",
                settle_with="on the server, ss -tan: whether all ports of the passive range are in use, or it may not "
                "listen at all",
            ),
        ),
    )


def _fell_back(channel: DataChannel, ports: Ports) -> Grounds | None:
    window = [one for one in ports.stretches if one.opened]
    around = [one for one in ports.stretches if not one.opened]
    if len(window) != 1 or ports.both or ports.opened < 2:
        return None
    low, high = window[0].first, window[0].last
    by_chance = ports.looks * (high - low + 1) / (ports.stretches[-1].last - ports.stretches[0].first + 1)
    if by_chance > CHANCE or around[-1].last - around[0].first < SCATTERED:
        return None
    assert channel.announced
    return Grounds(
        confidence=Confidence.LIKELY,
        verdict=Verdict.BLOCKED,
        summary=f"{channel.session.server.host} announces ports far outside the range that passes, such as "
        f"{channel.announced.port}: it falls back to them when its passive range has none left.",
        evidence=(
            *samples_evidence(ports),
            command_sighting(channel.negotiation, f"The server announced {channel.announced}; it did not open."),
        ),
        alternatives=(
            Alternative(
                cause="passive-ports-partly-blocked",
                settle_with="the server's settings: whether its passive range is as narrow as what passes, "
                f"{low}-{high} and a little more"
                if high > low
                else "the server's settings: its passive range",
            ),
        ),
    )
