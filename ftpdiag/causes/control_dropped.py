"""The SYN to the control port is never answered.

What happens: the client asks for a control connection and hears nothing, neither yes nor no. A firewall that drops
instead of rejecting does that, on the way or on the server; so does an address nobody has, and a server that has
banned this client after failed logins.

How it is told: the SYN leaves this machine, is repeated, and nothing comes back: no SYN-ACK, no RST, no ICMP error.
From the client alone nobody can tell where on the way it is lost. Two cases are this machine's own and certain: the
tap never sees the SYN leave, or it sees the SYN-ACK arrive that connect() waits for in vain. Both are the doing of
this machine's own firewall, because a tap sees outbound packets after it and inbound packets before it.

What it is not: an answer, even an unfriendly one, is control-refused or control-rejected.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import remedies
from ftpdiag.clues.between import Loss, lost_answer, lost_syn
from ftpdiag.clues.devices import between, beyond_client
from ftpdiag.clues.silence import MORE_TIME, TOO_SOON, too_soon, unanswered
from ftpdiag.clues.wording import client_of, times
from ftpdiag.evidence import packet_sighting, sighting
from ftpdiag.model import (
    Alternative,
    Answer,
    Confidence,
    ControlSession,
    Evidence,
    Location,
    Opening,
    Party,
    Verdict,
    View,
)

_REMEDIES = (*remedies.OPEN_CONTROL_PORT, *remedies.LET_CONTROL_OUT_OF_HOST)


@cause(
    title="The SYN to the control port is dropped",
    judges=ControlSession,
    verdict=Verdict.BLOCKED,
    or_else="unknown where the wait was too short for a SYN to be repeated",
    location=Location.UNKNOWN,
    remedies=_REMEDIES,
    references=("RFC 9293 §3.10.1",),
)
def control_dropped(session: ControlSession) -> Grounds | None:
    """SYNs out and nothing back; SYNs that never left; a SYN-ACK that never reached the socket."""
    wire, socket = session.wire, session.socket
    if session.reachable:
        return None
    if wire is None:
        return _socket_only(session, socket) if socket and socket.answer is Answer.SILENT else None
    if loss := lost_syn(wire, Party.CLIENT, session) or lost_answer(wire, Party.CLIENT, session):
        return _lost(session, wire, loss)
    if _answer_lost(session):
        return _own_firewall(session, wire, "A SYN-ACK came back and was seen on the wire; connect() never got it.")
    if wire.answer is Answer.ABSENT and socket and socket.answer is Answer.SILENT:
        return _own_firewall(session, socket, "connect() waited for an answer, and no SYN was seen to leave.")
    return _unanswered(session, wire) if wire.answer is Answer.SILENT and not session.cuts_short(wire) else None


def _answer_lost(session: ControlSession) -> bool:
    wire, socket = session.seen_at(View.CLIENT_WIRE), session.socket
    return bool(wire and socket and wire.unacknowledged and socket.answer is Answer.SILENT)


def _own_firewall(session: ControlSession, opening: Opening, text: str) -> Grounds:
    return Grounds(
        confidence=Confidence.PROVEN,
        location=Location.CLIENT_HOST,
        summary=f"This machine's own firewall keeps it from talking to {session.server}.",
        evidence=(sighting(opening, text),),
        remedies=tuple(one for one in remedies.LET_CONTROL_OUT_OF_HOST if one.who == Party.CLIENT),
    )


def _lost(session: ControlSession, wire: Opening, loss: Loss) -> Grounds | None:
    """Captures of both ends."""
    if wire.answer not in {Answer.SILENT, Answer.ACCEPTED}:
        return None
    what = "SYN" if wire.answer is Answer.SILENT else "SYN-ACK"
    sender = "the client" if wire.answer is Answer.SILENT else "the server"
    hasty = len(loss.packets) == 1
    return Grounds(
        confidence=Confidence.POSSIBLE if hasty else loss.confidence,
        verdict=Verdict.UNKNOWN if hasty else None,
        location=loss.location,
        summary=f"The {what} of the connection to {session.server} leaves {sender} and is lost {loss.where}: something "
        f"there drops it.{TOO_SOON if hasty else ''}",
        evidence=(
            packet_sighting(loss.packets[0], f"The {what} left {times(len(loss.packets))}."),
            Evidence(text=loss.absence(f"{what} of it")),
        ),
        remedies=between(_REMEDIES),
    )


def _unanswered(session: ControlSession, wire: Opening) -> Grounds:
    at_server = wire.view is View.SERVER_WIRE
    return Grounds(
        confidence=_by_chance(session, wire),
        verdict=Verdict.UNKNOWN if too_soon(wire) else None,
        location=Location.SERVER_HOST if at_server else Location.UNKNOWN,
        summary=f"The SYN reaches {session.server} and its host never answers: the firewall of the server drops it."
        if at_server
        else f"The SYN to {session.server} {_seen(session, wire)} and is never answered: something on the way or on "
        f"the server drops it, or {_else(session)}.{TOO_SOON if too_soon(wire) else ''}",
        evidence=(
            sighting(wire, f"SYN to {session.server}, seen {times(wire.tries)}; no SYN-ACK, RST or ICMP came back."),
        ),
        alternatives=(*_hasty(wire), *(() if at_server else (_banned(),))),
        remedies=(*((remedies.RAISE_CONNECTION_LIMIT,) if _served_beside(session) else ()), *beyond_client(_REMEDIES)),
    )


def _served_beside(session: ControlSession) -> bool:
    """Others were: each SYN may have been lost, one by one, or be one too many."""
    return session.shut_out or session.crowded or session.served_before


def _by_chance(session: ControlSession, wire: Opening) -> Confidence:
    """At the server no SYN is lost any more."""
    sure = unanswered(wire)
    lost = _served_beside(session) and wire.view is not View.SERVER_WIRE
    return Confidence.LIKELY if lost and sure is Confidence.PROVEN else sure


def _else(session: ControlSession) -> str:
    """What else a SYN that nobody answers may mean."""
    if not _served_beside(session):
        return "nobody has this address"
    whose = "this probe" if session.method else "the same client"
    return (
        f"limits new connections, or has shut {client_of(session)} out, or packets are lost by chance: another session "
        f"of {whose} was served"
    )


def _seen(session: ControlSession, wire: Opening) -> str:
    return f"leaves {client_of(session)}" if wire.view is View.CLIENT_WIRE else "passes where this was recorded"


def _socket_only(session: ControlSession, socket: Opening) -> Grounds:
    return Grounds(
        confidence=Confidence.POSSIBLE,
        verdict=Verdict.UNKNOWN if too_soon(socket) else None,
        summary=f"Your connection to {session.server} was never answered. No packet tap watched its way, so this "
        "machine's own firewall is not ruled out.",
        evidence=(sighting(socket, f"connect() to {session.server} timed out."),),
        alternatives=(
            *_hasty(socket),
            Alternative(cause="prober-limited", settle_with="the same probe with the right to sniff"),
            _banned(),
        ),
    )


def _hasty(opening: Opening) -> tuple[Alternative, ...]:
    return (Alternative(cause="prober-limited", settle_with=MORE_TIME),) if too_soon(opening) else ()


def _banned() -> Alternative:
    return Alternative(
        cause="control-login-refused",
        settle_with="the same probe from another address: a ban after failed logins drops yours only",
    )
