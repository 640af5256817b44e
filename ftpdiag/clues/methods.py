"""Of two methods one always passes and one is always stopped -> what that shows of a device that reads only one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ftpdiag.clues.algs import PARTNERS
from ftpdiag.clues.compared import (
    CHANGED,
    OFTEN,
    Tally,
    apart,
    called_behind_nat,
    counted,
    in_turn,
    of_method,
    ports_of,
    stopped,
)
from ftpdiag.clues.refusals import Declined, refusal
from ftpdiag.clues.stops import located, locating, stop
from ftpdiag.model import (
    Alternative,
    Confidence,
    DataChannel,
    Evidence,
    Experiment,
    Location,
    Method,
    Mode,
    Tls,
    Verdict,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """What follows from a method that a device does not read."""

    confidence: Confidence
    refused: Verdict | None
    """Where the server declines the address that nobody has rewritten."""
    summary: str
    evidence: tuple[Evidence, ...]
    location: Location
    hop: int | None
    alternatives: tuple[Alternative, ...]
    settle_with: tuple[Experiment, ...]


def unread(channel: DataChannel, methods: frozenset[Method]) -> Unread | None:
    """`channel` was negotiated by one of `methods`, which is stopped each time, while the other passes each time."""
    if channel.method not in methods or channel.session.tls is not Tls.NONE or channel.session.family != 4:
        return None
    if channel.inferred or not stopped(channel):
        return None
    partner = PARTNERS[channel.method]
    own, other = of_method(channel, channel.method), of_method(channel, partner)
    if not own.only_stopped or not other.only_passed or min(len(own.stopped), len(other.passed)) < OFTEN:
        return None
    where, said = stop(channel), refusal(channel)
    nat = tuple(_nat(other))
    ranges, turns = apart(own, other), in_turn(own, other)
    confidence = Confidence.PROVEN if nat else Confidence.POSSIBLE if ranges or turns else Confidence.LIKELY
    return Unread(
        confidence=confidence,
        refused=Verdict.REFUSED if said and said.what is Declined.ADDRESS else None,
        summary=f"Each data connection that {partner} negotiates passes, and each of {channel.method} is stopped: a "
        f"device on the way reads {partner}, and not {channel.method}." + (f" {where.told}" if where.told else ""),
        evidence=(
            counted(other, f"After {partner}"),
            counted(own, f"After {channel.method}"),
            *nat,
            *_shared(own, other),
            *located(channel),
        ),
        location=Location.CLIENT_NETWORK if nat and where.location is Location.UNKNOWN else where.location,
        hop=where.hop,
        alternatives=()
        if nat
        else (*((_OTHER_RANGE,) if ranges else ()), *((CHANGED[channel.mode],) if turns else ())),
        settle_with=locating(channel),
    )


_OTHER_RANGE = Alternative(
    cause="passive-port-dropped",
    settle_with="more of the same handshakes: the server may take the ports of either method from another range",
)


def _nat(other: Tally) -> Iterator[Evidence]:
    """An address that was rewritten."""
    for one in other.passed:
        if one.mode is Mode.ACTIVE and called_behind_nat(one):
            text = f"After {one.method} the client announced {one.announced}, and was called, though the server sees "
            yield Evidence(text=text + "it elsewhere: that was rewritten.", at=one.negotiation.at)
            return


def _shared(own: Tally, other: Tally) -> Iterator[Evidence]:
    """Then it is not the port."""
    if own.stopped[0].mode is Mode.PASSIVE:
        for port in sorted(ports_of(own.stopped) & ports_of(other.passed)):
            yield Evidence(text=f"Port {port} was open after the one, and not after the other.")
