"""The server's name has an address at which nobody answers.

What happens: the name has several A or AAAA records, and not every one leads to the server: a machine that is gone, one
that does not run FTP, one behind a firewall that lets nobody in.

How it is told: connect() to the control port fails at that address, and succeeds at another one of the same name, over
the same version of IP.

What it is not: a name none of whose addresses answers; of that the first stands for all. ftpdiag waits in full for the
first, two seconds at most for each of the others, and for all of those together no longer than for the first. Clients
try the addresses in turn, so they get through, some of them after a minute at each that is dead.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.evidence import sighting
from ftpdiag.model import Answer, Confidence, ControlSession, Location, Opening, Remedy


@cause(
    title="The server's name has an address at which nobody answers",
    judges=ControlSession,
    verdict=None,
    location=Location.UNKNOWN,
    remedies=(
        Remedy(
            who="server",
            product="DNS",
            text="Take the address out of the name's A and AAAA records, or see that FTP answers there too.",
        ),
    ),
    references=("RFC 1123 §2.3", "RFC 1123 §6.1.3.4"),
)
def control_address_dead(session: ControlSession) -> Grounds | None:
    """Others of the name's addresses were tried in vain before one accepted."""
    dead = session.passed_over
    if not dead or not session.reachable:
        return None
    names = ", ".join(f"{one.target.host} ({_outcome(one)})" for one in dead)
    return Grounds(
        confidence=Confidence.PROVEN,
        summary=f"Of the addresses of this name, {names} did not accept on port {session.server.port}; what this "
        f"report says is about {session.server.host}.",
        evidence=tuple(sighting(one, f"connect() to {one.target} failed: {_outcome(one)}.") for one in dead),
    )


def _outcome(opening: Opening) -> str:
    words = {Answer.REFUSED: "refused", Answer.SILENT: "no answer"}
    return words.get(opening.answer, opening.error or opening.answer)
