"""A session or a data channel -> its decisive packets as a ladder: time down, the client left, the server right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ftpdiag.model import (
    ControlSession,
    DataChannel,
    Exchange,
    Flag,
    IcmpError,
    Opening,
    Party,
    Segment,
    View,
)

MAX_ROWS = 12
"""What fits beside the sentences around it on one screen."""

_LAST_WORDS = 2
"""Of a session that ended before any data connection, what was said last tells why."""

_GUTTER = 18
"""Columns for time and packet number."""

_TIMES = "\N{MULTIPLICATION SIGN}"

_LAST = float("inf")
"""The time of what did not happen: it stands below all that did."""

_NAMES = ((Flag.SYN, "SYN"), (Flag.FIN, "FIN"), (Flag.RST, "RST"), (Flag.ACK, "ACK"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rung:
    at: float
    sender: Party | None
    """None: nothing was sent, and that is what matters."""
    text: str
    packet: int | None = None
    times: int = 1


def ladder(subject: ControlSession | DataChannel, *, began: float, width: int) -> list[str]:
    """Lines no wider than `width`; none where there is nothing to draw."""
    rungs = sorted(_rungs(subject), key=lambda rung: (rung.at, rung.packet or 0))[:MAX_ROWS]
    session = subject.session if isinstance(subject, DataChannel) else subject
    inside = width - _GUTTER - 2
    return [*_heads(session, width), *(_line(rung, began, inside) for rung in rungs)] if rungs else []


def _rungs(subject: ControlSession | DataChannel) -> Iterator[_Rung]:
    if isinstance(subject, DataChannel):
        session, opener = subject.session, subject.mode.opener
        dialogue = (subject.negotiation, *((subject.transfer,) if subject.transfer else ()))
    else:
        session, opener = subject, Party.CLIENT
        dialogue = subject.exchanges[-_LAST_WORDS:]
    yield from _said(dialogue)
    on_wire = (one for one in subject.openings if one.view is not View.CLIENT_SOCKET)
    opening = next(on_wire, None) or subject.seen_at(View.CLIENT_SOCKET)
    if opening:
        yield from _folded(_packets(opening, opener, session)) if opening.packets else (_unseen(opening, opener),)


def _said(dialogue: Iterable[Exchange]) -> Iterator[_Rung]:
    for exchange in dialogue:
        if exchange.verb:
            argument = f" {exchange.argument}" if exchange.argument else ""
            yield _Rung(at=exchange.at, sender=Party.CLIENT, text=exchange.verb + argument)
        for reply in exchange.replies:
            more = " …" if len(reply.lines) > 1 else ""
            yield _Rung(at=reply.at, sender=Party.SERVER, text=reply.lines[0] + more)


def _packets(opening: Opening, opener: Party, session: ControlSession) -> Iterator[_Rung]:
    hosts = {session.server.host, *((session.client.host,) if session.client else ())}
    for packet in opening.packets:
        sent_by_opener = packet.source == opening.opener
        if isinstance(packet, IcmpError):
            # It quotes what one side sent, and comes from the direction of the other.
            sender = opener.peer if sent_by_opener else opener
            text = f"ICMP from {packet.reporter}: {packet.reason}"
        else:
            sender = opener if sent_by_opener else opener.peer
            text = _segment(packet, hosts)
        yield _Rung(at=packet.at, sender=sender, text=text, packet=packet.number)


def _segment(segment: Segment, hosts: set[str]) -> str:
    """The flags, and the ports; a host that is neither end of the control connection is named as well."""
    flags = "-".join(name for flag, name in _NAMES if flag & segment.flags)
    ends = (str(end.port) if end.host in hosts else str(end) for end in (segment.source, segment.destination))
    return f"{flags} {' → '.join(ends)}, TTL {segment.ttl}"


def _folded(rungs: Iterable[_Rung]) -> Iterable[_Rung]:
    """What was sent again and again stands once, at its first time, with a count."""
    folded: dict[tuple[Party | None, str], _Rung] = {}
    for rung in rungs:
        known = folded.get((rung.sender, rung.text))
        folded[rung.sender, rung.text] = replace(known, times=known.times + 1) if known else rung
    return folded.values()


def _unseen(opening: Opening, opener: Party) -> _Rung:
    """What is known of an opening without packets: nobody came, or the socket's word."""
    if opening.view is not View.CLIENT_SOCKET:
        return _Rung(at=_LAST, sender=None, text=f"no SYN to {opening.target} was seen")
    if opener is Party.SERVER:
        came = "a connection" if opening.established else "no connection"
        return _Rung(at=_LAST, sender=None, text=f"{came} reached the socket on port {opening.target.port}")
    return _Rung(at=opening.at, sender=opener, text=f"connect {opening.target}: {opening.error or opening.answer}")


# --- drawing ----------------------------------------------------------------------------------------------------


def _heads(session: ControlSession, width: int) -> list[str]:
    left = f"client {session.client.host}" if session.client else "client"
    right = f"server {session.server.host}"
    room = width - _GUTTER
    if len(left) + 1 + len(right) <= room:
        return [" " * _GUTTER + left + right.rjust(room - len(left))]
    return [" " * _GUTTER + left, " " * _GUTTER + right.rjust(room)]


def _line(rung: _Rung, began: float, inside: int) -> str:
    time = "" if rung.at == _LAST else f"{rung.at - began:+.3f} s"
    number = f"#{rung.packet}" if rung.packet else ""
    text = rung.text.replace(" ", f" {_TIMES}{rung.times} ", 1) if rung.times > 1 else rung.text
    room = inside - 5
    text = text if len(text) <= room else text[: room - 1] + "…"
    dashes = "─" * (inside - len(text) - 4)
    match rung.sender:
        case Party.CLIENT:
            drawn = f"├─ {text} {dashes}>│"
        case Party.SERVER:
            drawn = f"│<{dashes} {text} ─┤"
        case None:
            drawn = f"│{text:^{inside}}│"
    return f"{time:>10} {number:<6} {drawn}"
