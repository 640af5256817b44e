"""What was read, and what it leaves open -> the commands that tell more: of one session, or of where it breaks."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from ftpdiag.model import ControlSession, DataChannel, Facts, Finding, Location, Source, Vantage, Verdict, View
from ftpdiag.next_probe import completed
from ftpdiag.report.look import Look

_FEW = 3
"""Files that fit on a line."""

_ENDS = {View.CLIENT_WIRE: "--client ", View.MIDDLE_WIRE: "--middle ", View.SERVER_WIRE: "--server "}

_LOST = frozenset({Verdict.BLOCKED, Verdict.BROKEN, Verdict.UNKNOWN})
"""What the other end's packets explain; a reply that declines says all by itself."""


def same_replay(source: Source) -> str:
    """The command that reads the same captures."""
    files = [f"{_ENDS.get(file.view, '') if file.view else ''}{shlex.quote(file.path)}" for file in source.files]
    return f"ftpdiag replay {' '.join(files) if 0 < len(files) <= _FEW else 'FILE…'}"


def one_in_full(source: Source) -> list[str]:
    """How to see one session with its dialogue; what came on standard input is gone by now."""
    if any(file.path == "-" for file in source.files):
        return [
            "One of them in full, with its dialogue, once standard input was saved:",
            "  ftpdiag replay FILE --session N",
        ]
    return ["One of them in full, with its dialogue:", f"  {same_replay(source)} --session N"]


def told_by_captures(findings: Iterable[Finding], facts: Facts) -> Finding | None:
    """The first finding whose place captures of both ends would tell; none where both were read already."""
    if facts.vantage is Vantage.BOTH:
        return None
    open_ones = (one for one in findings if one.location is Location.UNKNOWN and one.verdict in _LOST and one.subjects)
    return next(open_ones, None)


def captures_that_tell(finding: Finding, facts: Facts, look: Look) -> list[str]:
    """What to capture at both ends, and how to read it."""
    session = _session(finding)
    seen = seen_as(session, facts)
    behind = "" if seen else " (behind a NAT, the server sees its address instead)"
    if facts.source.target:
        here = completed("    client$ ftpdiag probe $target --save client.pcap", facts.source)
    else:
        here = f"    client$ tcpdump -i any -w client.pcap host {session.server.host}"
    return [
        "What would tell where",
        *look.wrapped(f"Captures of both ends, made at the same time{behind}:", first="  "),
        f"    server$ tcpdump -i any -w server.pcap host {seen or _client(session)}",
        here,
        "    ftpdiag replay --client client.pcap --server server.pcap",
    ]


def seen_as(session: ControlSession, facts: Facts) -> str | None:
    """The client as the server said that it sees it, in this session or another between the same two."""
    hosts = _client(session), session.server.host
    alike = (one for one in facts.sessions if (_client(one), one.server.host) == hosts)
    return next((one.client_seen_as for one in (session, *alike) if one.client_seen_as), None)


def _session(finding: Finding) -> ControlSession:
    subject = finding.subjects[0]
    return subject.session if isinstance(subject, DataChannel) else subject


def _client(session: ControlSession) -> str:
    """Its address; of a connection that never stood, the one that its SYNs came from."""
    if session.client:
        return session.client.host
    return next((one.opener.host for one in session.openings if one.packets), "CLIENT")
