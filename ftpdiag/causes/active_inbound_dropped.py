"""The server is asked to call back, and its SYN never reaches the client.

What happens: in active mode the server opens the data connection to the client. The NAT or firewall in front of most
clients lets in only what somebody inside asked for, and it does not know that PORT asked for this. A firewall at the
server's site that lets the server call nobody has the same effect. The device may drop the SYN or reject it.

How it is told: the tap at the client is watched from before PORT until well after the transfer command, and no SYN
comes in; nothing that the server says explains it. That alone does not tell *where* it is stopped. A live probe then
sends a SYN ahead, from the awaited port to the server's data port, with a TTL that ends on the way: where the call
comes after that, a stateful firewall or NAT had dropped what nobody inside asked for. A 425 that comes late, or that
names the network, shows that the server did try. Without a tap the client's own firewall is not ruled out either. In
a capture at the server the SYN leaves and nothing answers: either it is lost, or the client's answer on the way back;
captures from both ends tell which. In one on all interfaces of a router, a SYN that does not go out was dropped there.

Where the control port does not answer each SYN of the same probe either, a limit of new connections may be all there
is; where the same method is called when it is tried again, packets lost by chance.

Where PORT names another host than the client, the client's network has no part in it, and what a tap at the client
did not see tells nothing: an FTP bounce (RFC 2577 §3), a transfer between two servers (FXP), or another address of it.

False friends: 200 to PORT only says that the server understood. A firewall that understands FTP lets plain sessions
through and not those with TLS, which it cannot read. Repeating the probe with `--patience` brings the server's word.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import calling_back, remedies, settings
from ftpdiag.clues.admission import LIMITED, limit_evidence, perhaps_limited
from ftpdiag.clues.algs import perhaps_alg, told_by
from ftpdiag.clues.announced import perhaps_rewritten
from ftpdiag.clues.between import Loss, lost_syn, put_in
from ftpdiag.clues.compared import passed_again
from ftpdiag.clues.devices import let_through
from ftpdiag.clues.hops import answerer, from_client_itself
from ftpdiag.clues.nat import carrier_hop, third_host, whose_nat
from ftpdiag.clues.refusals import awaited, refusal
from ftpdiag.clues.silence import MORE_TIME, TOO_SOON, ignored_on_the_way, too_soon
from ftpdiag.clues.trials import Opened, may_be_opened, opened, walked
from ftpdiag.clues.unreachable import NO_ROUTE, NOBODY_ANSWERS
from ftpdiag.clues.wording import client_of, times
from ftpdiag.evidence import channel_sighting, packet_sighting, sighting
from ftpdiag.model import (
    Alternative,
    Answer,
    Confidence,
    DataChannel,
    Evidence,
    Experiment,
    IcmpError,
    Location,
    Mode,
    Opening,
    Party,
    Remedy,
    Verdict,
    View,
)


@cause(
    title="The server's call-back never reaches the client",
    judges=DataChannel,
    modes=(Mode.ACTIVE,),
    verdict=Verdict.BLOCKED,
    or_else="unknown where the wait was too short for a SYN to be repeated",
    location=Location.UNKNOWN,
    remedies=(remedies.USE_PASSIVE, *remedies.LET_CALL_BACK_IN, *remedies.LET_CALL_BACK_OUT),
    references=("RFC 959 §3.2", "RFC 1579", "RFC 2663 §5"),
)
def active_inbound_dropped(channel: DataChannel) -> Grounds | None:
    """Awaited at the client and absent; or seen on its way, and stopped before the client."""
    opening = channel.wire or channel.socket
    if opening is None or channel.opened or channel.strangers:
        return None
    if third := third_host(channel):
        return _elsewhere(channel, opening, third)
    return _at_client(channel, opening)


def _at_client(channel: DataChannel, opening: Opening) -> Grounds | None:
    if channel.left_out:
        return _only_told(channel)
    if opening.answer is Answer.ABSENT:
        return _absent(channel, opening)
    if opening.answer is Answer.SILENT and (loss := lost_syn(opening, Party.SERVER, channel.session, channel.beside)):
        return _lost(channel, opening, loss)
    if opening.view in {View.CLIENT_WIRE, View.CLIENT_SOCKET} or opening.opener.host != channel.session.server.host:
        return None
    return _stopped_further_on(channel, opening)


_TURNED_DOWN = frozenset({Answer.REFUSED, Answer.REJECTED})


_PERHAPS_ITS_OWN = (
    "The call passed the client's own network card: where that does not listen to others' packets, the address is the "
    "client's, and nothing there answers it."
)
_DROPPED_AT_CLIENT = Alternative(
    cause="active-dropped-by-client-host",
    settle_with="the client's addresses (Linux: ip address): whether the announced one is among them",
)


def _elsewhere(channel: DataChannel, opening: Opening, third: str) -> Grounds | None:
    """Another host than the client was to be called: only what was seen of the call, or the server's word, is told."""
    said = refusal(channel)
    tried = awaited(channel) and calling_back.tried(said)
    seen = opening.answer in _TURNED_DOWN or (opening.answer is Answer.SILENT and awaited(channel))
    if not (tried or seen):
        return None
    arrived = seen and opening.view is View.CLIENT_WIRE
    return Grounds(
        confidence=Confidence.POSSIBLE if arrived else Confidence.LIKELY,
        summary=f"The server was asked to call {channel.announced}, and its call came to nothing. {third} is not "
        f"{client_of(channel.session)}: it is another host (FXP, or an FTP bounce), or another address of it. "
        + (_PERHAPS_ITS_OWN if arrived else "What stops the call is at that host, or on the way to it."),
        evidence=(
            calling_back.asked(channel),
            *((sighting(opening, f"The server's SYN passed {times(opening.tries)}."),) if seen else ()),
            *calling_back.word(channel),
        ),
        remedies=remedies.CALL_THE_CLIENT,
        alternatives=(*((_DROPPED_AT_CLIENT,) if arrived else ()), *perhaps_rewritten(channel)),
    )


def _only_told(channel: DataChannel) -> Grounds | None:
    """A capture without data connections: all that is known is the server's word."""
    said = refusal(channel)
    if not awaited(channel) or not calling_back.tried(said):
        return None
    return Grounds(
        confidence=Confidence.POSSIBLE,
        summary=f"The server was asked to call {channel.announced}, and says that it could not. The call itself is not "
        "in the capture, so where it is stopped cannot be told.",
        evidence=(
            calling_back.asked(channel),
            *calling_back.word(channel),
            *_translation(channel),
        ),
        alternatives=(
            Alternative(
                cause="active-dropped-by-client-host",
                settle_with="a capture at the client that holds data connections too",
            ),
        ),
    )


_ON_THE_WAY = tuple(one for one in (*remedies.LET_CALL_BACK_IN, *remedies.LET_CALL_BACK_OUT) if one.who == "network")
"""Not on either host: the SYN left the one, and did not come to the other."""


def _lost(channel: DataChannel, opening: Opening, loss: Loss) -> Grounds:
    """Captures of both ends."""
    hasty = too_soon(opening) and refusal(channel) is None
    return Grounds(
        confidence=Confidence.POSSIBLE if hasty else loss.confidence,
        verdict=Verdict.UNKNOWN if hasty else None,
        summary=f"The server's SYN from {opening.opener} to {opening.target} leaves the server and is lost "
        f"{loss.where}: something there drops it.{TOO_SOON if hasty else ''}",
        evidence=(
            sighting(opening, f"The server's SYN to {opening.target} left {times(opening.tries)}."),
            Evidence(text=loss.absence(f"SYN to {opening.target}")),
            *calling_back.word(channel),
            *_translation(channel),
        ),
        location=loss.location,
        remedies=(remedies.USE_PASSIVE, *_ON_THE_WAY),
    )


def _absent(channel: DataChannel, opening: Opening) -> Grounds | None:
    """Not seen at the client, nor on the way to it."""
    said = refusal(channel)
    if not awaited(channel) or opening.view is View.SERVER_WIRE or (opening.view is View.MIDDLE_WIRE and not said):
        return None
    if not channel.negotiation.replies and calling_back.answers_first(channel.session):
        return None  # it has not heard the command, or its answer is lost
    tried = calling_back.tried(said)
    hasty = said is None and calling_back.hasty(channel)
    limited = perhaps_limited(channel.session) if said is None else ()
    again = passed_again(channel)
    untold = hasty or bool(again) or (said is None and channel.session.shut_out)
    trial = None if again else opened(channel)
    settled = trial.confidence if trial else None
    known = Confidence.POSSIBLE if untold else _confidence(channel, tried=tried)
    command = channel.transfer or channel.negotiation
    unseen = "accept() never returned" if opening.view is View.CLIENT_SOCKET else "no SYN from the server was seen"
    return Grounds(
        confidence=min(settled or known, known, key=tuple(Confidence).index),
        verdict=Verdict.UNKNOWN if untold else None,
        location=trial.location if trial else None,
        remedies=_who_lets_in(trial, limited),
        summary=(
            _unseen(channel, opening, located=trial is not None)
            + calling_back.fate(said)
            + (f" Made again, {channel.method} was called {times(len(again))}: {_BY_CHANCE}" if again else "")
            + (f" {trial.summary}" if trial else "")
            + (" It was given less than a second, though." if hasty else "")
            + (LIMITED if limited else "")
        ),
        evidence=(
            calling_back.asked(channel),
            *calling_back.word(channel),
            sighting(opening, f"After {command.verb} {unseen} at {opening.target}."),
            *_translation(channel),
            *(limit_evidence(channel.session) if limited else ()),
            *(trial.evidence if trial else ()),
            *(channel_sighting(one, f"Made again, the server's call to {one.announced} came.") for one in again[:1]),
        ),
        alternatives=(
            *_alternatives(channel, tried=tried or settled is not None),
            *limited,
            *((Alternative(cause="prober-limited", settle_with=MORE_TIME),) if hasty else ()),
        ),
        settle_with=() if hasty else (*_opener(channel, opening), *whose_nat(channel), *told_by(channel)),
    )


_BY_CHANCE = "it may have been lost by chance."


def _unseen(channel: DataChannel, opening: Opening, *, located: bool) -> str:
    told = f"The server was asked to call {channel.announced}"
    if channel.wire is None:
        told += ", and no call reached the listening socket. No packet tap watched its way, so this machine's own "
        return f"{told}firewall is not ruled out."
    if opening.view is View.MIDDLE_WIRE:
        return f"{told}, and no SYN of it passed where this was recorded."
    told += f" and its SYN never reached {client_of(channel.session)}: something between the server and here stops it."
    return told if located else f"{told} Where cannot be told from here."


def _who_lets_in(trial: Opened | None, limited: tuple[Alternative, ...]) -> tuple[Remedy, ...]:
    """None: as on the card."""
    if trial and trial.location:
        return (remedies.USE_PASSIVE, *remedies.LET_CALL_BACK_IN)
    either = (*remedies.LET_CALL_BACK_IN, *remedies.LET_CALL_BACK_OUT)
    if limited:
        return (remedies.USE_PASSIVE, remedies.RAISE_CONNECTION_LIMIT, *either)
    return (remedies.USE_PASSIVE, *either, *settings.CALL_BACK_FROM_DATA_PORT) if trial and trial.in_vain else ()


def _opener(channel: DataChannel, opening: Opening) -> tuple[Experiment, ...]:
    return () if opened(channel) or not may_be_opened(channel, opening) else (Experiment.LOW_TTL_OPENER,)


def _confidence(channel: DataChannel, *, tried: bool) -> Confidence:
    wire = channel.wire
    if wire is None:
        return Confidence.POSSIBLE
    return Confidence.PROVEN if tried and wire.view is View.CLIENT_WIRE else Confidence.LIKELY


def _translation(channel: DataChannel) -> tuple[Evidence, ...]:
    session = channel.session
    if session.client_seen_as is None or session.client is None or session.client_seen_as == session.client.host:
        return ()
    text = f"The server sees the client at {session.client_seen_as}, not at {session.client.host}: a NAT lies between."
    if walked(channel) and not carrier_hop(channel):
        text += " A hop walk to the server meets no second one."
    return (Evidence(text=text),)


_PATIENTLY = "the same probe with --patience, which waits for the server's own word, or "


def _alternatives(channel: DataChannel, *, tried: bool) -> list[Alternative]:
    found = []
    if channel.wire is None:
        found.append(Alternative(cause="active-dropped-by-client-host", settle_with="the same probe, allowed to sniff"))
    if _translation(channel):
        found.append(
            Alternative(
                cause="active-inbound-impossible",
                settle_with="the same probe with a port forwarded to this machine: --active-ports and --active-address",
            )
        )
    found += perhaps_alg(channel)
    if not tried:
        found.append(
            Alternative(
                cause="active-refused-by-server",
                settle_with=("" if calling_back.patient(channel) else _PATIENTLY) + "a capture at the server",
            )
        )
        found.extend(perhaps_rewritten(channel))
    return found


def _stopped_further_on(channel: DataChannel, opening: Opening) -> Grounds | None:
    silent = ignored_on_the_way(opening)
    answer = None if silent else answerer(opening)
    if answer is None and (not silent or (opening.tries == 1 and not awaited(channel))):
        return None
    if answer is not None and from_client_itself(answer, channel.session, opening.view):
        return None  # active-refused-by-client-host
    passed = sighting(opening, f"The server's SYN to {opening.target} passed {times(opening.tries)}.")
    call = f"The server's SYN from {opening.opener} to {opening.target} passes where this was recorded and "
    if answer is None:
        return Grounds(
            confidence=Confidence.LIKELY,
            summary=f"{call}is never answered: something between there and the client's socket drops it, or the answer "
            "on its way back.",
            evidence=(passed, *calling_back.word(channel)),
            alternatives=(
                Alternative(cause="active-dropped-by-client-host", settle_with="a capture at the client"),
                Alternative(cause="active-answer-lost", settle_with="a capture at the client"),
                *_alternatives(channel, tried=True),
            ),
        )
    said = f'the ICMP error "{answer.reason}"' if isinstance(answer, IcmpError) else "a RST in the client's name"
    between = put_in(answer, channel.session)
    device = answer.reporter if isinstance(answer, IcmpError) else "a device on the way"
    return Grounds(
        confidence=Confidence.PROVEN if isinstance(answer, IcmpError) or between else Confidence.LIKELY,
        location=Location.PATH if between else None,
        summary=f"{call}is turned down by {device}, with {said}.",
        evidence=(passed, packet_sighting(answer, f"It was answered with {said}.")),
        remedies=(remedies.USE_PASSIVE, let_through(answer, ports="1024-65535"), *_ON_THE_WAY)
        if isinstance(answer, IcmpError) and answer.reason not in NOBODY_ANSWERS | NO_ROUTE
        else (),
    )
