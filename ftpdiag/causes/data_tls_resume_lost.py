"""The server wants the TLS session resumed, and forgets it before the session ends.

What happens: the server takes data connections only if they resume the TLS session of the control connection. It keeps
that session for so long, five minutes where nothing else is set, or lets it be resumed once only. The first
transfers pass; after a long one, or a pause, or as the second of two, the next is turned away.

How it is told: in one session a transfer passes, and a later one is turned away for want of the session: in the
server's words, or with ProFTPD's `425 Unable to build data connection: Operation not permitted` after a handshake that
resumed nothing. `ftpdiag probe --hold SECONDS` makes a transfer, waits that long, and makes it again in the same
session. So does a capture tell whose TLS is decrypted (--keylog).

What it is not: where the first transfer is turned away already, it is `data-tls-session-reuse-required`. A control
connection that dies meanwhile is `control-idle-dropped` or `control-server-timeout`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import resumption
from ftpdiag.clues.remembered import remembered
from ftpdiag.evidence import channel_sighting, quotation
from ftpdiag.model import Carriage, Confidence, DataChannel, Experiment, Location, Remedy, Tls, Verdict


@cause(
    title="The server forgets the TLS session that later transfers must resume",
    judges=DataChannel,
    verdict=Verdict.BROKEN,
    location=Location.SERVER_CONFIG,
    remedies=(
        Remedy(
            who="server",
            product="ProFTPD",
            text="TLSSessionCache internal: 28800\nOr, if nobody needs it:\nTLSOptions NoSessionReuseRequired",
        ),
        Remedy(who="server", product="vsftpd", text="require_ssl_reuse=NO"),
        Remedy(
            who="server",
            product="FileZilla Server",
            text="Server settings > FTP and FTPS > Connection security: do not require TLS session resumption.",
        ),
        Remedy(
            who="client",
            product="any FTP client",
            text="Log in again after a long transfer or pause, or transfer with TLS 1.2 where TLS 1.3 fails (curl: "
            "--tls-max 1.2). With TLS 1.3, resume with the newest ticket, not with the first.",
        ),
    ),
    references=("RFC 4217 §10.2", "RFC 8446 §4.6.1", "http://www.proftpd.org/docs/howto/TLS.html"),
    overrides=(
        "data-tls-session-reuse-required",
        "data-protection-mismatch",
        "data-peer-rejected",
        "data-tls-failed",
        "data-reset-midway",
        "data-stalled",
        "passive-refused-by-server",
        "active-refused-by-server",
    ),
)
def data_tls_resume_lost(channel: DataChannel) -> Grounds | None:
    """In one session one passes and a later one does not: in this one, or in one that was made to see that."""
    if channel.session.tls is Tls.NONE:
        return None
    for earlier, later in _pairs(channel):
        if earlier.completed and _turned_away(later):
            return _grounds(earlier, later)
    return None


def _pairs(channel: DataChannel) -> Iterator[tuple[DataChannel, DataChannel]]:
    if _turned_away(channel):
        those = _by_session(channel.beside).get(id(channel.session), ())
        yield from ((one, channel) for one in those if one.negotiation.at < channel.negotiation.at)
    for again in channel.tried(Experiment.LATER_TRANSFER) if channel.completed else ():
        if again.session.tls is channel.session.tls and len(again.channels) > 1:
            yield again.channels[0], again.channels[-1]


@remembered()
def _by_session(those: tuple[DataChannel, ...]) -> Mapping[int, tuple[DataChannel, ...]]:
    groups: dict[int, list[DataChannel]] = {}
    for one in those:
        groups.setdefault(id(one.session), []).append(one)
    return {session: tuple(made) for session, made in groups.items()}


def _turned_away(channel: DataChannel) -> bool:
    reply = channel.refusal
    return reply is not None and (resumption.said(reply) or resumption.declined_unresumed(channel, reply))


def _grounds(earlier: DataChannel, later: DataChannel) -> Grounds:
    reply = later.refusal
    assert reply is not None
    after = round(later.negotiation.at - earlier.negotiation.at)
    return Grounds(
        confidence=Confidence.PROVEN,
        summary=f"{later.session.server.host} lets one transfer resume the control connection's TLS session, and "
        f"turns one away that begins {after} s later: `{reply.lines[0]}`.",
        evidence=(
            channel_sighting(earlier, f"A transfer of this session passed{_resumed(earlier.carriage)}."),
            channel_sighting(later, f"{after} s later the next one was turned away{_resumed(later.carriage)}."),
            quotation(reply, "The server's reply."),
        ),
        shown=later,
    )


def _resumed(carriage: Carriage | None) -> str:
    if carriage is None or carriage.resumed is None:
        return ""
    return f"; its {carriage.tls} session was {'' if carriage.resumed else 'not '}resumed"
