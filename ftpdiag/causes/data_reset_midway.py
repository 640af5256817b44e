"""The data connection opens, and is cut off before the transfer is done.

What happens: the TCP handshake of the data connection succeeds, and then a RST ends it, at once or after some bytes.
A device that inspects content (data loss prevention, virus scanner, intrusion prevention) does that to what it does
not like; so does a firewall that checks too late; so does a server that runs into a quota or crashes.

How it is told: the socket reports a reset, or the server's 426 says that the connection was closed. A RST whose TTL
does not fit the server's comes from a device on the way; one from as far away as the server is likely its own.

What it is not: a client that closes early resets its own transfer; that is not reported. A connection that is closed
before a byte or a reply, in order and without a RST, is data-peer-rejected.
"""

from __future__ import annotations

from collections.abc import Iterator

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues.resets import Sender, origin
from ftpdiag.clues.unspoken import unspoken
from ftpdiag.evidence import channel_sighting, packet_sighting, quotation
from ftpdiag.model import (
    Alternative,
    Carriage,
    Confidence,
    DataChannel,
    Ending,
    Evidence,
    Location,
    Remedy,
    Verdict,
)


@cause(
    title="The data connection is cut off during the transfer",
    judges=DataChannel,
    verdict=Verdict.BROKEN,
    or_else="unknown where the server says that it is done",
    location=Location.UNKNOWN,
    remedies=(
        Remedy(
            who="network",
            product="firewall, virus scanner or intrusion prevention on the way",
            text="Look in its log for connections between $client and $server, and exempt them; or encrypt the data "
            "connection (TLS), so that there is nothing to inspect.",
        ),
        Remedy(
            who="server",
            product="any FTP server",
            text="Look in its log for this transfer: quotas, transfer limits, time-outs, crashes.\n"
            "vsftpd: data_connection_timeout=300; ProFTPD: TimeoutStalled 3600, and no MaxStoreFileSize or "
            "MaxRetrieveFileSize in the way.",
        ),
    ),
    references=("RFC 959 §4.2.2", "RFC 9293 §3.5.2"),
    overrides=("data-stalled",),
)
def data_reset_midway(channel: DataChannel) -> Grounds | None:
    """Reset by the other side; or closed, and the server says that it did not mean to."""
    carriage, session = channel.carriage, channel.session
    if carriage is None or channel.completed or channel.let_go or _ended_by_client(channel, carriage):
        return None
    if carriage.ending is not Ending.RESET:
        return _aborted(channel, carriage)
    sender = origin(channel.reset, session)
    device = channel.reset is not None and sender.sender is Sender.DEVICE
    begun = channel.reset is not None and not unspoken(channel)
    final = channel.transfer.final if channel.transfer else None
    done = not device and final is not None and final.positive
    return Grounds(
        confidence=Confidence.PROVEN if device else Confidence.LIKELY if begun and not done else Confidence.POSSIBLE,
        verdict=Verdict.UNKNOWN if done and not carriage.lost else None,
        location=sender.location if channel.reset else Location.UNKNOWN,
        hop=sender.hop if device else None,
        summary=f"A device on the way, not {session.server.host} itself, resets the data connection."
        if device
        else f"The data connection with {carriage.remote} is reset, and the server says that it is done: it may end "
        "with a RST what it should end with a FIN, and all may have arrived."
        if done
        else f"The data connection with {carriage.remote} is reset during the transfer.",
        evidence=tuple(_evidence(channel, carriage)),
        alternatives=() if device or done else (_stranger(), *(_ELSEWHERE if unspoken(channel) else ())),
    )


_ELSEWHERE = (
    Alternative(
        cause="passive-other-backend",
        settle_with="the server's log: whether it had that data connection, of which it said nothing",
    ),
)


def _ended_by_client(channel: DataChannel, carriage: Carriage) -> bool:
    """A client that closes early ends its own transfer. The probe never does: it closes when it has sent everything."""
    return channel.session.method is None and carriage.ended_by not in {None, channel.session.server.host}


def _aborted(channel: DataChannel, carriage: Carriage) -> Grounds | None:
    """The server's word that the transfer was cut off, about a connection that we did not end."""
    reply = channel.refusal
    during = reply is not None and channel.transfer is not None and reply in channel.transfer.replies
    if reply is None or not during or reply.code != 426 or carriage.ending is not Ending.FINISHED:
        return None
    return Grounds(
        confidence=Confidence.LIKELY,
        summary=f"The data connection with {carriage.remote} is closed during the transfer: `{reply.lines[0]}`.",
        evidence=(_carried(channel, carriage), quotation(reply, "The server's reply.")),
        alternatives=(_stranger(),),
    )


def _evidence(channel: DataChannel, carriage: Carriage) -> Iterator[Evidence]:
    yield _carried(channel, carriage)
    if channel.reset:
        yield packet_sighting(
            channel.reset,
            f"The RST in the server's name has a TTL of {channel.reset.ttl}; "
            f"the server's SYN-ACK on the control connection had {channel.session.server_ttl}.",
        )
    final = channel.transfer.final if channel.transfer else None
    if said := channel.refusal or final:
        yield quotation(said, "The server's reply.")


def _carried(channel: DataChannel, carriage: Carriage) -> Evidence:
    return channel_sighting(
        channel,
        f"The data connection between {carriage.local} and {carriage.remote} opened, and carried "
        f"{carriage.to_client} bytes to the client and {carriage.to_server} to the server before it was cut off.",
    )


def _stranger() -> Alternative:
    return Alternative(
        cause="data-peer-rejected",
        settle_with="the server's log: whether it saw the data connection come from another address",
    )
