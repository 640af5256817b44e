"""Files and folders as they were named -> the capture files in the order in which they were captured.

A capture into a ring of files gives each the name of its beginning, or a number that starts again; the first packet
knows better.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ftpdiag.recording.captures.capture import STANDARD_INPUT, opened
from ftpdiag.recording.captures.scan import Why
from ftpdiag.recording.captures.scanner import scanner
from ftpdiag.recording.captures.stream import Damaged, Unreadable

_PORTION = 1 << 16

_NO_CAPTURE = "is not a pcap or pcapng file"

_NAMED = 3
"""Files of a folder at most that are named as no captures."""


def in_order(named: Iterable[Path]) -> tuple[list[Path], list[str]]:
    """The captures; and a sentence on what was left out of each folder. ValueError: a folder has none at all."""
    captures: list[Path] = []
    left_out: list[str] = []
    for path in named:
        if path != STANDARD_INPUT and path.is_dir():
            inside = sorted(path.iterdir())
            reasons = {one: _why_not(one) for one in inside if one.is_file()}
            found = [one for one, reason in reasons.items() if reason is None]
            if not found:
                deeper = ", and its subfolders are not searched" if any(one.is_dir() for one in inside) else ""
                raise ValueError(f"There is no capture in the folder {path}{deeper}: name one that has, or a file.")
            captures += found
            left_out += _left_out(path, {one.name: reason for one, reason in reasons.items() if reason})
        else:
            captures.append(path)
    return (sorted(captures, key=_began) if len(captures) > 1 else captures), left_out


def _why_not(path: Path) -> str | None:
    """Why it is no capture that can be read; None: it is one."""
    try:
        with path.open("rb") as file:
            opened(file, str(path))
    except Unreadable as error:
        return str(error)
    except OSError as error:
        return f"{path} cannot be read ({error.strerror})."
    return None


def _left_out(folder: Path, reasons: Mapping[str, str]) -> Iterator[str]:
    """What lies beside captures in one sentence; of what should have been one, why it cannot be read."""
    others = [name for name, reason in reasons.items() if _NO_CAPTURE in reason]
    if len(others) > 1:
        more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
        yield f"Left out, for they are no captures: {', '.join(others[:_NAMED])}{more} in {folder}."
    for name, reason in reasons.items():
        if len(others) == 1 or name not in others:
            yield f"Left out: {reason}"


def _began(path: Path) -> float:
    """When the first packet was captured; never, where there is none, or no telling before all is read."""
    if path == STANDARD_INPUT:
        return float("inf")
    try:
        return next(_times(path), float("inf"))
    except (OSError, Unreadable, Damaged):
        return float("inf")


def _times(path: Path) -> Iterator[float]:
    """The time of the first packet, if there is one."""
    with path.open("rb") as file:
        stream, format_of = opened(file, str(path))
        records, finder = format_of(stream), scanner()
        data, at, end = bytearray(_PORTION), 0, 0
        layout = None
        while True:
            if records.layout is not layout:
                layout = records.layout
                finder.begin(layout.pcapng, layout.swapped, layout.header, layout.clocks)
            at, why, found = finder.scan(data, at, end)
            yield from (layout.frame(shown).at for shown in found)
            odd = records.odd(data, at, end) if why == Why.ODD else None
            if odd:
                at = odd.after
                if odd.packet:
                    yield layout.frame((1, *odd.packet[:3], 0, odd.packet[3])).at
                continue
            if end == len(data):
                data.extend(bytes(_PORTION))
            with memoryview(data)[end:] as free:
                size = stream.fill(free)
            if not size:
                return
            end += size
