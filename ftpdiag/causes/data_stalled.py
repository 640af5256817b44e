"""The data connection opens, and then stands still.

What happens: the TCP handshake of the data connection succeeds, and the transfer stands still, from the start or in
the middle. A device may drop what it carries, or have answered the handshake in the server's place; one side may wait
for TLS and the other for data.

How it is told: the connection is open and no byte came, or was taken, until ftpdiag gave up, which a slow server
explains as well; or the server reports its own data timer (`421 Data timeout`), which is proof. A capture shows whose
receive window was closed meanwhile: the program on that side did not read on. Where not more than a full segment has
come through, a live probe makes the transfer again with small ones: if these pass, it is `data-path-mtu`. Where the
client's words on the control connection are never acknowledged either, it is neither the size of the
packets nor this connection: whatever passes between the two is dropped, as by a ban.

What it is not: a connection that never opened. Zero bytes and a 226 is an empty folder; where the
server then leaves the connection open, the verdict is unknown, unless its 150 said how many bytes there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues.admission import LIMITED, SHUT_OUT, limit_evidence, perhaps_limited
from ftpdiag.clues.remedies import RAISE_CONNECTION_LIMIT
from ftpdiag.clues.widths import FULL_SEGMENT, MTU_REMEDIES, Outcome, carried, trial_evidence, tried_small
from ftpdiag.clues.wording import client_of, times
from ftpdiag.evidence import channel_sighting, command_sighting, packet_sighting, quotation
from ftpdiag.model import (
    Alternative,
    Carriage,
    Confidence,
    ControlSession,
    DataChannel,
    Ending,
    Evidence,
    Experiment,
    Location,
    Mode,
    Party,
    Remedy,
    Reply,
    Verdict,
)
from ftpdiag.stacks import HOPELESS

_WORDS = r"(?i)no new data|data (connection )?time|data transfer stall|no transfer timeout|timed? ?out.*data"
"""Pure-FTPd, vsftpd, pyftpdlib, ProFTPD."""

_NO_CONNECTION = frozenset({425, 426})

_SOME_BYTES = r"\([1-9]\d* bytes\)"
"""How vsftpd, ProFTPD and IIS say in their 150 what is to come."""

_OUTCOMES = {
    Outcome.NEITHER: " So it does with small segments: it is not their size.",
    Outcome.BOTH: " Made again it passed, with full segments too: it stands still at times.",
}

_GIVEN_UP = frozenset({421, 426, 451})
"""RFC 959 §5.4: the server's word that the transfer, or its data connection, came to nothing."""

_OTHER_REMEDIES = (
    Remedy(
        who="network",
        product="SYN proxy, load balancer",
        text="See that it leads data connections to the same server as the control connection.",
    ),
    Remedy(
        who="server",
        product="any FTP server",
        text="Look in its log for this transfer, and whether its disk or its uplink stood still meanwhile.",
    ),
)

_PLACES = {Party.CLIENT: Location.CLIENT_HOST, Party.SERVER: Location.SERVER_HOST}

_READ_ON = {
    Party.CLIENT: (
        Remedy(
            who="client",
            product="any FTP client",
            text="See what keeps it from reading on: a disk that is full or slow, a virus scanner, a question that it "
            "asks its user, a hang.",
        ),
    ),
    Party.SERVER: (
        Remedy(
            who="server",
            product="any FTP server",
            text="See what keeps it from reading on: a disk that is full or slow, a virus scanner, a hang; and its log "
            "of this transfer.",
        ),
    ),
}
"""What the side whose receive window is closed must do."""


@cause(
    title="The data connection opens, and stands still",
    judges=DataChannel,
    verdict=Verdict.BROKEN,
    or_else="unknown where the server says that it is done",
    location=Location.UNKNOWN,
    remedies=(*_OTHER_REMEDIES, *MTU_REMEDIES),
    references=("RFC 2923 §2.1", "RFC 959 §4.2.2"),
)
def data_stalled(channel: DataChannel) -> Grounds | None:
    """Open, and then silence; or a timer of the server says so."""
    carriage, reply = channel.carriage, channel.refusal
    if carriage is None or channel.completed or carriage.ending in {Ending.RESET, Ending.TLS_FAILED}:
        return None
    stalled = carriage.ending is Ending.STALLED
    timer = reply is not None and bool(re.search(_WORDS, reply.text))
    moved = carried(channel)
    # The server knows of no connection, and ours was open and idle: it went elsewhere.
    idle = not moved and carriage.ending in {Ending.STOPPED, Ending.STALLED}
    elsewhere = bool(reply and reply.code in _NO_CONNECTION and idle)
    if not (stalled or timer or elsewhere):
        return None
    agreed = timer or (stalled and reply is not None and reply.code in _GIVEN_UP)
    outcome = tried_small(channel)
    unwilling = carriage.unwilling
    narrow = moved <= FULL_SEGMENT and outcome is None and unwilling is None
    silenced, limited = tuple(_silenced(channel)), perhaps_limited(channel.session)
    done = not (moved or carriage.lost) and _says_done(channel)
    return Grounds(
        confidence=Confidence.PROVEN if agreed else Confidence.POSSIBLE if done else Confidence.LIKELY,
        verdict=Verdict.UNKNOWN if done else None,
        location=_PLACES[unwilling] if unwilling else None,
        summary=f"The data connection with {carriage.remote} opens, and "
        + ("not one byte moves." if not moved else f"nothing moves after {moved} bytes.")
        + (f" The {unwilling} takes no more: its receive window is closed." if unwilling else "")
        + (_OUTCOMES.get(outcome, "") if outcome else "")
        + (" The server says that it is done: it may have had nothing to send." if done else "")
        + (_all_dropped(channel.session) if silenced else LIMITED if limited else ""),
        evidence=(*_evidence(channel, carriage, reply), *silenced, *limit_evidence(channel.session)),
        alternatives=(
            *((SHUT_OUT,) if silenced else limited),
            *(_elsewhere() if not (moved or unwilling or silenced) and channel.mode is Mode.PASSIVE else ()),
            *((_mtu(channel),) if narrow and not silenced else ()),
        ),
        remedies=_READ_ON[unwilling]
        if unwilling
        else _remedies(shut_out=bool(silenced or limited), narrow=narrow and not silenced),
        settle_with=(Experiment.SMALL_SEGMENTS,) if narrow and not done and _can_settle(channel) else (),
    )


def _remedies(*, shut_out: bool, narrow: bool) -> tuple[Remedy, ...]:
    """None: as on the card."""
    first = (RAISE_CONNECTION_LIMIT,) if shut_out else ()
    every = (*_OTHER_REMEDIES, *MTU_REMEDIES)
    return (*first, *(every if narrow else _OTHER_REMEDIES)) if first or not narrow else ()


def _all_dropped(session: ControlSession) -> str:
    return (
        " The control connection is dead as well: something has begun to drop all that passes "
        f"between the two, as a firewall that has shut {client_of(session)} out."
    )


def _can_settle(channel: DataChannel) -> bool:
    """A probe may ask the server for another session, and was not shut out when it did."""
    return channel.session.method is not None and not channel.session.shut_out


def _silenced(channel: DataChannel) -> Iterator[Evidence]:
    """What the client said once the data connection was agreed, and repeated in vain."""
    lost = channel.session.unacknowledged
    if lost and lost.sender is Party.CLIENT and lost.tries >= HOPELESS and lost.packet.at > channel.negotiation.at:
        yield packet_sighting(
            lost.packet, f"On the control connection this left {times(lost.tries)}, and was never acknowledged."
        )


def _says_done(channel: DataChannel) -> bool:
    """A 2yz all the same: a server with nothing to transfer need not look at a connection, nor close it."""
    replies = channel.transfer.replies if channel.transfer else ()
    if any(re.search(_SOME_BYTES, reply.text) for reply in replies if reply.preliminary):
        return False
    return bool(replies) and 200 <= replies[-1].code < 400


def _evidence(channel: DataChannel, carriage: Carriage, reply: Reply | None) -> list[Evidence]:
    evidence = [
        channel_sighting(
            channel,
            f"The data connection between {carriage.local} and {carriage.remote} opened and carried "
            f"{carriage.to_client} bytes to the client and {carriage.to_server} to the server."
            + (f" {carriage.error}" if carriage.error else ""),
        )
    ]
    if reply:
        evidence.append(quotation(reply, "The server's reply."))
    elif channel.transfer and not channel.transfer.replies:
        evidence.append(command_sighting(channel.transfer, "No reply to it came, not even a 150."))
    return [*evidence, *trial_evidence(channel)]


def _elsewhere() -> tuple[Alternative, ...]:
    return (
        Alternative(
            cause="data-half-open",
            settle_with="a capture beside the server: whether your SYN ever reached it, or a device answered for it",
        ),
        Alternative(
            cause="passive-other-backend",
            settle_with="the server's log: a load balancer may have led the data connection to another machine",
        ),
    )


def _mtu(channel: DataChannel) -> Alternative:
    server = channel.session.server.host
    return Alternative(
        cause="data-path-mtu",
        settle_with=f"the same transfer with small segments: ip route add {server} via GATEWAY advmss 500 (undo: ip "
        f"route del {server}); if it passes, it is the MTU",
    )
