"""The data connection opens, and then stands still.

What happens: the TCP handshake of the data connection succeeds, and the transfer stands still, from the start or in
the middle. Large segments may be lost on a path with a smaller MTU while small ones pass; a device may have answered
the handshake in the server's place; one side may wait for TLS and the other for data.

How it is told: the connection is open and no byte came, or was taken, until ftpdiag gave up, which a slow server
explains as well; or the server reports its own data timer (`421 Data timeout`), which is proof. Where more than a
segment's worth of bytes has come through, it is not the MTU.

What it is not: a connection that never opened. Zero bytes and a 226 is an empty folder; where the
server then leaves the connection open, the verdict is unknown.
"""

from __future__ import annotations

import re

from ftpdiag.diagnosis import Grounds, cause, channel_sighting, command_sighting, quotation
from ftpdiag.model import (
    Alternative,
    Carriage,
    Confidence,
    DataChannel,
    Ending,
    Evidence,
    Location,
    Mode,
    Remedy,
    Reply,
    Verdict,
)

_WORDS = re.compile(
    r"(?i)no new data|data (connection )?time|data transfer stall|no transfer timeout|timed? ?out.*data"
)
"""Pure-FTPd, vsftpd, pyftpdlib, ProFTPD."""

_NO_CONNECTION = frozenset({425, 426})

_GIVEN_UP = frozenset({421, 426, 451})
"""RFC 959 §5.4: the server's word that the transfer, or its data connection, came to nothing."""

_FULL_SEGMENT = 1460
"""Bytes of data in a segment of Ethernet's size (RFC 9293 §3.7.1). What has carried more has carried a full one."""

_MTU_REMEDIES = (
    Remedy(
        who="network",
        product="nftables on a router with a smaller MTU on the way",
        text="nft add table inet ftp_mss\n"
        "nft 'add chain inet ftp_mss forward { type filter hook forward priority mangle; }'\n"
        "nft add rule inet ftp_mss forward tcp flags syn tcp option maxseg size set rt mtu\n"
        "And let ICMP `fragmentation needed` and ICMPv6 `packet too big` pass.",
    ),
    Remedy(
        who="network",
        product="iptables on a router with a smaller MTU on the way",
        text="$iptables -t mangle -I FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu",
    ),
    Remedy(
        who="client",
        product="any FTP client",
        text="To see whether it is the MTU (GATEWAY is what stands after `via` in: ip route get $server):\n"
        "ip route add $server via GATEWAY advmss 500\n"
        "Then try again. If it passes, full packets are lost on the way, and the router before the narrow link must "
        "set the MSS. To undo it:\n"
        "ip route del $server",
    ),
)

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


@cause(
    title="The data connection opens, and stands still",
    judges=DataChannel,
    verdict=Verdict.BROKEN,
    location=Location.UNKNOWN,
    remedies=(*_MTU_REMEDIES, *_OTHER_REMEDIES),
    references=("RFC 2923 §2.1", "RFC 959 §4.2.2"),
)
def data_stalled(channel: DataChannel) -> Grounds | None:
    """Open, and then silence; or a timer of the server says so."""
    carriage, reply = channel.carriage, channel.refusal
    if carriage is None or channel.completed or carriage.ending in {Ending.RESET, Ending.TLS_FAILED}:
        return None
    stalled = carriage.ending is Ending.STALLED
    timer = reply is not None and bool(_WORDS.search(reply.text))
    carried = carriage.to_client + carriage.to_server
    # The server knows of no connection, and ours was open and idle: it went elsewhere.
    idle = not carried and carriage.ending in {Ending.STOPPED, Ending.STALLED}
    elsewhere = bool(reply and reply.code in _NO_CONNECTION and idle)
    if not (stalled or timer or elsewhere):
        return None
    agreed = timer or (stalled and reply is not None and reply.code in _GIVEN_UP)
    narrow = carried <= _FULL_SEGMENT
    done = not (carried or carriage.lost) and _says_done(channel)
    return Grounds(
        confidence=Confidence.PROVEN if agreed else Confidence.POSSIBLE if done else Confidence.LIKELY,
        verdict=Verdict.UNKNOWN if done else None,
        summary=f"The data connection with {carriage.remote} opens, and "
        + ("not one byte moves." if not carried else f"nothing moves after {carried} bytes.")
        + (" The server says that it is done: it may have had nothing to send." if done else ""),
        evidence=tuple(_evidence(channel, carriage, reply)),
        alternatives=_empty(channel) if not carried else (_mtu(channel),) if narrow else (),
        remedies=() if narrow else _OTHER_REMEDIES,
    )


def _says_done(channel: DataChannel) -> bool:
    """A 2yz all the same: a server with nothing to transfer need not look at a connection, nor close it."""
    final = channel.transfer.final if channel.transfer else None
    return final is not None and final.positive


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
    return evidence


def _empty(channel: DataChannel) -> tuple[Alternative, ...]:
    if channel.mode is Mode.ACTIVE:
        return (_mtu(channel),)
    return (
        Alternative(
            cause="data-half-open",
            settle_with="a capture beside the server: whether your SYN ever reached it, or a device answered for it",
        ),
        Alternative(
            cause="passive-other-backend",
            settle_with="the server's log: a load balancer may have led the data connection to another machine",
        ),
        _mtu(channel),
    )


def _mtu(channel: DataChannel) -> Alternative:
    server = channel.session.server.host
    return Alternative(
        cause="data-path-mtu",
        settle_with=f"the same transfer with small segments: ip route add {server} via GATEWAY advmss 500 (undo: ip "
        f"route del {server}); if it passes, it is the MTU",
    )
