"""A data connection that was stopped -> what a device that reads FTP may have to do with it, and what would tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ftpdiag.clues.admission import unanswered
from ftpdiag.clues.compared import USUAL_PORT, in_the_clear, of_method, on_port
from ftpdiag.model import Alternative, DataChannel, Experiment, Method, Mode, Tls

PARTNERS = {
    Method.PASV: Method.EPSV,
    Method.EPSV: Method.PASV,
    Method.PORT: Method.EPRT,
    Method.EPRT: Method.PORT,
}
"""The other method of the same mode, over IPv4."""


class _Perhaps(NamedTuple):
    cause: str
    settle_with: str
    experiment: Experiment | None = None


_IN_THE_CLEAR = _Perhaps("alg-blind-to-tls", "the same probe with --tls none", Experiment.IN_THE_CLEAR)

_INSPECTED = _Perhaps(
    "alg-blind-to-tls",
    "whether a firewall on the way inspects FTP (Linux: nft list ruleset | grep 'ct helper'; Cisco ASA: inspect ftp); "
    "the server takes no login without TLS, so there is nothing to compare with",
)


def perhaps_alg(channel: DataChannel) -> tuple[Alternative, ...]:
    """What it could be instead."""
    return tuple(Alternative(cause=one.cause, settle_with=one.settle_with) for one in _perhaps(channel))


def told_by(channel: DataChannel) -> tuple[Experiment, ...]:
    """What tells that, until it has been tried."""
    wanted = [one.experiment for one in _perhaps(channel) if one.experiment]
    if Experiment.BOTH_METHODS in wanted and channel.mode is Mode.PASSIVE:
        wanted.append(Experiment.PORT_SAMPLES)  # of the method that is stopped
    tried = begun(channel)
    return tuple(one for one in wanted if one not in tried)


def begun(channel: DataChannel) -> set[Experiment]:
    """What was tried, but for sessions to which nobody answered."""
    return {one.experiment for one in channel.retries if unanswered(one.session) is None}


def _perhaps(channel: DataChannel) -> Iterator[_Perhaps]:
    if channel.session.tls is not Tls.NONE:
        if in_the_clear(channel).unknown:
            yield _INSPECTED if channel.session.tls_demanded else _IN_THE_CLEAR
    elif _other_passes(channel):
        cause = "alg-ignores-epsv" if channel.method in {Method.EPSV, Method.EPRT} else "alg-epsv-only"
        names = f"{channel.method} and {PARTNERS[channel.method]}"
        yield _Perhaps(cause, f"{names}, each a few times more", Experiment.BOTH_METHODS)
    elif channel.session.server.port != USUAL_PORT and on_port(channel, USUAL_PORT).unknown:
        there = f"the same probe with --also-port {USUAL_PORT}, if the server listens there"
        yield _Perhaps("alg-bound-to-port-21", there)


def _other_passes(channel: DataChannel) -> bool:
    """As far as is known the other method always does, and this one never."""
    other = PARTNERS.get(channel.method)
    if other is None or channel.session.family != 4 or not of_method(channel, channel.method).only_stopped:
        return False
    return of_method(channel, other).only_passed
