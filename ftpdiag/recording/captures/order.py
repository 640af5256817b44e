"""Files and folders as they were named -> the capture files in the order in which they were captured.

A capture into a ring of files gives each the name of its beginning, or a number that starts again; the first packet
knows better.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ftpdiag.recording.captures.capture import STANDARD_INPUT, opened
from ftpdiag.recording.captures.plain_scan import Scanner
from ftpdiag.recording.captures.scan import Why
from ftpdiag.recording.captures.stream import Damaged, Unreadable

_PORTION = 1 << 16


def in_order(named: Iterable[Path]) -> tuple[list[Path], list[str]]:
    """The captures; and, of files in a folder that are none, a sentence each. ValueError: a folder has none at all."""
    captures: list[Path] = []
    left_out: list[str] = []
    for path in named:
        if path != STANDARD_INPUT and path.is_dir():
            inside = [one for one in sorted(path.iterdir()) if one.is_file()]
            found = [one for one in inside if _is_capture(one, left_out)]
            if not found:
                raise ValueError(f"There is no capture in the folder {path}: name one that has, or a file.")
            captures += found
        else:
            captures.append(path)
    return (sorted(captures, key=_began) if len(captures) > 1 else captures), left_out


def _is_capture(path: Path, left_out: list[str]) -> bool:
    try:
        with path.open("rb") as file:
            opened(file, str(path))
    except (Unreadable, OSError) as error:
        left_out.append(f"Left out: {error}")
        return False
    return True


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
        records, scanner = format_of(stream), Scanner()
        data, at, end = bytearray(_PORTION), 0, 0
        layout = None
        while True:
            if records.layout is not layout:
                layout = records.layout
                scanner.begin(
                    layout.pcapng,
                    layout.swapped,
                    layout.header,
                    tuple((one.layer, one.units) for one in layout.interfaces),
                )
            at, why, found = scanner.scan(data, at, end)
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
