"""A dialogue -> its commands, each with the replies to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from ftpdiag.ftp.commands import TRANSFERS, command_line
from ftpdiag.ftp.lines import lost
from ftpdiag.ftp.replies import ReplyReader
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


_Pending = tuple[Line | None, list[Reply]]


def exchanges(lines: Iterable[Line]) -> tuple[Exchange, ...]:
    """The dialogue as commands with their replies, in order.

    A reply goes to the oldest command that still waits; a 1yz keeps it waiting. A question that was left unanswered
    waits no longer once a later command is answered. Where the recording lacks a command, it may be any. The greeting,
    and whatever the server says unasked (such as a 421), are exchanges with the verb "".
    """
    unasked: _Pending = (None, [])
    found = [unasked]
    waiting = deque(found)
    passed_over = deque[_Pending]()
    events = list(_events(lines))
    for number, event in enumerate(events, 1):
        if isinstance(event, Line):
            found.append((event, []))
            waiting.append(found[-1])
            continue
        reply = event
        if len(waiting) > 1 and waiting[0] is unasked and reply.code not in _GREETINGS:
            waiting.popleft()  # the recording began after the greeting
        passed_over += _outlived(waiting, reply, events[number:])
        if passed_over and reply.code in _LATE and not (waiting and _asks(waiting[0])):
            passed_over.popleft()[1].append(reply)
            continue
        if aside := _said_during_transfer(reply, waiting):
            aside[1].append(reply)
            continue
        while waiting and _not_answered_by(reply, waiting):
            waiting.popleft()
        if not waiting:
            if found[-1] is unasked or found[-1][0]:
                found.append((None, []))
            found[-1][1].append(reply)  # nothing waits for what follows it
            continue
        waiting[0][1].append(reply)
        if reply.code and not reply.preliminary:
            waiting.popleft()
    return tuple(_exchange(line, replies) for line, replies in found if replies or (line and not lost(line.text)))


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


def _asks(pending: _Pending) -> bool:
    return _verb(pending) in QUESTIONS and not any(reply.code for reply in pending[1])


def _verb(pending: _Pending) -> str:
    line, _ = pending
    return command_line(line.text)[0] if line and not _is_lost(pending) else ""


def _is_lost(pending: _Pending) -> bool:
    """The recording lacks the command."""
    line, _ = pending
    return line is not None and lost(line.text)


def _outlived(waiting: deque[_Pending], reply: Reply, later: Sequence[Line | Reply]) -> Iterator[_Pending]:
    """The questions that wait no longer, because the reply answers what was asked after them."""
    while len(waiting) > 1 and _asks(waiting[0]) and _is_for_another(reply, waiting, later):
        yield waiting.popleft()


def _is_for_another(reply: Reply, waiting: Collection[_Pending], later: Sequence[Line | Reply]) -> bool:
    """Whether a reply answers what was asked after the oldest command, a question.

    A refusal may answer either. It does where otherwise the client would have gone on, and never have got its answer.
    """
    if not reply.code:
        return False
    if reply.positive:
        oldest, *others = (QUESTIONS.get(_verb(one), frozenset()) for one in waiting)
        return reply.code not in oldest and (not informs(reply) or any(reply.code in codes for codes in others))
    asked = [index for index, one in enumerate(later) if isinstance(one, Line)]
    before = sum(_is_final(one) for one in (later[: asked[0]] if asked else later))
    ever = sum(map(_is_final, later))
    return len(waiting) > 1 + before and len(waiting) + len(asked) > 1 + ever


def _is_final(event: Line | Reply) -> bool:
    return isinstance(event, Reply) and event.code > 0 and not event.preliminary


def _said_during_transfer(reply: Reply, waiting: deque[_Pending]) -> _Pending | None:
    """What it answers of that which a client asks while a transfer goes on (RFC 959 §4.1.3); it waits no longer."""
    oldest, *later = waiting or [(None, [])]
    begun = _verb(oldest) in TRANSFERS and any(one.preliminary for one in oldest[1])
    fitting = {verb for verb, codes in _MEANWHILE.items() if reply.code in codes}
    if not (begun and fitting):
        return None
    able = [one for one in later if _verb(one) in fitting or _is_lost(one)]
    answered = able[: 1 + reply.after_loss]  # where one answer is lost, it was the one to the first
    for one in answered:
        waiting.remove(one)
    return answered[-1] if answered else None


_UNKNOWN = frozenset({500, 501, 502, 503})
_MEANWHILE: Mapping[str, frozenset[int]] = {"NOOP": _UNKNOWN | {200}, "STAT": _UNKNOWN | QUESTIONS["STAT"]}
"""RFC 959 §5.4 (Pure-FTPd: 500 to NOOP while a transfer runs); a transfer that has begun gets none of these."""

_ANSWERS: Mapping[int, frozenset[str]] = {
    125: TRANSFERS,
    150: TRANSFERS,
    215: frozenset({"SYST"}),
    221: frozenset({"QUIT"}),
    227: frozenset({"PASV"}),
    228: frozenset({"LPSV"}),
    229: frozenset({"EPSV"}),
    234: frozenset({"AUTH"}),
    257: frozenset({"PWD", "XPWD", "MKD", "XMKD"}),
    331: frozenset({"USER"}),
}
"""Replies that only these commands get (RFC 959 §5.4, 1639, 2428, 4217)."""


def _not_answered_by(reply: Reply, waiting: Collection[_Pending]) -> bool:
    """Whether the oldest command has no answer any more: the reply can only be to a later one.

    A client that waits for each answer sends the next command after it; where bytes are missing, that answer is lost.
    """
    able = _ANSWERS.get(reply.code)
    oldest, *later = waiting
    if able is None:
        return reply.after_loss and bool(later)
    if _verb(oldest) in able:
        return False
    return any(_verb(one) in able for one in later) or (not _is_lost(oldest) and any(map(_is_lost, later)))


def _exchange(line: Line | None, replies: list[Reply]) -> Exchange:
    if line and lost(line.text):
        return Exchange(at=line.at, verb="", argument=None, replies=tuple(replies), unheard=True)
    verb, argument = command_line(line.text) if line else ("", None)
    at, packet = (line.at, line.packet) if line else (replies[0].at, None)
    return Exchange(at=at, verb=verb, argument=argument, replies=tuple(replies), packet=packet)


def admitted(lines: Iterable[Line]) -> bool:
    """Whether a dialogue holds a login that succeeded."""
    return logged_in(exchanges(lines))


def logged_in(exchanges: Iterable[Exchange]) -> bool:
    """Whether a login succeeded: a 2yz to USER, PASS or ACCT (RFC 959 §6)."""
    finals = (one.final for one in exchanges if one.verb in {"USER", "PASS", "ACCT"})
    return any(final is not None and 200 <= final.code < 300 for final in finals)
