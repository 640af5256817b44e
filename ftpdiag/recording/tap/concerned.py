"""All that a tap saw, and what the sessions did -> the packets that concern them, and their frames.

The tap keeps every SYN, because a server may call back from anywhere; whom else this machine talks to is not told on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ftpdiag.model import Attempt, Endpoint, Packet
from ftpdiag.recording.frames.packets import Frame, parse


def concerned(
    frames: Iterable[Frame], servers: Collection[Endpoint], attempts: Iterable[Attempt]
) -> tuple[tuple[Frame, ...], tuple[Packet, ...]]:
    """Those of a server's host, and those of an endpoint that was dialled or listened at; packets numbered afresh."""
    hosts = {server.host.partition("%")[0] for server in servers}
    endpoints = {opening.target for attempt in attempts for opening in attempt.openings}
    kept: list[Frame] = []
    packets: list[Packet] = []
    for frame in frames:
        packet = parse(frame, len(kept) + 1)
        if packet and (
            {packet.source, packet.destination} & endpoints or {packet.source.host, packet.destination.host} & hosts
        ):
            kept.append(frame)
            packets.append(packet)
    return tuple(kept), tuple(packets)
