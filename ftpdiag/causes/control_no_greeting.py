"""The control connection opens, and the server never greets.

What happens: TCP works, yet no `220` follows. The server may be busy looking up the client's name or identity before
it speaks. The port may belong to a protocol in which the client speaks first: implicit TLS (port 990), HTTP. A
transparent proxy or a SYN proxy may have answered for a server that is not there. Or the server closes at once: a
process limit, tcp_wrappers, a published container port with nothing behind it.

How it is told: connect() succeeds and no line comes until ftpdiag gives up, or until the other side closes. Bytes
that dribble in and make no greeting in that time are none, either.

What it is not: an unfriendly greeting is control-service-refused, one in another protocol control-not-ftp. A server
whose name look-up takes longer than ftpdiag waits looks the same: try a longer --timeout.
"""

from __future__ import annotations

from collections.abc import Iterator

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues.greetings import greets_too_slowly
from ftpdiag.clues.resets import Sender, origin
from ftpdiag.evidence import packet_sighting, sighting
from ftpdiag.model import (
    Alternative,
    Confidence,
    ControlSession,
    Ending,
    Evidence,
    Hangup,
    Location,
    Remedy,
    Tls,
    Verdict,
)

_OTHER_PROTOCOL = Remedy(
    who="client",
    product="ftpdiag",
    text="If this is a port for implicit TLS:\nftpdiag probe --tls implicit $target",
)

_SLOW = (
    Remedy(who="client", product="ftpdiag", text="If the server is slow:\nftpdiag probe --timeout 20 $target"),
    Remedy(who="server", product="vsftpd", text="reverse_lookup_enable=NO"),
    Remedy(who="server", product="ProFTPD", text="UseReverseDNS off\nIdentLookups off"),
    Remedy(who="server", product="Pure-FTPd", text="pure-ftpd -H\nDebian: echo yes > /etc/pure-ftpd/conf/DontResolve"),
)

_NOBODY_BEHIND = Remedy(
    who="server",
    product="container, load balancer",
    text="See that the published port leads to a running server: a proxy accepts before it knows.",
)

_PROXY = Remedy(
    who="network",
    product="proxy or firewall on the way",
    text="Let sessions to $server:$port through untouched; a proxy that accepts in the server's name hides "
    "whether the server is there.",
)


@cause(
    title="The server accepts the connection and never greets",
    judges=ControlSession,
    verdict=Verdict.BROKEN,
    location=Location.UNKNOWN,
    remedies=(_OTHER_PROTOCOL, *_SLOW, _NOBODY_BEHIND, _PROXY),
    references=("RFC 959 §5.4", "RFC 1413"),
)
def control_no_greeting(session: ControlSession) -> Grounds | None:
    """Open, not a greeting, and then the end of it."""
    opening, hangup = session.socket or session.wire, session.hangup
    if opening is None or not session.reachable or hangup is None:
        return None
    if session.lines and not greets_too_slowly(session):
        return None
    if session.tls is Tls.IMPLICIT or hangup.ending not in {Ending.FINISHED, Ending.RESET, Ending.STALLED}:
        return None
    sender = origin(session.reset, session) if session.reset else None
    device = sender is not None and sender.sender is Sender.DEVICE
    return Grounds(
        confidence=Confidence.PROVEN,
        location=sender.location if sender and device else Location.UNKNOWN,
        hop=sender.hop if sender and device else None,
        summary=f"{session.server} accepts the connection and {_what_then(session, hangup)}",
        evidence=(
            sighting(opening, f"The connection to {session.server} opened."),
            Evidence(text=session.behaviour or hangup.detail, at=hangup.at),
            *(
                (packet_sighting(session.reset, "A RST ended it, from another distance than the server's SYN-ACK."),)
                if session.reset and device
                else ()
            ),
        ),
        remedies=(*_SLOW[:1], _PROXY) if session.lines else (),
        alternatives=tuple(_alternatives(session, hangup)),
    )


def _what_then(session: ControlSession, hangup: Hangup) -> str:
    if session.lines:
        return "does not get to the end of its greeting."
    return "says nothing." if hangup.ending is Ending.STALLED else "ends it without a greeting."


def _alternatives(session: ControlSession, hangup: Hangup) -> Iterator[Alternative]:
    if session.lines:
        yield Alternative(
            cause="proxy-in-the-way",
            settle_with="the same probe from another network: whether the server itself is so slow",
        )
    elif hangup.ending is Ending.STALLED:
        yield Alternative(
            cause="control-not-ftp",
            settle_with="the same probe with --tls implicit: a port for implicit TLS waits for the client",
        )
    else:
        yield Alternative(
            cause="control-service-refused",
            settle_with="the server's log, and the same probe later: a limit closes without a word, too",
        )
