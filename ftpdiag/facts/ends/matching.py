"""Sessions seen by two taps -> which of them are one, told by sequence numbers, else by what is said.

Addresses and ports may differ (NAT), and clocks need not agree. Where a proxy lies between, sequence numbers differ,
too: what is said tells then, if it was said at the same time; for the next probe says the same.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from ftpdiag.model import ControlSession, Flag, Line, Opening, Party, Segment

Words = tuple[tuple[Party, str], ...]

_ANNOUNCES = re.compile(r"((?:PORT|EPRT|LPRT) |22[789][ -]).*", re.IGNORECASE)
"""What is behind it, a device on the way may translate."""

_ALIKE = 0.6
"""Of two dialogues that are one, at least so much is the same; a device that mangles changes a line or two."""

SAME_TIME = 2.0
"""Seconds that two clocks may differ where nothing else tells one dialogue from the next: few are set worse today."""

_COMPARABLE = 100
"""Sessions left over at either tap, up to which each is compared with each."""


def pairs(near: Sequence[ControlSession], far: Sequence[ControlSession]) -> dict[int, int]:
    """Places in `near` -> the places of the same sessions in `far`."""
    found = _by_numbers(near, far)
    preserved = any(near[one].lines for one in found)
    left = [place for place in range(len(near)) if place not in found and near[place].lines]
    taken = set(found.values())
    right = [place for place in range(len(far)) if place not in taken and far[place].lines]
    if preserved:  # no proxy lies between: where both numbers are known and differ, it is another session
        left = [place for place in left if first(near[place], Flag.SYN) is None] or left
        right = [place for place in right if first(far[place], Flag.SYN) is None] if left else []
    return found | _by_dialogue(near, far, left, right)


def words(lines: Iterable[Line]) -> Words:
    """What was said, without the endpoints that were announced."""
    return tuple((line.sender, wording(line)) for line in lines)


def wording(line: Line) -> str:
    """The text of a line, without the endpoint that it announces."""
    return _ANNOUNCES.sub(r"\1", line.text)


def _by_numbers(near: Sequence[ControlSession], far: Sequence[ControlSession]) -> dict[int, int]:
    """By the initial sequence numbers of both sides (RFC 9293 §3.4.1)."""
    known: dict[int, list[int]] = defaultdict(list)
    for place, session in enumerate(far):
        if syn := first(session, Flag.SYN):
            known[syn.seq].append(place)
    found: dict[int, int] = {}
    taken: set[int] = set()
    for place, session in enumerate(near):
        syn, answer = first(session, Flag.SYN), first(session, Flag.SYN | Flag.ACK)
        for other in known[syn.seq] if syn else ():
            theirs = first(far[other], Flag.SYN | Flag.ACK)
            if other not in taken and (answer is None or theirs is None or answer.seq == theirs.seq):
                found[place] = other
                taken.add(other)
                break
    return found


def _by_dialogue(
    near: Sequence[ControlSession], far: Sequence[ControlSession], left: list[int], right: list[int]
) -> dict[int, int]:
    """First those that say the same, in the order of time; then, of a few, those that say nearly the same."""
    said: dict[Words, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for side, (sessions, places) in enumerate(((near, left), (far, right))):
        for place in places:
            said[words(sessions[place].lines)][side].append(place)
    equal = ((ours, theirs) for ours, theirs in said.values() if len(ours) == len(theirs))
    in_turn = ((one, other) for ours, theirs in equal for one, other in zip(ours, theirs, strict=True))
    found = {one: other for one, other in in_turn if _may_be_one(near[one], far[other])}
    left = [place for place in left if place not in found]
    matched = set(found.values())
    right = [place for place in right if place not in matched]
    if max(len(left), len(right)) > _COMPARABLE:
        return found
    likeness = (
        (-_likeness(near[one], far[other]), _between(near[one], far[other]), one, other)
        for one in left
        for other in right
        if _may_be_one(near[one], far[other])
    )
    for degree, _, one, other in sorted(likeness):
        if -degree >= _ALIKE and one not in found and other not in found.values():
            found[one] = other
    return found


def _likeness(one: ControlSession, other: ControlSession) -> float:
    """From 0 to 1; a NAT mostly keeps the client's port."""
    ratio = SequenceMatcher(None, words(one.lines), words(other.lines), autojunk=False).ratio()
    same_port = one.client is not None and other.client is not None and one.client.port == other.client.port
    return ratio + 0.01 * same_port


def _may_be_one(one: ControlSession, other: ControlSession) -> bool:
    """They have the same ends, or were at the same time."""
    same_ends = (one.client, one.server) == (other.client, other.server) and None in {_number(one), _number(other)}
    return same_ends or _between(one, other) <= SAME_TIME


def _between(one: ControlSession, other: ControlSession) -> float:
    """Seconds, by the clock of either tap."""
    return abs(one.lines[0].at - other.lines[0].at)


def _number(session: ControlSession) -> int | None:
    """The client's initial sequence number; none: its SYN was not recorded."""
    syn = first(session, Flag.SYN)
    return syn and syn.seq


def first(session: ControlSession, flags: int) -> Segment | None:
    """The first SYN (`Flag.SYN`) of the control connection, or its first SYN-ACK (`Flag.SYN | Flag.ACK`)."""
    opening: Opening | None = session.wire
    segments = (one for one in (opening.packets if opening else ()) if isinstance(one, Segment))
    return next((one for one in segments if one.flags & (Flag.SYN | Flag.ACK | Flag.RST) == flags), None)
