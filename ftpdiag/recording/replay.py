"""Capture files in, a Recording out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from msgspec.structs import replace

from ftpdiag.model import CaptureFile, Recording, Source, Tap, Vantage, View
from ftpdiag.recording.captures.capture import STANDARD_INPUT, Begun, Capture
from ftpdiag.recording.captures.scan import Scanning
from ftpdiag.recording.captures.scanner import scanner
from ftpdiag.recording.frames.packets import Frame


def record(
    files: Iterable[Path],
    vantage: Vantage,
    scanning: Scanning | None = None,
    kept: dict[int, Frame] | None = None,
    begun: Begun | None = None,
) -> Recording:
    """What the files hold, taken as one capture; packets are numbered through, as they would be in one file.

    The frames of packets that belong to FTP go to `kept`, by number; `begun` is told of each file that is read.
    Raises `Unreadable` for the first file that is no capture.
    """
    capture = Capture(scanning or scanner(), kept, begun)
    summaries = tuple(capture.read(path) for path in files)
    return Recording(
        source=Source(files=summaries),
        vantage=vantage,
        began=capture.began or 0.0,
        ended=capture.ended,
        packets=capture.packets,
    )


def record_any(
    files: Sequence[Path],
    places: Mapping[View, Path | None],
    vantage: Vantage,
    kept: dict[int, Frame] | None = None,
    begun: Begun | None = None,
) -> Recording:
    """One capture in `files`, or captures of several places. ValueError where what was named is neither."""
    named = {view: path for view, path in places.items() if path is not None}
    if not files and not named:
        raise ValueError("Name a capture: ftpdiag replay FILE; or those of two ends: --client FILE --server FILE.")
    if not named:
        return record(files, vantage, kept=kept, begun=begun)
    if files:
        raise ValueError("Name captures either as FILES or with --client, --middle and --server, not both ways.")
    if vantage is not Vantage.UNKNOWN:
        raise ValueError("--client, --middle and --server say where each capture was made: leave --vantage out.")
    if len(named) == 1:
        view = next(iter(named))
        raise ValueError(f"One capture is not two ends: name another, or use --vantage {view.place} with the FILE.")
    if kept is not None:
        raise ValueError("An extract is made of one capture, not of several ends: name each alone with --extract.")
    if STANDARD_INPUT in named.values():
        raise ValueError("Captures of several ends are read from files, not from standard input: save it first.")
    return record_ends(named, begun)


def record_ends(files: Mapping[View, Path], begun: Begun | None = None) -> Recording:
    """What was captured at several places at the same time, one file each.

    A SYN to a port that was announced in other words there is followed, too: where a device on the way has changed the
    port, what one capture announces is read from the others again. Raises `Unreadable`, as `record` does.
    """
    views = [view for view in View if view in files]  # from the client to the server
    captures = _read({view: (files[view], frozenset()) for view in views}, begun)
    everywhere = {port for capture, _ in captures.values() for port in capture.announced}
    more = {view: everywhere - capture.announced for view, (capture, _) in captures.items()}
    if unread := {view: (files[view], ports) for view, ports in more.items() if ports}:
        captures |= _read(unread, begun)
    began = (captures[view][0].began for view in views)
    return Recording(
        source=Source(files=tuple(captures[view][1] for view in views)),
        vantage=Vantage.BOTH,
        began=next((at for at in began if at is not None), 0.0),
        taps=tuple(
            Tap(view=view, began=capture.began, ended=capture.ended, packets=capture.packets)
            for view, (capture, _) in captures.items()
        ),
    )


_Read = tuple[Capture, CaptureFile]


def _read(files: Mapping[View, tuple[Path, AbstractSet[int]]], begun: Begun | None) -> dict[View, _Read]:
    """Captures, read side by side: one is scanned while the system hands out, or Python unpacks, another."""
    from ftpdiag.recording.side_by_side import results, threads  # noqa: PLC0415 - slow to import, seldom needed

    with threads(len(files)) as pool:
        found = [pool.submit(_read_one, view, *how, begun) for view, how in files.items()]
        return dict(zip(files, results(found), strict=True))


def _read_one(view: View, path: Path, ports: AbstractSet[int], begun: Begun | None) -> _Read:
    capture = Capture(scanner(), None, begun)
    capture.expect(ports)
    return capture, replace(capture.read(path), view=view)
