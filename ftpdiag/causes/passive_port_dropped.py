"""The client's SYN to the announced passive port is never answered.

What happens: in passive mode the client opens the data connection to a port that the server has just announced. A
firewall in front of the server, or on it, that lets in port 21 only and does not follow the announcement drops that
SYN. So may a firewall at the client's site that lets out a few ports only; and the server's answer may be dropped on
the way back as well.

How it is told: the SYN leaves the client, is repeated, and nothing comes back: no SYN-ACK, no RST, no ICMP error; the
control connection to the same address works meanwhile. These alone do not tell *where* on the way it was dropped. A
live probe then makes a hop walk: SYNs that expire at one router after the other, to the passive port while the server
listens there and to the control port beside it. The hops that say so for both let the port pass; it is lost before
the next one that says so for the control port only. Where all routers pass it on, the server may have
answered, and the answer be lost on its way back, as where a stateful firewall sees one direction only. A capture at the
server tells the rest: a SYN that arrives there and is not answered was dropped by the server itself.

Where the same handshake has its data connection when it is made again, or the walk's SYN to another passive port is
answered, packets may be lost by chance: nothing is said to be blocked then.

What it is not: a SYN that never leaves the client is `passive-dropped-by-client-host`; a SYN-ACK that comes back and
is ignored, `passive-answer-dropped-by-client-host`; an answer of any other kind, `passive-port-refused` or
`passive-port-rejected`. A firewall that understands FTP lets plain sessions through and not those with TLS.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import remedies, settings
from ftpdiag.clues.admission import LIMITED, limit_evidence, perhaps_limited
from ftpdiag.clues.algs import perhaps_alg, told_by
from ftpdiag.clues.between import Loss, lost_answer, lost_syn
from ftpdiag.clues.compared import passed_again
from ftpdiag.clues.nat import one_network
from ftpdiag.clues.ports import dialled, sampled, samples_evidence, to_sample
from ftpdiag.clues.refusals import awaited, refusal
from ftpdiag.clues.silence import MORE_TIME, TOO_SOON, too_soon, unanswered
from ftpdiag.clues.trials import Gap, answered_at_last, gap, walk_evidence, walked
from ftpdiag.clues.wording import client_of, times
from ftpdiag.evidence import channel_sighting, command_sighting, packet_sighting, quotation, sighting
from ftpdiag.model import (
    Alternative,
    Answer,
    Confidence,
    DataChannel,
    Evidence,
    Experiment,
    Location,
    Mode,
    Opening,
    Party,
    Remedy,
    Verdict,
    View,
)


@cause(
    title="The SYN to the passive port is dropped on the way, or at the server",
    judges=DataChannel,
    modes=(Mode.PASSIVE,),
    verdict=Verdict.BLOCKED,
    or_else="unknown where the wait was too short for a SYN to be repeated, or nobody says that it was in vain",
    location=Location.UNKNOWN,
    remedies=settings.FIX_THEN_OPEN_PASSIVE_RANGE,
    references=("RFC 959 §4.1.2", "RFC 1579"),
)
def passive_port_dropped(channel: DataChannel) -> Grounds | None:
    """SYNs out, nothing back; without a tap, a connect() that timed out."""
    wire, socket = channel.wire, channel.socket
    if channel.opened or channel.announced is None:
        return None
    if wire is None:
        return _unwatched(channel, socket) if socket and socket.answer is Answer.SILENT else None
    if wire.answer is Answer.SILENT:
        return _unanswered(channel, wire)
    if wire.view is View.CLIENT_WIRE:
        return None
    if wire.answer is Answer.ACCEPTED:
        return _answered_in_vain(channel, wire) if wire.unacknowledged else None
    return _never_came(channel, wire) if wire.answer is Answer.ABSENT else None


def _unwatched(channel: DataChannel, socket: Opening) -> Grounds:
    sniff = "the same probe, allowed to sniff"
    hasty, shut_out = too_soon(socket), channel.session.shut_out
    limited = LIMITED if perhaps_limited(channel.session) else ""
    return Grounds(
        confidence=Confidence.POSSIBLE,
        verdict=Verdict.UNKNOWN if hasty or shut_out else None,
        summary=f"Your connection to {socket.target} was never answered. No packet tap watched its way, so this "
        f"machine's own firewall is not ruled out.{TOO_SOON if hasty else ''}{limited}",
        evidence=(
            sighting(socket, f"connect() to {socket.target} timed out."),
            *_control_works(channel),
            *limit_evidence(channel.session),
            *walk_evidence(channel),
        ),
        alternatives=(
            Alternative(cause="passive-dropped-by-client-host", settle_with=sniff),
            Alternative(cause="passive-answer-dropped-by-client-host", settle_with=sniff),
            *_alternatives(channel, socket),
        ),
        remedies=_limits(channel),
        settle_with=() if hasty else _experiments(channel),
    )


def _experiments(channel: DataChannel) -> tuple[Experiment, ...]:
    walk = () if walked(channel) else (Experiment.HOP_WALK,)
    samples = (Experiment.PORT_SAMPLES,) if answered_at_last(channel) and not sampled(channel) else ()
    return tuple(dict.fromkeys((*walk, *told_by(channel), *to_sample(channel), *samples)))


def _lost(channel: DataChannel, wire: Opening, loss: Loss) -> Grounds:
    """Captures of both ends."""
    hasty = too_soon(wire) and refusal(channel) is None
    return Grounds(
        confidence=Confidence.POSSIBLE if hasty else loss.confidence,
        verdict=Verdict.UNKNOWN if hasty else None,
        summary=f"The SYN to {wire.target} leaves {client_of(channel.session)} and is lost {loss.where}: something "
        f"there drops it.{TOO_SOON if hasty else ''}",
        evidence=(
            sighting(wire, f"The SYN to {wire.target} left {times(wire.tries)}."),
            Evidence(text=loss.absence("SYN to it")),
            *_control_works(channel),
        ),
        location=loss.location,
        remedies=settings.FIX_THEN_OPEN_PASSIVE_RANGE_ON_THE_WAY,
    )


def _unanswered(channel: DataChannel, wire: Opening) -> Grounds | None:
    if loss := lost_syn(wire, Party.CLIENT, channel.session, channel.beside):
        return _lost(channel, wire, loss)
    if wire.tries == 1 and not awaited(channel):
        return None  # the recording may simply have ended
    at_server = wire.view is View.SERVER_WIRE
    server = channel.session.server
    here = client_of(channel.session)
    if at_server:
        summary = f"The SYN from {wire.opener} reaches the server at {wire.target}, which never answers it: the "
        summary += "server's own firewall drops it."
    elif wire.view is View.CLIENT_WIRE:
        summary = f"The SYN to {wire.target} leaves {here} and is never answered, while {server} answers: something "
        summary += "between here and the server's socket drops it, or the answer to it."
    else:
        summary = f"The SYN to {wire.target} passes where this was recorded and is never answered, while {server} "
        summary += "answers: something from there on drops it, or the answer to it."
    gone = gap(channel) if wire.view is View.CLIENT_WIRE else None
    if gone:
        summary = f"The SYN to {wire.target} is never answered, while {server} answers. {gone.told}"
    said = refusal(channel)
    again = passed_again(channel) if gone is None and said is None else ()
    sometimes = bool(again) or (gone is None and said is None and answered_at_last(channel))
    if sometimes:
        told = f"the same handshake had its data connection {times(len(again))}" if again else "another port answered"
        summary = f"The SYN to {wire.target} was never answered. Tried again, {told}: packets may be lost by chance, "
        summary += "or its port is one of some that are blocked."
    hasty = too_soon(wire) and said is None
    shut_out = channel.session.shut_out and said is None
    ports = dialled(channel)
    limited = bool(perhaps_limited(channel.session)) and gone is None
    dropped = Confidence.LIKELY if limited or (said and too_soon(wire)) else unanswered(wire)
    return Grounds(
        confidence=Confidence.POSSIBLE if shut_out or sometimes else _surest(dropped, gone),
        verdict=Verdict.UNKNOWN if hasty or shut_out or sometimes else None,
        summary=summary + (TOO_SOON if hasty else "") + (LIMITED if limited else ""),
        evidence=(
            sighting(wire, f"The SYN to {wire.target} passed {times(wire.tries)}; no SYN-ACK, RST or ICMP error came."),
            *_control_works(channel),
            *limit_evidence(channel.session),
            *(samples_evidence(ports) if ports.mixed else ()),
            *walk_evidence(channel),
            *(channel_sighting(one, f"Made again, the connection to {one.announced} opened.") for one in again[:1]),
        ),
        location=Location.SERVER_HOST if at_server else gone.location if gone else None,
        hop=gone.hop if gone else None,
        alternatives=(*_alternatives(channel, wire), *((_PARTLY,) if sometimes else ())),
        remedies=_limits(channel) or _beside_the_range(gone, sometimes=sometimes),
        settle_with=() if hasty or wire.view is not View.CLIENT_WIRE else _experiments(channel),
    )


def _limits(channel: DataChannel) -> tuple[Remedy, ...]:
    """What else may have to change; none: as on the card."""
    limited = perhaps_limited(channel.session)
    return (remedies.RAISE_CONNECTION_LIMIT, *settings.FIX_THEN_OPEN_PASSIVE_RANGE) if limited else ()


_PARTLY = Alternative(cause="passive-ports-partly-blocked", settle_with="the same probe with --samples 20")


def _beside_the_range(gone: Gap | None, *, sometimes: bool) -> tuple[Remedy, ...]:
    """What else may help; none: as on the card."""
    if sometimes:
        return (remedies.FIND_LOSS, *settings.FIX_THEN_OPEN_PASSIVE_RANGE)
    at_the_end = gone is not None and gone.at_the_end
    return (*settings.FIX_THEN_OPEN_PASSIVE_RANGE, remedies.LET_ANSWERS_BACK) if at_the_end else ()


def _surest(dropped: Confidence, gone: Gap | None) -> Confidence:
    """No surer than that it is dropped, nor than where."""
    return max(dropped, gone.confidence, key=list(Confidence).index) if gone else dropped


def _answered_in_vain(channel: DataChannel, wire: Opening) -> Grounds:
    """Seen from the server or from the middle."""
    loss = lost_answer(wire, Party.CLIENT, channel.session)
    if loss:
        return Grounds(
            confidence=loss.confidence,
            summary=f"The server answers the SYN to {wire.target}, and its answer is lost {loss.where}: something "
            "there drops it.",
            evidence=(
                sighting(wire, f"The SYN to {wire.target} reached the server."),
                packet_sighting(loss.packets[0], f"The SYN-ACK left {times(len(loss.packets))}."),
                Evidence(text=loss.absence("SYN-ACK")),
            ),
            location=loss.location,
            remedies=settings.FIX_THEN_OPEN_PASSIVE_RANGE_ON_THE_WAY,
        )
    return Grounds(
        confidence=Confidence.LIKELY,
        summary=f"The server answers the SYN to {wire.target}, and its answer never reaches the client at "
        f"{wire.opener.host}: something on the way back drops it, or the client's own firewall.",
        evidence=(
            sighting(wire, f"The SYN to {wire.target} and its SYN-ACK passed, again and again; no ACK followed."),
        ),
        alternatives=(
            Alternative(cause="passive-answer-dropped-by-client-host", settle_with="a capture at the client"),
            Alternative(cause="data-half-open", settle_with="a capture at the client, whose ACK may be lost"),
        ),
    )


def _never_came(channel: DataChannel, wire: Opening) -> Grounds | None:
    """No SYN passed a tap on the way: the client may not have tried, unless the server waited for it in vain."""
    said = refusal(channel)
    if not awaited(channel) or (said is None and wire.view is not View.SERVER_WIRE):
        return None
    watched = not channel.left_out
    seen = "no SYN to it came as far as where this was recorded"
    return Grounds(
        confidence=Confidence.LIKELY if said and watched and wire.view is View.SERVER_WIRE else Confidence.POSSIBLE,
        verdict=None if said else Verdict.UNKNOWN,
        summary=f"The server announced {channel.announced}, and {seen if watched else 'says that nobody came'}.",
        evidence=(
            command_sighting(channel.negotiation, f"The server announced {channel.announced}."),
            *((sighting(wire, f"No SYN to {wire.target} was seen."),) if watched else ()),
            *((quotation(said.reply, "The server gave up."),) if said else ()),
        ),
        alternatives=(
            Alternative(cause="passive-dropped-by-client-host", settle_with="a capture at the client"),
            *_alternatives(channel, wire),
        ),
    )


_TURNED_AROUND = Alternative(
    cause="passive-hairpin",
    settle_with="whether the server bears its public address itself: ip address, on the server",
)
"""Where server and client may be behind the same NAT."""


def _control_works(channel: DataChannel) -> tuple[Evidence, ...]:
    session = channel.session
    return (command_sighting(channel.negotiation, f"{session.server} answered on the control connection."),)


def _alternatives(channel: DataChannel, opening: Opening) -> tuple[Alternative, ...]:
    found: list[Alternative] = []
    if opening.view is not View.SERVER_WIRE:
        found += perhaps_alg(channel)
    found += perhaps_limited(channel.session)
    if opening.view in {View.CLIENT_WIRE, View.CLIENT_SOCKET} and gap(channel) is None and one_network(channel):
        found.append(_TURNED_AROUND)
    if too_soon(opening):
        found.append(Alternative(cause="prober-limited", settle_with=MORE_TIME))
    return tuple(found)
