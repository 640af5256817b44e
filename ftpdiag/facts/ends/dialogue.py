"""One session, as the two outermost taps saw it -> what was said at one end and not heard so at the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import NamedTuple

from ftpdiag import ftp
from ftpdiag.facts.ends.matching import wording
from ftpdiag.model import ControlSession, Difference, Endpoint, Flag, Line, Packet, Party, Segment, Stuck
from ftpdiag.stacks import HOPELESS
from ftpdiag.tcp import after

Directions = Mapping[tuple[Endpoint, Endpoint], Sequence[Segment]]
"""The segments of connections, by sender and receiver."""


def directions(packets: Sequence[Packet]) -> Directions:
    """The segments of a tap."""
    found: dict[tuple[Endpoint, Endpoint], list[Segment]] = defaultdict(list)
    for packet in packets:
        if isinstance(packet, Segment):
            found[packet.source, packet.destination].append(packet)
    return found


# --- lines --------------------------------------------------------------------------------------------------------


class _Seen(NamedTuple):
    """What a tap saw of one side's lines, and where it may lack some."""

    lines: list[Line]
    gaps: frozenset[int]
    """Before which of the lines, or behind the last, something was not captured."""
    until: float
    """When the tap saw its last packet."""

    def lacks(self, start: int, end: int) -> bool:
        """Whether something may be missing among the lines from `start` to before `end`, or right beside them."""
        return any(start <= gap <= end for gap in self.gaps)


def differences(near: ControlSession, far: ControlSession, until: tuple[float, float]) -> tuple[Difference, ...]:
    """What each side said at its own tap, and what the other side's tap saw instead.

    `until`: when either tap saw its last packet. What a tap lost, or came too late or was stopped too early for, is no
    difference.
    """
    found = [
        *_differing(Party.CLIENT, _seen(Party.CLIENT, near, until[0]), _seen(Party.CLIENT, far, until[1])),
        *_differing(Party.SERVER, _seen(Party.SERVER, far, until[1]), _seen(Party.SERVER, near, until[0])),
    ]
    return tuple(sorted(found, key=_at))


def _at(one: Difference) -> float:
    line = one.said or one.heard
    return line.at if line else 0.0


def _seen(party: Party, session: ControlSession, until: float) -> _Seen:
    """The lines of a side, as a tap that saw its last packet at `until` has them."""
    lines: list[Line] = []
    begun = any(opening.packets for opening in session.openings)
    gaps = set() if begun else {0}
    for line in session.lines:
        if line.sender is party:
            if not ftp.lost(line.text):
                lines.append(line)
            if ftp.is_torn(line.text):
                gaps.add(len(lines))
    return _Seen(lines, frozenset(gaps), until)


def _differing(sender: Party, said: _Seen, heard: _Seen) -> Iterator[Difference]:
    one, other = [wording(line) for line in said.lines], [wording(line) for line in heard.lines]
    if one == other:
        return
    for tag, *spans in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        here, there = said.lacks(*spans[:2]), heard.lacks(*spans[2:])
        for left, right in zip_longest(said.lines[spans[0] : spans[1]], heard.lines[spans[2] : spans[3]]):
            if left is None:
                lacking = here or (right is not None and right.at > said.until)
            elif right is None:
                lacking = there or left.at > heard.until
            else:
                lacking = here or there
            if not lacking:
                yield Difference(sender=sender, said=left, heard=right)


# --- segments -----------------------------------------------------------------------------------------------------


def stuck(near: ControlSession, far: ControlSession, here: Directions, there: Directions) -> Stuck | None:
    """The first segment that one side sent again and again, and that never came as far as the other tap."""
    if near.client is None or far.client is None:
        return None
    up = _stuck(Party.CLIENT, near, here, (near.client, near.server), there, (far.client, far.server))
    down = _stuck(Party.SERVER, far, there, (far.server, far.client), here, (near.server, near.client))
    return min((one for one in (up, down) if one), key=lambda one: one.packet.at, default=None)


def _stuck(  # noqa: PLR0913, PLR0917  a direction of a connection, at either tap
    sender: Party,
    session: ControlSession,
    here: Directions,
    sent: tuple[Endpoint, Endpoint],
    there: Directions,
    received: tuple[Endpoint, Endpoint],
) -> Stuck | None:
    copies: dict[int, list[Segment]] = defaultdict(list)
    for segment in here.get(sent, ()):
        if segment.length and not segment.flags & (Flag.SYN | Flag.RST):
            copies[segment.seq].append(segment)
    repeated = next((one for one in copies.values() if len(one) >= HOPELESS), None)
    if repeated is None:
        return None
    first, latest = repeated[0], repeated[-1]
    # A RST of the other side acknowledges what it likes.
    answers = (one for one in here.get((sent[1], sent[0]), ()) if not one.flags & Flag.RST and one.flags & Flag.ACK)
    if any(after(one.ack, first.seq) > 0 for one in answers):
        return None
    alike = sum(one[0].payload == first.payload and one[0].at <= first.at for one in copies.values())
    came = {one.seq for one in there.get(received, ()) if one.payload == first.payload and one.at <= latest.at + 1}
    if len(came) >= alike:
        return None
    numbers = {one.number for one in repeated}
    lines = (line.text for line in session.lines if line.sender is sender and line.packet in numbers)
    return Stuck(sender=sender, packet=first, tries=len(repeated), line=next(lines, None))
