"""The server's name has several addresses, and they are not the same server.

What happens: the name has several A or AAAA records (round-robin DNS, a cluster, an old machine beside a new one). Each
client, and each new connection of one client, may meet another machine: one whose firewall is open and one whose is
not, one with the file and one without. A client that looks the name up again for the data connection even opens that to
a machine that expects nobody. So FTP "works sometimes".

How it is told: a handshake fails at one address, and a live probe makes the same with the others: there it comes to
something else, which is likely, or another greeting answers, which is proven. ftpdiag itself keeps to one address for
all of its sessions, and its report is about that one.

What it is not: an address at which nobody answers is `control-address-dead`. Several machines behind one address are
`passive-other-backend`. Where the handshake fails the same way at every address, with the same greeting, the name is
not what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues.greetings import greeting
from ftpdiag.evidence import channel_sighting
from ftpdiag.model import (
    Alternative,
    Confidence,
    ControlSession,
    DataChannel,
    Evidence,
    Experiment,
    Location,
    Mode,
    Remedy,
    Retried,
)

_ALIKE = Remedy(
    who="server",
    product="DNS",
    text="Leave in the name's A and AAAA records only machines that are set up alike, passive range, firewall and "
    "content included; or give each a name of its own.",
)


@cause(
    title="The server's name has several addresses that are not the same server",
    judges=DataChannel,
    verdict=None,
    location=Location.SERVER_CONFIG,
    remedies=(_ALIKE,),
    references=("RFC 1123 §2.3", "RFC 1794"),
)
def name_resolves_to_several_hosts(channel: DataChannel) -> Grounds | None:
    """The handshake failed here, and the name's other addresses were tried, or are still to be."""
    session = channel.session
    if not session.others or channel.completed or channel.unused:
        return None
    made = channel.tried(Experiment.OTHER_ADDRESSES)
    if not made:
        return _untried(channel)
    tried = [one for one in made if one.cell.method is channel.method]
    differing = [one for one in tried if _differs(session, one)]
    if not differing:
        return None
    worked = [one for one in differing if _works(one)]
    there = ", ".join(one.session.server.host for one in worked or differing)
    outcome = f"at {there} of the same name the same {channel.method} works" if worked else f"{there} is another server"
    sure = any(_greets_otherwise(session, one) for one in differing)
    return Grounds(
        confidence=Confidence.PROVEN if sure else Confidence.LIKELY,
        summary=f"This report is about {session.server.host}; {outcome}.",
        evidence=(
            channel_sighting(channel, f"{channel.method} failed at {session.server.host}{_as(session)}."),
            *_told(tried),
        ),
        remedies=(*map(_instead, worked[:1]), _ALIKE),
        alternatives=() if sure else (_OTHERWISE[channel.mode],),
    )


_OTHERWISE = {
    Mode.PASSIVE: Alternative(
        cause="passive-ports-partly-blocked",
        settle_with="each address with --samples 20: whether some ports pass and some do not; and whether a firewall "
        "of yours lets you out to one of the addresses only",
    ),
    Mode.ACTIVE: Alternative(
        cause="active-inbound-dropped", settle_with="your firewall's rules: whether they name one of the addresses only"
    ),
}
"""Of machines that greet alike."""


def _untried(channel: DataChannel) -> Grounds:
    session = channel.session
    count = len(session.others) + 1
    return Grounds(
        confidence=Confidence.POSSIBLE,
        location=Location.UNKNOWN,
        summary=f"The name has {count} addresses, and this report is about {session.server.host} alone. "
        "Whether they are one server, the same handshake with the others would tell, "
        f"such as this probe of {session.server._replace(host=session.others[0])}.",
        evidence=(Evidence(text=f"The others are {', '.join(session.others)}.", at=session.began),),
        settle_with=(Experiment.OTHER_ADDRESSES,),
    )


def _instead(one: Retried) -> Remedy:
    text = f"Until then connect to {one.session.server.host} instead of the name."
    return Remedy(who="client", product="any client", text=text)


def _works(one: Retried) -> bool:
    return any(channel.completed for channel in one.channels)


def _differs(session: ControlSession, one: Retried) -> bool:
    return _works(one) or _greets_otherwise(session, one)


def _greets_otherwise(session: ControlSession, one: Retried) -> bool:
    theirs, ours = greeting(one.session), greeting(session)
    return bool(theirs and ours and theirs != ours)


def _told(tried: Iterable[Retried]) -> Iterable[Evidence]:
    for one in tried:
        session = one.session
        if not session.reachable:
            outcome = "nobody answered"
        elif not session.logged_in:
            outcome = "we were not let in"
        else:
            outcome = "it works" if _works(one) else "it fails as well"
        yield Evidence(text=f"At {session.server.host}{_as(session)}: {outcome}.", at=session.began)


def _as(session: ControlSession) -> str:
    return f" ({session.product})" if session.product else ""
