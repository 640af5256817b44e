"""Channels -> the same, each with those beside it: what other handshakes between the same hosts came to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from ftpdiag.model import DataChannel


def beside(channels: Iterable[DataChannel]) -> Iterator[DataChannel]:
    """Those of one pair of hosts share one tuple."""
    known = tuple(channels)
    pairs: dict[tuple[str, str], list[DataChannel]] = {}
    for channel in known:
        pairs.setdefault(_pair(channel), []).append(channel)
    shared = {pair: tuple(those) for pair, those in pairs.items()}
    for channel in known:
        yield replace(channel, beside=shared[_pair(channel)])


def _pair(channel: DataChannel) -> tuple[str, str]:
    session = channel.session
    return session.client.host if session.client else "", session.server.host
