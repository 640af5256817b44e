"""All that a tap saw, and what the sessions did -> the packets that concern them, and their frames.

The tap keeps every SYN, because a server may call back from anywhere; whom else this machine talks to is not told on,
nor what others on it say to the same server.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet

from ftpdiag.model import Attempt, Endpoint, Flag, IcmpError, Packet, Segment
from ftpdiag.recording.frames.packets import Frame, parse

_SYN, _ACK = int(Flag.SYN), int(Flag.ACK)
_SEQUENCE = 2**32


def concerned(
    frames: Iterable[Frame], servers: Collection[Endpoint], ports: AbstractSet[int], attempts: Iterable[Attempt]
) -> tuple[tuple[Frame, ...], tuple[Packet, ...]]:
    """Those of a server's host, and those of an endpoint that was dialled or listened at; packets numbered afresh.

    A connection that carried something is the probe's only at one of its own `ports`. A SYN-ACK to a SYN of these is
    kept wherever it comes from.
    """
    hosts = {server.host.partition("%")[0] for server in servers}
    endpoints = {opening.target for attempt in attempts for opening in attempt.openings}
    seen = [(frame, packet) for frame in frames if (packet := parse(frame, 0))]
    foreign = {_pair(packet) for _, packet in seen if _carries(packet) and ports.isdisjoint(_ports(packet, hosts))}
    kept: list[Frame] = []
    packets: list[Packet] = []
    asked: set[tuple[Endpoint, int]] = set()
    for frame, packet in seen:
        ends = {packet.source, packet.destination}
        ours = bool(ends & endpoints or {end.host for end in ends} & hosts) and _pair(packet) not in foreign
        if isinstance(packet, Segment) and packet.flags & _SYN:
            if not packet.flags & _ACK:
                asked |= {(packet.source, (packet.seq + 1) % _SEQUENCE)} if ours else set()
            elif (packet.destination, packet.ack) in asked:
                ours = True
        if ours:
            kept.append(frame)
            packets.append(packet._replace(number=len(kept)))
    return tuple(kept), tuple(packets)


def _carries(packet: Packet) -> bool:
    return not isinstance(packet, IcmpError) and packet.length > 0


def _pair(packet: Packet) -> frozenset[Endpoint]:
    return frozenset({packet.source, packet.destination})


def _ports(packet: Packet, servers: Collection[str]) -> list[int]:
    """Of the ends that are not a server's; on the loopback both may be."""
    ends = (packet.source, packet.destination)
    return [end.port for end in ends if end.host not in servers] or [end.port for end in ends]
