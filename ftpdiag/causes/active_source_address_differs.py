"""The call-back comes from another address than that of the control connection.

What happens: a server with several addresses, or several machines behind one, sends the data connection from another
of them. Or a NAT on the way gives the call-back another source address than it gave the control connection. A careful
client accepts data from the server it talks to and from nobody else, so it refuses; firewalls that follow FTP do,
too.

How it is told: a SYN, or an accepted connection, reaches the announced port from another host, and none comes from
the server.

What it is not: a passer-by that happens to call this very port in these very seconds looks the same. Then the
server's own call-back is seen as well, and this finding is not made.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import settings
from ftpdiag.clues.addresses import local_kind
from ftpdiag.evidence import sighting
from ftpdiag.model import Answer, Confidence, DataChannel, Ending, Endpoint, Evidence, Location, Mode, Verdict


@cause(
    title="The call-back comes from another address than the server's",
    judges=DataChannel,
    modes=(Mode.ACTIVE,),
    verdict=Verdict.BLOCKED,
    location=Location.UNKNOWN,
    remedies=settings.CALL_BACK_FROM_SAME_ADDRESS,
    references=("RFC 959 §3.2", "RFC 2577 §4"),
    overrides=("active-inbound-dropped", "data-reset-midway", "data-stalled"),
)
def active_source_address_differs(channel: DataChannel) -> Grounds | None:
    """Somebody else called, and the server did not."""
    server = channel.session.server
    calls = [one for one in channel.openings if one.answer is not Answer.ABSENT and one.opener.host]
    accepted = any(carriage.ending is not Ending.RESET for carriage in channel.carriages)
    if accepted or any(one.opener.host == server.host for one in calls):
        return None
    caller: Endpoint | None = calls[0].opener if calls else next(iter(channel.strangers), None)
    if caller is None:
        return None
    near = local_kind(caller.host) and not local_kind(server.host)
    whose = (
        f"{caller.host} is a private address: a NAT on the client's side puts it there."
        if near
        else "The server has several addresses, or a NAT on the way gives the call-back another one."
    )
    return Grounds(
        confidence=Confidence.LIKELY,
        summary=f"The control connection goes to {server.host}, and the call-back to {channel.announced} comes from "
        f"{caller.host}, which a careful client refuses. {whose}",
        evidence=(
            sighting(calls[0], f"A SYN to {calls[0].target} came from {caller}.")
            if calls
            else Evidence(text=f"A connection to {channel.announced} came from {caller} and was refused."),
            Evidence(text=f"None came from {server.host}."),
        ),
        location=Location.CLIENT_NETWORK if near else None,
    )
