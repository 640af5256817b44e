"""A passive data channel -> the words for its server's range of passive ports, as far as the announced ones tell."""

from __future__ import annotations

from itertools import chain, pairwise

from ftpdiag.model import DataChannel, Mode

_FIRST = "First let it use a fixed range (by its setting below), then open that range; 50000-50100 is an example."

IN_GENERAL = {
    "low": "50000",
    "high": "50100",
    "beyond": "50101",
    "passive_range": f"The server announces a port of its passive range. {_FIRST}",
}
"""Where nothing is known of the server's range."""

_PLACE = {"low": "FROM", "high": "TO", "beyond": "TO + 1"}

_EPHEMERAL = 16384
"""Ports of the smallest range that systems take any port from (RFC 6335 §6: 49152-65535)."""

_UNLIKELY = 0.05
"""How likely ports taken from all of those are as close together."""

_IN_TURN = 3
"""Ports at least that are counted up, before a system is held to give them out so."""

_NAMED = 3


def words(channel: DataChannel) -> dict[str, str]:
    """For the placeholders $low, $high, $beyond and $passive_range of remedies."""
    ports = _announced(channel)
    if not ports:
        return IN_GENERAL
    if not _is_set(ports):
        return {**IN_GENERAL, "passive_range": f"The server announced port {ports[-1]}. {_FIRST}"}
    seen = sorted(set(ports))
    if len(seen) > _NAMED:
        told = f"{len(seen)} ports between {seen[0]} and {seen[-1]}"
    else:
        told = f"ports {', '.join(map(str, seen[:-1]))} and {seen[-1]}"
    return {
        **_PLACE,
        "passive_range": f"The server announced {told}, as one does that is set to a range. Open that range, FROM-TO: "
        "its setting, below, tells which it is. If there is none, set one first.",
    }


def _announced(channel: DataChannel) -> list[int]:
    """By all passive sessions between the same hosts, in order; the channel's own last."""
    those = chain(channel.beside, *(one.channels for one in channel.retries))
    known = {
        (one.negotiation.at, one.announced.port)
        for one in those
        if one.mode is Mode.PASSIVE and one.announced and not one.inferred
    }
    own = [channel.announced.port] if channel.announced else []
    return [*(port for _, port in sorted(known)), *own]


def _is_set(ports: list[int]) -> bool:
    """They are so close together that chance does not take them from all, and not merely counted up."""
    seen = sorted(set(ports))
    if len(seen) < 2:
        return False
    in_order = list(dict.fromkeys(ports))
    if len(seen) >= _IN_TURN and all(before < after for before, after in pairwise(in_order)):
        return False
    width = seen[-1] - seen[0] + 1
    return len(seen) * (width / _EPHEMERAL) ** (len(seen) - 1) < _UNLIKELY
