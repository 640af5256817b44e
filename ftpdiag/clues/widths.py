"""A data connection that stood still -> whether it is the size of its segments, as far as a trial of it tells."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from ftpdiag.model import ControlSession, DataChannel, Evidence, Experiment, Party, Remedy, Retried

FULL_SEGMENT = 1460
"""Bytes of data in a segment of Ethernet's size (RFC 9293 §3.7.1). What has carried more has carried a full one."""

SMALLEST = 536
"""Bytes of data in a segment that every host takes (RFC 9293 §3.7.1): the packet has 576, on IPv6 596."""

MTU_REMEDIES = (
    Remedy(
        who="network",
        product="nftables on the router before the narrow link",
        text="nft add table inet ftp_mss\n"
        "nft 'add chain inet ftp_mss forward { type filter hook forward priority mangle; }'\n"
        "nft add rule inet ftp_mss forward tcp flags syn tcp option maxseg size set rt mtu\n"
        "And in every filter between it and the sender, let the message through that says how much a link carries:\n"
        "IPv4: icmp type destination-unreachable icmp code frag-needed accept\n"
        "IPv6: icmpv6 type packet-too-big accept",
    ),
    Remedy(
        who="network",
        product="iptables on the router before the narrow link",
        text="$iptables -t mangle -I FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu",
    ),
    Remedy(
        who="network",
        product="Cisco IOS on the router before the narrow link",
        text="On the interface of the tunnel:\nip tcp adjust-mss 1360\nipv6 tcp adjust-mss 1340",
    ),
    Remedy(
        who="server",
        product="Linux",
        text="Until the network is put right, have the server find out by itself what the way carries:\n"
        "sysctl -w net.ipv4.tcp_mtu_probing=1\n"
        "It finds out in every transfer anew, after several seconds in which nothing moves. To see whether it helps, "
        "give the same probe --timeout 30.",
    ),
    Remedy(
        who="client",
        product="any FTP client",
        text="Until the network is put right, ask for small segments (GATEWAY is what stands after `via` in: ip route "
        "get $server):\nip route add $server via GATEWAY advmss 500\nTo undo it:\nip route del $server",
    ),
)


class Outcome(StrEnum):
    """What became of a transfer that stood still, when it was made again."""

    ONLY_SMALL = "only-small"
    """With small segments it passes, and with full ones it stands still again."""
    NEITHER = "neither"
    BOTH = "both"


def tried_small(channel: DataChannel) -> Outcome | None:
    """None: it was not made again with small segments, or did not get as far as its data."""
    small, full = _tried(channel)
    if not small or small[-1].carriage is None:
        return None
    if not _passed(small[-1]):
        return Outcome.NEITHER
    if not full or full[-1].carriage is None:
        return None
    return Outcome.BOTH if _passed(full[-1]) else Outcome.ONLY_SMALL


def secured_with_small(session: ControlSession) -> Outcome | None:
    """The same of a TLS handshake on the control connection; none also where no connection came to be."""
    again = [one for one in _again(session) if one.session.reachable]
    small = [one for one in again if one.change.segment]
    full = [one for one in again if not one.change.segment]
    if not small:
        return None
    if not small[-1].session.logged_in:
        return Outcome.NEITHER
    if not full:
        return None
    return Outcome.BOTH if full[-1].session.logged_in else Outcome.ONLY_SMALL


def secured_evidence(session: ControlSession) -> Iterator[Evidence]:
    """What was tried, and what came of it."""
    for one in _again(session):
        told = "the session is encrypted" if one.session.logged_in else "the TLS handshake stood still"
        yield Evidence(text=f"Made again with {_size(one)}: {told}.", at=one.session.began)


def _again(session: ControlSession) -> list[Retried]:
    return [one for one in session.tried(Experiment.SMALL_SEGMENTS) if one.session.tls is session.tls]


def same_encryption(channel: DataChannel) -> bool:
    """What was made again was encrypted like it."""
    return all(one.session.tls is channel.session.tls for one in channel.tried(Experiment.SMALL_SEGMENTS))


def trial_evidence(channel: DataChannel) -> Iterator[Evidence]:
    """What was tried, and what came of it."""
    for one in channel.tried(Experiment.SMALL_SEGMENTS):
        for again in one.channels:
            told = f"{carried(again)} bytes moved" if _passed(again) else f"it stood still after {carried(again)} bytes"
            yield Evidence(text=f"Made again with {_size(one)}: {told}.", at=again.negotiation.at)


def _size(one: Retried) -> str:
    return f"segments of {one.change.segment} bytes" if one.change.segment else "full segments"


def carried(channel: DataChannel) -> int:
    """Bytes that arrived, as far as was seen, in both directions."""
    return sum(arrived(channel, sender) for sender in Party)


def arrived(channel: DataChannel, sender: Party) -> int:
    """Bytes that one side sent, without what was never acknowledged."""
    carriage = channel.carriage
    if carriage is None:
        return 0
    if carriage.unheard and carriage.unheard.sender is sender:
        return carriage.unheard.heard
    return carriage.to_client if sender is Party.SERVER else carriage.to_server


def _tried(channel: DataChannel) -> tuple[list[DataChannel], list[DataChannel]]:
    """With small segments, and with full ones."""
    again = channel.tried(Experiment.SMALL_SEGMENTS)
    small = [channel for one in again if one.change.segment for channel in one.channels]
    full = [channel for one in again if not one.change.segment for channel in one.channels]
    return small, full


def _passed(channel: DataChannel) -> bool:
    return channel.completed or carried(channel) > FULL_SEGMENT
