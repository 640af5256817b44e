"""Sessions of a capture -> sentences about what it lacks of them: what was not recorded is not what did not happen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ftpdiag import ftp
from ftpdiag.model import Answer, ControlSession, DataChannel, Party


def problems(sessions: Sequence[ControlSession]) -> Iterator[str]:
    """One sentence for each thing that is missing, with the number of sessions that it is missing from."""
    lossy = sum(map(torn, sessions))
    if lossy:
        yield (
            f"Parts of the dialogue of {_counted(lossy)} were not captured, which `missing]` marks: packets were lost, "
            "or the snap length is too short (capture with `-s 0`)."
        )
    early = sum(_cut_short(session) for session in sessions)
    if early:
        yield f"It ends before the SYN of {_counted(early)} could have been answered."
    late = sum(_began_before(session) for session in sessions)
    if late:
        yield f"What was said in {_counted(late)} before the capture began is not known."
    one_sided = sum(_one_sided(session) for session in sessions)
    if one_sided:
        yield f"Only one direction of {_counted(one_sided)} was captured: mirror both."


def torn(session: ControlSession) -> bool:
    """Parts of its dialogue were not captured."""
    return any(ftp.is_torn(line.text) for line in session.lines)


def left_out(channels: Sequence[DataChannel]) -> Iterator[str]:
    """What to say where a capture holds no data connection at all."""
    agreed = [channel for channel in channels if channel.left_out and channel.agreed]
    if not agreed:
        return
    hosts = {channel.session.server.host for channel in agreed}
    server = hosts.pop() if len(hosts) == 1 else "SERVER"
    yield (
        "It holds control connections only. Data connections use other ports, which a filter such as `port 21` leaves "
        f"out: whether they came is not known. Capture again with: tcpdump -i any -w FILE host {server}"
    )
    if done := sum(_done(channel) for channel in agreed):
        went = "1 transfer" if done == 1 else f"{done} transfers"
        yield f"As far as the server tells (2yz), {went} of {len(agreed)} went well."


def hidden(connections: int) -> Iterator[str]:
    """What to say of so many that begin with TLS, on the port that FTP has for that."""
    if connections:
        those = "1 connection" if connections == 1 else f"{connections} connections"
        yield (
            f"It holds {those} to port {ftp.IMPLICIT_TLS_PORT} with TLS from the first byte on: what is said there, "
            "and whether it is FTP, only the client's secrets tell (--keylog FILE)."
        )


def _done(channel: DataChannel) -> bool:
    final = channel.transfer.final if channel.transfer else None
    return final is not None and 200 <= final.code < 300


def _counted(sessions: int) -> str:
    return f"{sessions} sessions" if sessions > 1 else "1 session"


def _cut_short(session: ControlSession) -> bool:
    return any(one.answer is Answer.SILENT and session.cuts_short(one) for one in session.openings)


def _began_before(session: ControlSession) -> bool:
    return bool(session.lines) and not any(opening.packets for opening in session.openings)


def _one_sided(session: ControlSession) -> bool:
    openers = {one.source for opening in session.openings for one in opening.packets}
    senders = {line.sender for line in session.lines}
    own = {Party.CLIENT: session.client, Party.SERVER: session.server}
    return len(session.lines) > 1 and len(senders) == 1 and openers <= {own[one] for one in senders}
