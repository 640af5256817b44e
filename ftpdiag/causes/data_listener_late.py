"""The server announces a passive port, and listens there only a moment later.

What happens: the reply to PASV or EPSV names a port before the server, or the balancer or proxy in front of it that is
to forward the port, is ready. A client dials within a round trip, meets nobody, and is refused; a second later it would
have been let in. Near clients fail, and far ones do not.

How it is told: the same port, dialled again in the same session, refuses first and opens after a while; over several
sessions every call before a certain moment is refused, and every call after it let in. A live probe dials again by
itself where a port is refused. A capture shows it where a client tries again.

What it is not: where some calls are let in as early as others are refused, it is not the time: a balancer leads some
of them to another machine, `passive-other-backend`. A port that stays closed is `passive-port-refused`.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues.dials import calls, calls_evidence
from ftpdiag.model import Answer, Confidence, DataChannel, Location, Mode, Remedy, Verdict

ENOUGH = 2
"""Sessions in which the port refused first and opened later: one may be chance."""


@cause(
    title="The server announces a passive port before it listens there",
    judges=DataChannel,
    modes=(Mode.PASSIVE,),
    verdict=Verdict.BLOCKED,
    location=Location.SERVER_HOST,
    remedies=(
        Remedy(
            who="server",
            product="any FTP server",
            text="Listen first, and announce then: update the server, or report it to its makers. Until then use a "
            "client that tries again.",
        ),
        Remedy(
            who="network",
            product="load balancer or FTP proxy in front of the server",
            text="Let it forward the whole passive range all the time, instead of each port when it is announced.",
        ),
        Remedy(
            who="client",
            product="curl, lftp",
            text="Try again a second later:\ncurl --retry 3 --retry-delay 1 --retry-all-errors ftp://$host:$port/\n"
            "lftp -e 'set net:max-retries 3; set net:reconnect-interval-base 1' $host:$port",
        ),
    ),
    references=("RFC 959 §4.1.2",),
    overrides=("passive-port-refused", "passive-port-rejected", "passive-ports-partly-blocked"),
)
def data_listener_late(channel: DataChannel) -> Grounds | None:
    """Refused before a moment, and let in after it, whenever it was dialled again."""
    opening = channel.wire or channel.socket
    if channel.opened or opening is None or opening.answer is not Answer.REFUSED:
        return None
    made = calls(channel)
    if len(made.turned) < ENOUGH or made.last_refused >= made.first_opened:
        return None
    return Grounds(
        confidence=Confidence.LIKELY,
        summary=f"{channel.session.server.host} refuses a passive port within {_seconds(made.last_refused)} of its "
        f"announcement, and lets calls in from {_seconds(made.first_opened)} on: it announces the port before it "
        "listens there, or what forwards the port does.",
        evidence=tuple(calls_evidence(made.turned)),
    )


def _seconds(duration: float) -> str:
    return f"{duration:.1f} s"
