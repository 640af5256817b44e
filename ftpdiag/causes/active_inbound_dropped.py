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
captures from both ends tell which.

Where the control port does not answer each SYN of the same probe either, a limit of new connections may be all there
is; where the same method is called when it is tried again, packets lost by chance.

Where PORT names another host than the client, the client's network has no part in it, and what a tap at the client
did not see tells nothing: an FTP bounce (RFC 2577 §3), a transfer between two servers (FXP), or another address of it.

False friends: 200 to PORT only says that the server understood. A firewall that understands FTP lets plain sessions
through and not those with TLS, which it cannot read. Repeating the probe with `--patience` brings the server's word.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import remedies
from ftpdiag.clues.admission import LIMITED, limit_evidence, perhaps_limited
from ftpdiag.clues.algs import perhaps_alg, told_by
from ftpdiag.clues.announced import perhaps_rewritten
from ftpdiag.clues.between import Loss, lost_syn, put_in
from ftpdiag.clues.compared import passed_again
from ftpdiag.clues.devices import let_through
from ftpdiag.clues.hops import answerer, from_client_itself
from ftpdiag.clues.nat import carrier_hop, third_host, whose_nat
from ftpdiag.clues.refusals import LONG_ENOUGH, Refusal, awaited, blames_the_network, refusal
from ftpdiag.clues.silence import MORE_TIME, TOO_SOON, too_soon
from ftpdiag.clues.trials import CALLS_FIRST, Opened, may_be_opened, opened, walked
from ftpdiag.clues.unreachable import NO_ROUTE, NOBODY_ANSWERS
from ftpdiag.clues.wording import client_of, times
from ftpdiag.evidence import channel_sighting, command_sighting, packet_sighting, quotation, sighting
from ftpdiag.model import (
    Alternative,
    Answer,
    Confidence,
    ControlSession,
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
from ftpdiag.stacks import FIRST_REPETITION


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
    if opening.answer is Answer.SILENT and (loss := lost_syn(opening, Party.SERVER, channel.session)):
        return _lost(channel, opening, loss)
    if opening.view in {View.CLIENT_WIRE, View.CLIENT_SOCKET} or opening.opener.host != channel.session.server.host:
        return None
    return _stopped_further_on(channel, opening)


_TURNED_DOWN = frozenset({Answer.REFUSED, Answer.REJECTED})


def _elsewhere(channel: DataChannel, opening: Opening, third: str) -> Grounds | None:
    """Another host than the client was to be called: only what was seen of the call, or the server's word, is told."""
    said = refusal(channel)
    tried = said is not None and awaited(channel) and _tried(said)
    seen = opening.answer in _TURNED_DOWN or (opening.answer is Answer.SILENT and awaited(channel))
    if not (tried or seen):
        return None
    return Grounds(
        confidence=Confidence.LIKELY,
        summary=f"The server was asked to call {channel.announced}, and its call came to nothing. {third} is not "
        f"{client_of(channel.session)}: it is another host (FXP, or an FTP bounce), or another address of it. "
        "What stops the call is at that host, or on the way to it.",
        evidence=(
            command_sighting(channel.negotiation, f"The server was told to call {channel.announced}."),
            *((sighting(opening, f"The server's SYN passed {times(opening.tries)}."),) if seen else ()),
            *_word(channel),
        ),
        remedies=remedies.CALL_THE_CLIENT,
        alternatives=perhaps_rewritten(channel),
    )


def _only_told(channel: DataChannel) -> Grounds | None:
    """A capture without data connections: all that is known is the server's word."""
    said = refusal(channel)
    if said is None or not awaited(channel) or not _tried(said):
        return None
    return Grounds(
        confidence=Confidence.POSSIBLE,
        summary=f"The server was asked to call {channel.announced}, and says that it could not. The call itself is not "
        "in the capture, so where it is stopped cannot be told.",
        evidence=(
            command_sighting(channel.negotiation, f"The server was told to call {channel.announced}."),
            *_word(channel),
            *_translation(channel),
        ),
        alternatives=(
            Alternative(
                cause="active-dropped-by-client-host",
                settle_with="a capture at the client that holds data connections too",
            ),
        ),
    )


def _tried(said: Refusal) -> bool:
    return said.after >= LONG_ENOUGH or blames_the_network(said.reply)


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
            *_word(channel),
            *_translation(channel),
        ),
        location=loss.location,
        remedies=(remedies.USE_PASSIVE, *_ON_THE_WAY),
    )


def _absent(channel: DataChannel, opening: Opening) -> Grounds | None:
    said = refusal(channel)
    if not awaited(channel) or opening.view is View.SERVER_WIRE or (opening.view is View.MIDDLE_WIRE and not said):
        return None
    tried = said is not None and _tried(said)
    if not channel.negotiation.replies and _answers_first(channel.session):
        return None  # it has not heard the command, or its answer is lost
    here = client_of(channel.session)
    command = channel.transfer or channel.negotiation
    unseen = "accept() never returned" if opening.view is View.CLIENT_SOCKET else "no SYN from the server was seen"
    summary = f"The server was asked to call {channel.announced} and its SYN never reached {here}: "
    if channel.wire is None:
        summary = f"The server was asked to call {channel.announced}, and no call reached the listening socket. "
        summary += "No packet tap watched its way, so this machine's own firewall is not ruled out."
    elif opening.view is View.MIDDLE_WIRE:
        summary = f"The server was asked to call {channel.announced}, and no SYN of it passed where this was recorded."
    else:
        summary += "something between the server and here stops it. Where cannot be told from here."
    hasty = said is None and _hasty(channel)
    shut_out = said is None and channel.session.shut_out
    limited = perhaps_limited(channel.session) if said is None else ()
    again = passed_again(channel)
    untold = hasty or shut_out or bool(again)
    summary += _lost_or_turned_down(said) if said else ""
    trial = None if again else opened(channel)
    if again:
        summary += f" Made again, {channel.method} was called {times(len(again))}: it may have been lost by chance."
    if trial:
        summary = f"{summary.replace(' Where cannot be told from here.', '')} {trial.summary}"
    settled = trial.confidence if trial else None
    known = Confidence.POSSIBLE if untold else _confidence(channel, tried=tried)
    return Grounds(
        confidence=min(settled or known, known, key=tuple(Confidence).index),
        verdict=Verdict.UNKNOWN if untold else None,
        location=trial.location if trial else None,
        remedies=_who_lets_in(trial, limited),
        summary=summary + (" It was given less than a second, though." if hasty else "") + (LIMITED if limited else ""),
        evidence=(
            command_sighting(channel.negotiation, f"The server was told to call {channel.announced}."),
            *_word(channel),
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


def _who_lets_in(trial: Opened | None, limited: tuple[Alternative, ...]) -> tuple[Remedy, ...]:
    """None: as on the card."""
    if trial and trial.location:
        return (remedies.USE_PASSIVE, *remedies.LET_CALL_BACK_IN)
    return (
        (remedies.USE_PASSIVE, remedies.RAISE_CONNECTION_LIMIT, *remedies.LET_CALL_BACK_IN, *remedies.LET_CALL_BACK_OUT)
        if limited
        else ()
    )


def _opener(channel: DataChannel, opening: Opening) -> tuple[Experiment, ...]:
    return () if opened(channel) or not may_be_opened(channel, opening) else (Experiment.LOW_TTL_OPENER,)


_PATIENCE = 60.0
"""Seconds after which vsftpd, the slowest, says that its call came to nothing."""


def _answers_first(session: ControlSession) -> bool:
    return session.product is not None and CALLS_FIRST not in session.product


def _hasty(channel: DataChannel) -> bool:
    """Had its first SYN been lost, the server would not have repeated it yet."""
    socket, asked = channel.socket, channel.transfer or channel.negotiation
    return socket is not None and socket.waited is not None and socket.at + socket.waited < asked.at + FIRST_REPETITION


def _confidence(channel: DataChannel, *, tried: bool) -> Confidence:
    wire = channel.wire
    if wire is None:
        return Confidence.POSSIBLE
    return Confidence.PROVEN if tried and wire.view is View.CLIENT_WIRE else Confidence.LIKELY


def _lost_or_turned_down(said: Refusal) -> str:
    """The server's own word tells what became of its SYN: what is dropped takes a while, what is rejected does not."""
    if said.after >= LONG_ENOUGH:
        return f" The server waited {said.after:.0f} s for an answer to its call: that was lost, not turned down."
    if blames_the_network(said.reply):
        return f" The server had its answer after {said.after:.1f} s: the call was turned down, not lost."
    return ""


def _word(channel: DataChannel) -> tuple[Evidence, ...]:
    said = refusal(channel)
    if said is None:
        return ()
    pace = (
        "" if said.after >= LONG_ENOUGH else " If it called at all, somebody rejected the call rather than dropping it."
    )
    return (quotation(said.reply, f"After {said.after:.1f} s the server itself said that it could not.{pace}"),)


def _translation(channel: DataChannel) -> tuple[Evidence, ...]:
    session = channel.session
    if session.client_seen_as is None or session.client is None or session.client_seen_as == session.client.host:
        return ()
    text = f"The server sees the client at {session.client_seen_as}, not at {session.client.host}: a NAT lies between."
    if walked(channel) and not carrier_hop(channel):
        text += " A hop walk to the server meets no second one."
    return (Evidence(text=text),)


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
                settle_with=("" if _patient(channel) else _PATIENTLY) + "a capture at the server",
            )
        )
        found.extend(perhaps_rewritten(channel))
    return found


_PATIENTLY = "the same probe with --patience, which waits for the server's own word, or "


def _patient(channel: DataChannel) -> bool:
    """The server was given longer than any of them takes: --patience was there already."""
    socket = channel.socket
    return socket is not None and socket.waited is not None and socket.waited > _PATIENCE


def _stopped_further_on(channel: DataChannel, opening: Opening) -> Grounds | None:
    answer = answerer(opening)
    if answer is None and (opening.answer is not Answer.SILENT or (opening.tries == 1 and not awaited(channel))):
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
            evidence=(passed, *_word(channel)),
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
