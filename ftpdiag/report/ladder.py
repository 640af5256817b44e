"""A session or a data channel -> its decisive packets as a ladder: time down, the client left, the server right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from ftpdiag.model import (
    ControlSession,
    DataChannel,
    Exchange,
    Flag,
    IcmpError,
    Opening,
    Party,
    Segment,
    Track,
    View,
)

MAX_ROWS = 12
"""What fits beside the sentences around it on one screen."""

_LAST_WORDS = 2
"""Of a session that ended before any data connection, what was said last tells why."""

_GUTTER = 18
"""Columns for time and packet number."""

_TIME, _NUMBER = 10, 7
"""Of these the time, and the number in each of several captures."""

_CROSS = "\N{BOX DRAWINGS LIGHT DIAGONAL CROSS}"

_TIMES = "\N{MULTIPLICATION SIGN}"

_LAST = float("inf")
"""The time of what did not happen: it stands below all that did."""

_NAMES = ((Flag.SYN, "SYN"), (Flag.FIN, "FIN"), (Flag.RST, "RST"), (Flag.ACK, "ACK"))


class _Rung(Struct, frozen=True, kw_only=True):
    at: float
    sender: Party | None
    """None: nothing was sent, and that is what matters."""
    text: str
    packet: int | None = None
    times: int = 1
    track: Track | None = None
    """Where several taps were."""


def ladder(subject: ControlSession | DataChannel, *, began: float, width: int) -> list[str]:
    """Lines no wider than `width`; none where there is nothing to draw."""
    rungs = sorted(_rungs(subject), key=lambda rung: (rung.at, rung.packet or 0))[:MAX_ROWS]
    session = subject.session if isinstance(subject, DataChannel) else subject
    views = [sight.view for sight in session.sights] or list(_views(subject))
    views = views if len(views) > 1 else []
    gutter = _TIME + _NUMBER * len(views) + 1 if views else _GUTTER
    inside = width - gutter - 2
    if not rungs:
        return []
    return [*_heads(session, views, gutter, width), *(_line(rung, views, began, inside) for rung in rungs)]


def _views(subject: ControlSession | DataChannel) -> Iterable[View]:
    """The taps, where there were several."""
    tracks = [packet.track for one in subject.openings for packet in one.packets if packet.track]
    found = {view for track in tracks for view in (*dict(track.seen), *track.missed)}
    return (view for view in View if view in found)


def _rungs(subject: ControlSession | DataChannel) -> Iterator[_Rung]:
    if isinstance(subject, DataChannel):
        session, opener = subject.session, subject.mode.opener
        dialogue = (subject.negotiation, *((subject.transfer,) if subject.transfer else ()))
    else:
        session, opener = subject, Party.CLIENT
        dialogue = subject.exchanges[-_LAST_WORDS:]
    stuck = list(_stuck(subject, session))
    yield from (rung for rung in _said(dialogue) if rung.text not in {one.text for one in stuck})
    if isinstance(subject, DataChannel):
        yield from _heard(subject)
    yield from stuck
    on_wire = (one for one in subject.openings if one.view is not View.CLIENT_SOCKET)
    opening = next(on_wire, None) or subject.seen_at(View.CLIENT_SOCKET)
    if opening and any(packet.track for packet in opening.packets):
        yield from _folded(_followed(subject, opener, session))
    elif opening and (opening.packets or not stuck):
        yield from _folded(_packets(opening, opener, session)) if opening.packets else (_unseen(opening, opener),)


def _stuck(subject: ControlSession | DataChannel, session: ControlSession) -> Iterator[_Rung]:
    """A line that was sent again and again, and never arrived."""
    found = session.stuck
    waiting = (subject.negotiation, subject.transfer) if isinstance(subject, DataChannel) else session.exchanges
    if found and found.line and any(one and one.final is None for one in waiting):
        packet, at = found.packet, found.packet.at
        yield _Rung(
            at=at, sender=found.sender, text=found.line, packet=packet.number, times=found.tries, track=packet.track
        )


def _heard(channel: DataChannel) -> Iterator[_Rung]:
    """What the other side heard of the announcement, where a device has changed it."""
    if len({one.line for one in channel.announcements}) > 1:
        opener = channel.mode.opener
        heard = channel.announcements[0 if opener is Party.CLIENT else -1]
        if heard.line and opener is Party.SERVER:
            yield _Rung(at=channel.negotiation.at, sender=None, text=f"the server heard: {heard.line}")
        elif heard.line and channel.negotiation.final:
            said = channel.announcements[-1].line
            yield _Rung(at=channel.negotiation.final.at, sender=None, text=f"the server had said: {said}")


def _followed(subject: ControlSession | DataChannel, opener: Party, session: ControlSession) -> Iterator[_Rung]:
    """The packets of all taps, each once: as the tap at its sender saw it."""
    known: set[tuple[tuple[View, int], ...]] = set()
    ways = {Party.CLIENT: list(View), Party.SERVER: list(reversed(View))}
    copies = [rung for one in subject.openings for rung in _packets(one, opener, session) if rung.track]
    copies.sort(key=lambda rung: ways[rung.sender or opener].index(rung.track.view) if rung.track else 0)
    for rung in copies:
        if rung.track and rung.track.seen not in known:
            known.add(rung.track.seen)
            yield rung


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
        yield _Rung(at=packet.at, sender=sender, text=text, packet=packet.number, track=packet.track)


def _segment(segment: Segment, hosts: set[str]) -> str:
    """The flags, and the ports; a host that is neither end of the control connection is named as well."""
    flags = "-".join(name for flag, name in _NAMES if flag & segment.flags)
    ends = (str(end.port) if end.host in hosts else str(end) for end in (segment.source, segment.destination))
    return f"{flags} {' → '.join(ends)}, TTL {segment.ttl}"


def _folded(rungs: Iterable[_Rung]) -> Iterable[_Rung]:
    """What was sent again and again stands once, at its first time, with a count."""
    folded: dict[tuple[Party | None, str, tuple[View, ...]], _Rung] = {}
    for rung in rungs:
        key = rung.sender, rung.text, rung.track.missed if rung.track else ()
        folded[key] = replace(folded[key], times=folded[key].times + 1) if key in folded else rung
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


def _heads(session: ControlSession, views: list[View], gutter: int, width: int) -> list[str]:
    taps = "".join(f"{view.place:<{_NUMBER}}" for view in views)
    margin = f"{'':{_TIME + 1}}{taps}"[:gutter].ljust(gutter)
    left = f"client {session.client.host}" if session.client else "client"
    right = f"server {session.server.host}"
    room = width - gutter
    if len(left) + 1 + len(right) <= room:
        return [margin + left + right.rjust(room - len(left))]
    return [" " * gutter + left, margin + right.rjust(room)]


def _line(rung: _Rung, views: list[View], began: float, inside: int) -> str:
    time = "" if rung.at == _LAST else f"{rung.at - began:+.3f} s"
    number = f"#{rung.packet}" if rung.packet else ""
    text = rung.text.replace(" ", f" {_TIMES}{rung.times} ", 1) if rung.times > 1 else rung.text
    room = inside - 5
    text = text if len(text) <= room else text[: room - 1] + "…"
    drawn = _arrow(rung, text, inside - len(text) - 4) if rung.sender else f"│{text:^{inside}}│"
    if not views:
        return f"{time:>{_TIME}} {number:<6} {drawn}"
    seen = dict(rung.track.seen) if rung.track else {}
    numbers = (f"#{seen[view]}" if view in seen else "\N{EM DASH}" if rung.track else "" for view in views)
    return f"{time:>{_TIME}} {''.join(f'{number:<{_NUMBER}}' for number in numbers)}{drawn}"


def _arrow(rung: _Rung, text: str, length: int) -> str:
    """From its sender to its receiver, or as far as it came; or from where it was put in."""
    way = list(View) if rung.sender is Party.CLIENT else list(reversed(View))
    track = rung.track
    watched = [view for view in way if track and (view in track.missed or view in dict(track.seen))]
    put_in = bool(track and watched and watched[0] in track.missed)
    lost = bool(track and watched and watched[-1] in track.missed)
    begin = f"│{_CROSS} " if put_in else "├─ "
    dashes = "─" * (length // 2) + _CROSS + " " * (length - length // 2) if lost else "─" * length + ">"
    if rung.sender is Party.CLIENT:
        return f"{begin}{text} {dashes}│"
    mirrored = str.maketrans("├>", "┤<")
    return f"│{dashes[::-1].translate(mirrored)} {text}{begin[::-1].translate(mirrored)}"
