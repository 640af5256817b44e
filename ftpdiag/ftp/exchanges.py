"""A dialogue -> its commands, each with the replies to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ftpdiag.ftp.commands import PROTECTED, TRANSFERS, command_line
from ftpdiag.ftp.lines import lost
from ftpdiag.ftp.replies import ReplyReader
from ftpdiag.ftp.waiting import LOST, Pending, Waiting
from ftpdiag.model import Exchange, Line, Party, Reply

_GREETINGS = frozenset({0, 120, 220, 421})
"""What a server may say before any command (RFC 959 §5.4); 0 is a line that is no reply at all."""

QUESTIONS: Mapping[str, frozenset[int]] = {
    "FEAT": frozenset({211}),
    "SYST": frozenset({215}),
    "STAT": frozenset({211, 212, 213}),
}
"""What a client asks about the server itself, and the answers (RFC 959 §5.4, RFC 2389 §3.2). Nothing depends on them,
and not every server gives one."""


def informs(reply: Reply) -> bool:
    """Whether a reply is about the server (RFC 959 §4.2.1: x1z); none to a login, a negotiation or a transfer is."""
    return 210 <= reply.code < 220


def exchanges(lines: Iterable[Line]) -> tuple[Exchange, ...]:
    """The dialogue as commands with their replies, in order.

    A reply goes to the oldest command that still waits; a 1yz keeps it waiting. A question that was left unanswered
    waits no longer once a later command is answered. Where the recording lacks a command, it may be any. The greeting,
    and whatever the server says unasked (such as a 421), are exchanges with the verb "".
    """
    unasked = Pending(None)
    found = [unasked]
    waiting = Waiting()
    waiting.add(unasked)
    passed_over = deque[Pending]()
    events = list(_events(lines))
    for event, later in zip(events, _later(events), strict=True):
        if isinstance(event, Line):
            found.append(Pending(event))
            waiting.add(found[-1])
            continue
        reply = event
        if len(waiting) > 1 and waiting.oldest is unasked and reply.code not in _GREETINGS:
            waiting.pop()  # the recording began after the greeting
        passed_over += _outlived(waiting, reply, later)
        if passed_over and reply.code in _LATE and not _asks(waiting.oldest):
            passed_over.popleft().take(reply)
            continue
        if aside := _said_during_transfer(reply, waiting):
            aside.take(reply)
            continue
        while _not_answered_by(reply, waiting):
            waiting.pop()
        oldest = waiting.oldest
        if oldest is None:
            if found[-1] is unasked or found[-1].line or reply.code in ANNOUNCES or _announced(found[-1]):
                found.append(Pending(None))
            found[-1].take(reply)  # nothing waits for what follows it
            continue
        oldest.take(reply)
        if _is_final(reply):
            waiting.pop()
    return tuple(_exchange(one) for one in found if one.replies or (one.line and one.kind is not None))


ANNOUNCES: Mapping[int, str] = {227: "PASV", 228: "LPSV", 229: "EPSV"}
"""Replies that name an endpoint, and what they answer, heard or not (RFC 959 §5.4, 1639, 2428)."""


def _announced(pending: Pending) -> bool:
    return bool(pending.replies) and pending.replies[-1].code in ANNOUNCES


_LATE = frozenset({211, 215})
"""Status and system: no other command than a question gets these (RFC 959 §5.4)."""


def _events(lines: Iterable[Line]) -> Iterator[Line | Reply]:
    """Commands, and complete replies."""
    reader = ReplyReader()
    for line in lines:
        if line.sender is Party.CLIENT:
            if not lost(line.text):
                reader.ask()
            yield line
        elif reply := reader.feed(line):
            yield reply


class _Later(NamedTuple):
    """What follows an event."""

    commands: int
    finals: int
    at_once: int
    """Of the final replies, those ahead of the next command."""


def _later(events: Sequence[Line | Reply]) -> list[_Later]:
    """Of each event."""
    found: list[_Later] = []
    later = _Later(commands=0, finals=0, at_once=0)
    for event in reversed(events):
        found.append(later)
        if isinstance(event, Line):
            later = _Later(later.commands + 1, later.finals, 0)
        elif _is_final(event):
            later = _Later(later.commands, later.finals + 1, later.at_once + 1)
    return found[::-1]


def _is_final(reply: Reply) -> bool:
    return reply.code > 0 and not reply.preliminary


def _asks(pending: Pending | None) -> bool:
    return pending is not None and pending.kind in QUESTIONS and not pending.answered


def _outlived(waiting: Waiting, reply: Reply, later: _Later) -> Iterator[Pending]:
    """The questions that wait no longer, because the reply answers what was asked after them."""
    while len(waiting) > 1 and _asks(waiting.oldest) and _is_for_another(reply, waiting, later):
        yield waiting.pop()


def _is_for_another(reply: Reply, waiting: Waiting, later: _Later) -> bool:
    """Whether a reply answers what was asked after the oldest command, a question.

    A refusal may answer either. It does where otherwise the client would have gone on, and never have got its answer.
    """
    if not reply.code:
        return False
    if reply.positive:
        answered = {verb for verb, codes in QUESTIONS.items() if reply.code in codes}
        own = waiting.oldest is not None and waiting.oldest.kind in answered
        return not own and (not informs(reply) or waiting.holds(answered))
    return len(waiting) > 1 + later.at_once and len(waiting) + later.commands > 1 + later.finals


def _said_during_transfer(reply: Reply, waiting: Waiting) -> Pending | None:
    """What it answers of that which a client asks while a transfer goes on (RFC 959 §4.1.3); it waits no longer."""
    oldest = waiting.oldest
    fitting = {verb for verb, codes in _MEANWHILE.items() if reply.code in codes}
    if not (oldest and oldest.kind in TRANSFERS and oldest.begun and fitting):
        return None
    answered = waiting.pop_first(fitting | LOST)
    if reply.after_loss:  # the answer to the first is lost
        return waiting.pop_first(fitting | LOST) or answered
    return answered


_UNKNOWN = frozenset({500, 501, 502, 503})
_MEANWHILE: Mapping[str, frozenset[int]] = {"NOOP": _UNKNOWN | {200}, "STAT": _UNKNOWN | QUESTIONS["STAT"]}
"""RFC 959 §5.4 (Pure-FTPd: 500 to NOOP while a transfer runs); a transfer that has begun gets none of these."""

_ANSWERS: Mapping[int, frozenset[str]] = {
    125: TRANSFERS,
    150: TRANSFERS,
    215: frozenset({"SYST"}),
    221: frozenset({"QUIT"}),
    **{code: frozenset({verb}) for code, verb in ANNOUNCES.items()},
    234: frozenset({"AUTH"}),
    257: frozenset({"PWD", "XPWD", "MKD", "XMKD"}),
    331: frozenset({"USER"}),
}
"""Replies that only these commands get (RFC 959 §5.4, 1639, 2428, 4217)."""


def _not_answered_by(reply: Reply, waiting: Waiting) -> bool:
    """Whether the oldest command has no answer any more: the reply can only be to a later one.

    A client that waits for each answer sends the next command after it; where bytes are missing, that answer is lost.
    """
    oldest, able = waiting.oldest, _ANSWERS.get(reply.code)
    if oldest is None:
        return False
    if able and oldest.kind in able:
        return False
    if reply.after_loss and reply.positive and oldest.kind in ANNOUNCES.values():
        return True
    if able is None:
        return reply.after_loss and len(waiting) > 1
    return waiting.holds(able) or (oldest.kind is not None and waiting.holds(LOST))


def _exchange(pending: Pending) -> Exchange:
    line, replies = pending.line, tuple(pending.replies)
    if line is None or pending.kind is None:
        at = line.at if line else replies[0].at
        answered = replies[0].packet if replies else None
        return Exchange(at=at, verb="", argument=None, replies=replies, packet=answered, unheard=line is not None)
    verb, argument = command_line(line.text)
    return Exchange(at=line.at, verb=verb, argument=argument, replies=replies, packet=line.packet)


_NOT_TAKEN = frozenset({500, 502, 503, 530, 534})
"""What a server says to a protected command where nothing was agreed that could protect it (RFC 2228 §5)."""


def hides(exchange: Exchange) -> bool:
    """It carried a command that nobody else can read (RFC 2228 §4), and was not declined as such."""
    return exchange.verb in PROTECTED and not (exchange.final and exchange.final.code in _NOT_TAKEN)


def admitted(lines: Iterable[Line]) -> bool:
    """Whether a dialogue holds a login that succeeded."""
    return logged_in(exchanges(lines))


def logged_in(exchanges: Iterable[Exchange]) -> bool:
    """Whether a login succeeded: a 2yz to USER, PASS or ACCT (RFC 959 §6)."""
    finals = (one.final for one in exchanges if one.verb in {"USER", "PASS", "ACCT"})
    return any(final is not None and 200 <= final.code < 300 for final in finals)
