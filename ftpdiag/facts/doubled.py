"""The control connections of captures -> which are there more than once: seen at several places, or around a NAT."""

from __future__ import annotations

import shlex
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, groupby, pairwise
from typing import NamedTuple

from ftpdiag.model import CaptureFile, Segment
from ftpdiag.tcp import Call

_ENDS = {2: ("--client", "--server"), 3: ("--client", "--middle", "--server")}
"""For as many places, in the order of their hops from the client."""


class _Copy(NamedTuple):
    """A handshake as it was captured once: copies of one stand together when sorted, from the client on."""

    numbers: tuple[int, int]
    """With which both sides begin: they tell a connection, whatever its addresses."""
    gone: int
    """Less the hops that its SYN had left."""
    file: int
    """Its place among all."""
    syn: Segment


def cautions(controls: Iterable[Call], files: Sequence[CaptureFile]) -> Iterator[str]:
    """A sentence on files that hold the same handshakes, and one on a file that holds some on both sides of a NAT.

    A command that tells more stands on a line of its own.
    """
    copied = _copied(controls, [*accumulate(file.packets for file in files)])
    yield from _several_places(copied, files)
    yield from _around_nat(copied)


def _copied(controls: Iterable[Call], last: Sequence[int]) -> list[list[_Copy]]:
    """Handshakes that were captured more than once; `last`: the number of each file's last packet.

    A SYN alone may be repeated in the next file.
    """
    copies = []
    for call in controls:
        syns = {bisect_left(last, syn.number): syn for syn in reversed(call.syns)}
        answers = {bisect_left(last, one.number): one for one in call.handshake if one.source == call.target}
        copies += [
            _Copy((syns[file].seq, answers[file].seq), -syns[file].ttl, file, syns[file])
            for file in syns.keys() & answers.keys()
        ]
    alike = (list(those) for _, those in groupby(sorted(copies), key=lambda one: one.numbers))
    return [those for those in alike if len(those) > 1]


def _several_places(copied: Iterable[Sequence[_Copy]], files: Sequence[CaptureFile]) -> Iterator[str]:
    alike: defaultdict[frozenset[int], list[Sequence[_Copy]]] = defaultdict(list)
    for copies in copied:
        alike[frozenset(one.file for one in copies)].append(copies)
    several = [(places, those) for places, those in alike.items() if len(places) > 1]
    if not several:
        return
    places, those = max(several, key=lambda one: len(one[1]))
    hops = dict.fromkeys((files[place].path for place in sorted(places)), 0)
    for one in (one for copies in those for one in copies):
        hops[files[one.file].path] += one.syn.ttl
    if len(hops) < len(places):
        yield "A file is named twice, and counts twice: leave one out."
        return
    *others, last = (files[place].path for place in sorted(places))
    yield (
        f"{', '.join(others)} and {last} hold the same connections, and are read as one capture, {_counted(those)}. "
        "If they were made at several places, this tells what was lost or changed between them:\n"
        f"ftpdiag replay {_named(hops)}"
    )


def _counted(copied: Iterable[Sequence[_Copy]]) -> str:
    """A connection that has other addresses in another file is a session more."""
    ends = ({(one.syn.source, one.syn.destination) for one in copies} for copies in copied)
    counts = [len(own) for own in ends if len(own) > 1]
    if not counts:
        return "in which their packets stand more than once"
    return f"so {len(counts)} session{'s' * (len(counts) > 1)} count{'s' * (len(counts) == 1)} as {sum(counts)}"


def _named(hops: Mapping[str, int]) -> str:
    """Files by their places, which the hops tell that SYNs had left there."""
    known = len(set(hops.values())) == len(hops) and len(hops) in _ENDS
    ends = _ENDS[len(hops)] if known else _ENDS[2]
    names = map(shlex.quote, sorted(hops, key=lambda path: -hops[path])) if known else ("FILE", "FILE")
    return " ".join(f"{end} {name}" for end, name in zip(ends, names, strict=True))


def _around_nat(copied: Iterable[Sequence[_Copy]]) -> Iterator[str]:
    changed = [
        (one.syn, other.syn)
        for copies in copied
        for one, other in pairwise(copies)
        if one.file == other.file and one.syn.ttl != other.syn.ttl
        if (one.syn.source, one.syn.destination) != (other.syn.source, other.syn.destination)
    ]
    if not changed:
        return
    (before, after), *_ = changed
    ends = ((before.source, after.source), (before.destination, after.destination))
    renamed = [f"{one.host} is {other.host}" for one, other in ends if one.host != other.host]
    renamed = renamed or [f"{one} is {other}" for one, other in ends if one != other]
    count = f"{len(changed)} sessions" if len(changed) > 1 else "1 session"
    yield (
        f"It holds {count} on both sides of a NAT, and each side counts: beyond it "
        f"{' and '.join(renamed)}. `--host` picks one side."
    )
