"""Full-sized packets of the data connection vanish on the way, and small ones pass.

What happens: a link on the way carries smaller packets than the networks at both ends: a tunnel, a VPN, PPPoE. Its
router drops what is too long and says so (ICMP `fragmentation needed`, ICMPv6 `packet too big`); a firewall drops that
message, the sender never learns of it and sends the same packet again and again. The handshake and a short listing
pass; a long one, a file, or the certificates of a TLS handshake stand still.

How it is told: a live probe whose transfer stands still makes it again with segments of 536 bytes, and then once more
with full ones. If the first passes and the second stands still, it is proven. A capture at the sender's side, or before
the narrow link, shows full segments repeated and never acknowledged: likely, where something shorter got through
between the same hosts; proven, where the router's own message is in the capture and the sender goes on all the same. At
the receiver's side only the short end of what was sent arrives, behind a gap.

What it is not: a transfer that moved more than a full segment before it stood still, or that stands still with small
segments as well, is `data-stalled`. Where the sender hears what the way carries, it works.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues.between import Loss, lost_segments
from ftpdiag.clues.compared import ENOUGH
from ftpdiag.clues.widths import (
    FULL_SEGMENT,
    MTU_REMEDIES,
    SMALLEST,
    Outcome,
    arrived,
    carried,
    same_encryption,
    secured_evidence,
    secured_with_small,
    trial_evidence,
    tried_small,
)
from ftpdiag.clues.wording import times
from ftpdiag.evidence import channel_sighting, packet_sighting
from ftpdiag.model import (
    Alternative,
    Carriage,
    Confidence,
    ControlSession,
    DataChannel,
    Ending,
    Evidence,
    Experiment,
    IcmpError,
    Location,
    Party,
    Unheard,
    Verdict,
    View,
)

_REPEATED = 4
"""Copies of one segment, the last at least 1.4 s after the first (RFC 6298 §5.5, from 0.2 s): no loss by chance."""

_HEADERS = 40
"""Bytes of an IPv4 and a TCP header, without options."""

_HOSTS = {
    Party.CLIENT: (View.CLIENT_WIRE, Location.CLIENT_HOST),
    Party.SERVER: (View.SERVER_WIRE, Location.SERVER_HOST),
}


@cause(
    title="Full-sized packets vanish on the way",
    judges=(DataChannel, ControlSession),
    verdict=Verdict.BROKEN,
    location=Location.UNKNOWN,
    remedies=MTU_REMEDIES,
    references=("RFC 1191 §4", "RFC 2923 §2.1", "RFC 4443 §3.2", "RFC 8201"),
    overrides=("data-stalled", "data-tls-failed", "control-tls-broken"),
)
def data_path_mtu(subject: DataChannel | ControlSession) -> Grounds | None:
    """Small segments pass and full ones do not; or a router says that they are too long."""
    return _of_control(subject) if isinstance(subject, ControlSession) else _of_data(subject)


def _of_control(session: ControlSession) -> Grounds | None:
    """The certificates are the first that fill a segment there."""
    outcome = secured_with_small(session)
    if outcome is not Outcome.ONLY_SMALL or session.hangup is None or session.hangup.ending is not Ending.STALLED:
        return None
    return Grounds(
        confidence=Confidence.PROVEN,
        summary=f"The control connection to {session.server} carries small packets only: with segments of {SMALLEST} "
        "bytes the TLS handshake passes, with full ones it stands still. A link on the way carries less than these, "
        "and its router's word of that does not reach the sender.",
        evidence=(
            Evidence(text=session.hangup.detail, at=session.hangup.at),
            *secured_evidence(session),
        ),
    )


def _of_data(channel: DataChannel) -> Grounds | None:
    carriage = channel.carriage
    if carriage is None or channel.completed or carriage.ending is Ending.RESET:
        return None
    outcome = tried_small(channel)
    if outcome is Outcome.ONLY_SMALL and carriage.ending is not Ending.FINISHED and carried(channel) <= FULL_SEGMENT:
        return _by_trial(channel, carriage)
    if carriage.too_big and _ignored(carriage.too_big, carriage.unheard):
        return _told(channel, carriage.too_big, carriage.unheard)
    return None if outcome else _by_size(channel, carriage)


def _by_trial(channel: DataChannel, carriage: Carriage) -> Grounds:
    return Grounds(
        confidence=Confidence.PROVEN if same_encryption(channel) else Confidence.LIKELY,
        summary=f"The data connection with {carriage.remote} opens and carries small packets only: with segments of "
        f"{SMALLEST} bytes the transfer passes, with full ones it stands still. A link on the way carries less than "
        "these, and its router's word of that does not reach the sender.",
        evidence=(_stood_still(channel, carriage), *trial_evidence(channel)),
    )


def _stood_still(channel: DataChannel, carriage: Carriage) -> Evidence:
    text = f"The data connection between {carriage.local} and {carriage.remote} opened, and stood still after "
    return channel_sighting(channel, f"{text}{carried(channel)} bytes.")


def _ignored(error: IcmpError, unheard: Unheard | None) -> bool:
    """The sender repeats what it was told is too long."""
    if unheard is None or unheard.packet.at < error.at:
        return False
    return error.mtu is None or unheard.packet.length + _HEADERS > error.mtu


def _told(channel: DataChannel, error: IcmpError, unheard: Unheard | None) -> Grounds:
    assert unheard is not None
    view, host = _HOSTS[unheard.sender]
    watched = {one for one, _ in error.track.seen} if error.track else {channel.wire.view} if channel.wire else set()
    at_sender = view in watched
    loss = lost_segments([error], unheard.sender.peer, channel.session)
    width = f"carries packets of {error.mtu} bytes" if error.mtu else "carries less than these packets"
    heard = (
        f"That message reaches the {unheard.sender}, whose own firewall drops it, or whose system does not heed it."
        if at_sender
        else f"That message is lost {loss.where}: something there drops it."
        if loss
        else f"The {unheard.sender} does not hear it, or does not heed it."
    )
    return Grounds(
        confidence=Confidence.PROVEN,
        location=host if at_sender else loss.location if loss else None,
        summary=f"{error.reporter} says that the next link {width}, and the {unheard.sender} goes on sending longer "
        f"ones on the data connection. {heard}",
        evidence=(
            packet_sighting(error, f"{error.reporter}: {error.reason}" + (f", MTU {error.mtu}." if error.mtu else ".")),
            _repeated(unheard),
        ),
    )


def _repeated(unheard: Unheard) -> Evidence:
    text = f"A segment of {unheard.packet.length} bytes passed {times(unheard.tries)}, and was never acknowledged."
    return packet_sighting(unheard.packet, text)


def _by_size(channel: DataChannel, carriage: Carriage) -> Grounds | None:
    """What was seen of the first round, or is in a capture."""
    unheard = carriage.unheard
    if narrow := _narrower(channel):
        loss = lost_segments([unheard.packet], unheard.sender, channel.session) if unheard else None
        return _likely(channel, carriage, (_stood_still(channel, carriage), narrow), loss)
    if unheard and unheard.tries >= _REPEATED and unheard.packet.length > SMALLEST:
        small = _small_one(channel, unheard)
        return _likely(channel, carriage, (_repeated(unheard), small)) if small else None
    short = 0 < carriage.behind < FULL_SEGMENT and carried(channel) - carriage.behind < FULL_SEGMENT
    if short and carriage.missing > SMALLEST and (carriage.ending is Ending.STALLED or carriage.lost):
        text = f"{carriage.missing} bytes never came, and the {carriage.behind} behind them did."
        return _likely(channel, carriage, (_stood_still(channel, carriage), Evidence(text=text)))
    return None


def _narrower(channel: DataChannel) -> Evidence | None:
    """The same transfer passed with smaller segments: somebody tried, or an experiment is in the capture."""
    own = _mss(channel)
    if own is None or carried(channel) > FULL_SEGMENT:
        return None
    for one in channel.beside[:ENOUGH]:
        size = _mss(one)
        if _like(one, channel) and size and size < own and one.completed and carried(one) > own:
            text = f"With segments of {size} bytes at most, not {own}, the same transfer passed."
            return channel_sighting(one, text)
    return None


def _like(one: DataChannel, other: DataChannel) -> bool:
    """They are to carry the same; or one upload in place of another."""
    if one.transfer is None or other.transfer is None or one.transfer.verb != other.transfer.verb:
        return False
    return one.transfer.verb == "STOR" or one.transfer.argument == other.transfer.argument


def _mss(channel: DataChannel) -> int | None:
    return channel.wire.mss if channel.wire else None


def _small_one(channel: DataChannel, unheard: Unheard) -> Evidence | None:
    """Something shorter that the same sender got through."""
    if 0 < unheard.heard < unheard.packet.length:
        return Evidence(text=f"The {unheard.heard} bytes before it were.")
    passed = (
        one for one in channel.beside[:ENOUGH] if one.completed and 0 < arrived(one, unheard.sender) < FULL_SEGMENT
    )
    one = next((one for one in passed if arrived(one, unheard.sender) < unheard.packet.length), None)
    if one is None or one.transfer is None:
        return None
    text = f"{one.transfer.verb} of {arrived(one, unheard.sender)} bytes passed between the same hosts."
    return channel_sighting(one, text)


def _likely(
    channel: DataChannel, carriage: Carriage, evidence: tuple[Evidence, ...], loss: Loss | None = None
) -> Grounds:
    """`loss`: captures of both ends show that full segments do not arrive."""
    if loss and loss.confidence is Confidence.PROVEN:
        return Grounds(
            confidence=Confidence.PROVEN,
            location=loss.location,
            summary=f"The data connection with {carriage.remote} opens and carries small segments; full ones are lost "
            f"{loss.where}: a link there carries less than these, and nobody tells the sender.",
            evidence=(*evidence, packet_sighting(loss.packets[0], f"{loss.absence('such segment')}")),
        )
    return Grounds(
        confidence=Confidence.LIKELY,
        summary=f"The data connection with {carriage.remote} opens and carries short segments, and full ones never "
        "arrive: most likely a link on the way carries less than these, and nobody tells the sender.",
        evidence=evidence,
        alternatives=(
            Alternative(
                cause="data-stalled",
                settle_with="the same transfer with small segments, which ftpdiag probe makes by itself: a device that "
                "drops what it does not like drops these as well",
            ),
        ),
        settle_with=(Experiment.SMALL_SEGMENTS,) if channel.session.method else (),
    )
