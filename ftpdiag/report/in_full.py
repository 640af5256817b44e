"""One session -> all that is known of it: its dialogue, and each data connection with its ladder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from msgspec.structs import replace

from ftpdiag.model import (
    Answer,
    Carriage,
    ControlSession,
    DataChannel,
    Ending,
    Facts,
    Judgement,
    Opening,
    Party,
    Tls,
    View,
)
from ftpdiag.report.judged import Judged
from ftpdiag.report.ladder import ladder
from ftpdiag.report.look import Look, Paint

_ANSWERED = 3.0
"""Seconds within which a data connection is tried: one that a capture did not watch for so long may have come later."""

_ENDINGS = {
    Ending.FINISHED: "ended in order",
    Ending.RESET: "was reset",
    Ending.STALLED: "came to a standstill",
    Ending.TLS_FAILED: "ended when TLS failed",
    Ending.UNTRUSTED: "was closed because the certificate did not verify",
    Ending.SUFFICED: "was closed when it had shown that data moves",
    Ending.STOPPED: "was closed on purpose",
    Ending.OPEN: "was still open at the end",
}

_ANSWERS = {
    Answer.ACCEPTED: "accepted",
    Answer.REFUSED: "refused with a RST",
    Answer.REJECTED: "rejected with an ICMP error",
    Answer.SILENT: "nothing answered",
}

_MARKS = {Party.CLIENT: ">", Party.SERVER: "<"}


def in_full(one: Judged, facts: Facts, look: Look) -> Iterator[list[str]]:
    """Blocks of lines."""
    session = one.session
    yield [look.painted(f"Session {session.number}", Paint.STRONG), *look.wrapped(_who(session), first="  ")]
    yield ["  Dialogue", *_dialogue(session, facts, look)]
    narrow = replace(look, width=look.width - 4)
    for place, (channel, judgement) in enumerate(one.channels, 1):
        told = " ".join(_channel(channel, judgement, facts))
        yield [
            f"  Data connection {place}: {channel.mode}, {channel.method}",
            *narrow.wrapped(told, first="    "),
        ]
        yield [f"    {line}" for line in ladder(channel, began=facts.began, width=narrow.width)]


def _who(session: ControlSession) -> str:
    began = datetime.fromtimestamp(session.began, UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
    tls = "without TLS" if session.tls is Tls.NONE else f"with {session.tls} TLS"
    product = f" ({session.product})" if session.product else ""
    entered = "logged in" if session.logged_in else "no login was seen"
    end = f" {session.hangup.detail}" if session.hangup else ""
    return f"Began {began}: {session.client or 'a client'} with {session.server}{product}, {tls}, {entered}.{end}"


def _dialogue(session: ControlSession, facts: Facts, look: Look) -> Iterator[str]:
    hidden = session.clear_again
    for line in session.lines:
        if hidden and line.at >= hidden:
            yield "  … what was said here is encrypted."
            hidden = None
        number = f"#{line.packet}" if line.packet else ""
        lead = f"  {line.at - facts.began:+10.3f} s {number:<7} {_MARKS[line.sender]} "
        yield from look.wrapped(line.text or "(an empty line)", first=lead, rest=" " * len(lead))
    if session.opaque and (session.clear_again is None or session.hidden_again):
        yield "  … the rest is encrypted."
    elif not session.lines:
        yield "  Nothing was said."


def _channel(channel: DataChannel, judgement: Judgement, facts: Facts) -> Iterator[str]:
    """Sentences, in the order in which things happen."""
    yield _announced(channel)
    seen = [one for one in channel.openings if one.answer is not Answer.ABSENT]
    yield from map(_opened, seen)
    if not seen and channel.announced and channel.agreed:
        yield whereabouts(channel, facts)
    yield from map(_carried, channel.carriages)
    yield from (f"{stranger}, a third host, called and was refused." for stranger in channel.strangers)
    if channel.replies:
        yield f"Replies: {', '.join(str(reply.code) for reply in channel.replies)}."
    causes = f" ({', '.join(judgement.causes)})" if judgement.causes else ""
    yield "What came of it is encrypted." if channel.veiled else f"Verdict: {judgement.verdict}{causes}."


def _announced(channel: DataChannel) -> str:
    if channel.inferred:
        return f"To {channel.announced}, inferred from addresses and times: the negotiation is encrypted."
    what = f"{channel.announced} was announced" if channel.announced else "No endpoint was announced"
    if channel.transfer is None:
        return f"{what}; no transfer command followed."
    argument = f" {channel.transfer.argument}" if channel.transfer.argument else ""
    return f"{what}, for {channel.transfer.verb}{argument}."


def _opened(opening: Opening) -> str:
    tries = "once" if opening.tries == 1 else f"{opening.tries} times"
    opener = str(opening.opener) if opening.opener.port else opening.opener.host or "the other side"
    by = f" by {opening.answered_by}" if opening.answered_by and opening.answer is not Answer.SILENT else ""
    where = "" if opening.view in {View.MIDDLE_WIRE, View.CLIENT_SOCKET} else f" (seen at the {opening.view})"
    if not opening.tries:
        return f"Its opening from {opener} to {opening.target} was not recorded{where}."
    outcome = _ANSWERS.get(opening.answer, "what answered is not known")
    stood = "" if opening.established or opening.answer is not Answer.ACCEPTED else ", but it never stood"
    return f"{opener} tried {opening.target} {tries}{where}: {outcome}{by}{stood}."


def _carried(carriage: Carriage) -> str:
    moved = f"{carriage.to_client:,} bytes went to the client, {carriage.to_server:,} to the server"
    by = f" by {carriage.ended_by}" if carriage.ended_by and carriage.ending is Ending.RESET else ""
    return f"{moved}; it {_ENDINGS[carriage.ending]}{by}."


def whereabouts(channel: DataChannel, facts: Facts) -> str:
    """Of a data connection that was announced and is not in the recording: whether it was tried, as far as is known."""
    session, announced = channel.session, channel.negotiation.at
    final = channel.transfer.final if channel.transfer else None
    if final and 200 <= final.code < 300:
        return (
            "It is not in the capture, though its transfer was carried out: it went another way, or was filtered out."
        )
    answered = final is not None or session.hangup is not None
    watched = max(facts.ended, session.last_seen or 0.0) - announced
    if not answered and watched < _ANSWERED:
        return f"It is not in the capture, which stops {max(watched, 0.0):.1f} s after that."
    if channel.transfer is None and channel.mode.opener is Party.SERVER:
        return "It was never tried: a server calls only when it is asked for data."
    return "Nobody tried to open it."
