"""Of two methods one always passes and one is always stopped -> the grounds of a device that reads only one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ftpdiag.cause import Grounds
from ftpdiag.clues import remedies, settings
from ftpdiag.clues.algs import PARTNERS
from ftpdiag.clues.comparable import coincidences, overlooked, translated
from ftpdiag.clues.compared import OFTEN, Tally, counted, of_method, ports_of, stopped
from ftpdiag.clues.refusals import address_declined
from ftpdiag.clues.stops import located, locating, stop
from ftpdiag.evidence import channel_sighting
from ftpdiag.model import Confidence, DataChannel, Evidence, Location, Method, Mode, Remedy, Tls, Verdict

_RANGES = "more of the same handshakes: the server may take the ports of either method from another range"


def unread(channel: DataChannel, ways_out: Mapping[Method, tuple[Remedy, ...]]) -> Grounds | None:
    """`channel` was negotiated by one of the methods that have `ways_out`: stopped each time, its partner never."""
    if channel.method not in ways_out or channel.session.tls is not Tls.NONE or channel.session.family != 4:
        return None
    if channel.inferred or not stopped(channel):
        return None
    partner = PARTNERS[channel.method]
    own, other = of_method(channel, channel.method), of_method(channel, partner)
    if not own.only_stopped or not other.only_passed or min(len(own.stopped), len(other.passed)) < OFTEN:
        return None
    where, nat = stop(channel), tuple(_nat(own, other))
    chances = () if nat else coincidences(own, other, _RANGES)
    location = Location.CLIENT_NETWORK if nat and where.location is Location.UNKNOWN else where.location
    return Grounds(
        confidence=Confidence.PROVEN if nat else Confidence.POSSIBLE if chances else Confidence.LIKELY,
        verdict=Verdict.REFUSED if address_declined(channel) else None,
        summary=f"Each data connection that {partner} negotiates passes, and each of {channel.method} is stopped: a "
        f"device on the way reads {partner}, and not {channel.method}." + (f" {where.told}" if where.told else ""),
        evidence=(
            counted(other, f"After {partner}"),
            counted(own, f"After {channel.method}"),
            *nat,
            *_shared(own, other),
            *located(channel),
            channel_sighting(channel, f"{channel.announced} was announced, and stopped."),
        ),
        location=location,
        hop=where.hop,
        remedies=(*ways_out[channel.method], *_unread_as_well(channel.mode, location)),
        alternatives=(*chances, *overlooked(own, other)),
        settle_with=locating(channel),
    )


def _unread_as_well(mode: Mode, location: Location) -> tuple[Remedy, ...]:
    """What helps though nothing reads the method."""
    return settings.open_by_hand(location) if mode is Mode.PASSIVE else remedies.beside_a_helper(location)


def _nat(own: Tally, other: Tally) -> Iterator[Evidence]:
    """An address that was rewritten."""
    if one := translated(own, other):
        text = f"After {one.method} the client announced {one.announced}, and was called, though the server sees it "
        yield Evidence(
            text=text + "elsewhere, and declines such an address: that was rewritten.", at=one.negotiation.at
        )


def _shared(own: Tally, other: Tally) -> Iterator[Evidence]:
    """Then it is not the port."""
    if own.stopped[0].mode is Mode.PASSIVE:
        for port in sorted(ports_of(own.stopped) & ports_of(other.passed)):
            yield Evidence(text=f"Port {port} was open after the one, and not after the other.")
