"""What several taps recorded at the same time -> facts in which every session, channel and packet stands once.

Each tap is read by itself; then sessions are matched, and all is told with the addresses and the clock of the tap
nearest to the client, however a NAT or another clock shows it elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from ftpdiag.facts import missing, vantage
from ftpdiag.facts.ends import clock, matching
from ftpdiag.facts.ends.contradiction import Contradicted as Contradicted
from ftpdiag.facts.ends.contradiction import apart, same, swapped
from ftpdiag.facts.ends.reading import Known, Reading, read, set_back
from ftpdiag.facts.ends.track import VIEWS
from ftpdiag.facts.ends.union import united
from ftpdiag.model import CaptureFile, ControlSession, Facts, Recording, Tap, Vantage, View


def derive(recording: Recording) -> Facts:
    """The facts. Raises `Contradicted` where a capture cannot have been made where it is said to be from."""
    recording, alone = _in_between(recording)
    readings: list[Reading] = []
    groups: list[dict[View, Known]] = []
    shifts: dict[View, float] = {}
    for tap, unshifted in zip(recording.taps, alone, strict=True):
        latest = [one[max(one, key=VIEWS.index)][0] for one in groups]
        sessions = [session for session, _ in unshifted.known]
        found = matching.pairs(latest, sessions)
        pairs = [(latest[one], sessions[other]) for one, other in found.items()]
        _check(pairs, readings, tap.view)
        if not pairs and apart(latest, sessions):
            raise Contradicted(
                f"The capture named by --{tap.view.place} was made at another time than the one before: record both "
                "ends at once, and set their clocks where a proxy lies between."
            )
        if shifted := clock.shift(pairs):
            shifts[tap.view] = shifted
        reading = read(set_back(tap, shifted)) if shifted else unshifted
        readings.append(reading)
        for one, other in found.items():
            groups[one][tap.view] = reading.known[other]
        matched = set(found.values())
        groups += [{tap.view: known} for place, known in enumerate(reading.known) if place not in matched]
    groups.sort(key=lambda one: one[min(one, key=VIEWS.index)][0].began)
    known = [united(group, readings, number) for number, group in enumerate(groups, 1)]
    return Facts(
        source=replace(recording.source, files=tuple(_told(recording, groups, shifts))),
        vantage=recording.vantage,
        began=recording.began,
        sessions=tuple(session for session, _ in known),
        channels=tuple(channel for _, channels in known for channel in channels),
        ended=max((one.wire.ended for one in readings if one.tap.packets), default=float("inf")),
    )


def _in_between(recording: Recording) -> tuple[Recording, list[Reading]]:
    """With the capture of an end taken for a middle one, where routers lay on both sides of it and none is named so."""
    alone = [read(tap) for tap in recording.taps]
    if any(tap.view is View.MIDDLE_WIRE for tap in recording.taps):
        return recording, alone
    for number, reading in enumerate(alone):
        place = vantage.common(session.place for session, _ in reading.known)
        if place and place.vantage is Vantage.MIDDLE:
            recording = _moved(recording, reading.tap, place.reason)
            alone[number] = read(recording.taps[number])
            break
    return recording, alone


def _moved(recording: Recording, tap: Tap, reason: str) -> Recording:
    caution = f"it is taken for one from in between, as --middle, and not from the {tap.view.place}. {reason}"
    files = tuple(
        replace(file, view=View.MIDDLE_WIRE, cautions=(*file.cautions, caution)) if file.view is tap.view else file
        for file in recording.source.files
    )
    taps = tuple(replace(one, view=View.MIDDLE_WIRE) if one is tap else one for one in recording.taps)
    return replace(recording, source=replace(recording.source, files=files), taps=taps)


def _check(pairs: list[tuple[ControlSession, ControlSession]], before: list[Reading], view: View) -> None:
    if not before:
        return
    near, far = (f"--{one.place}" for one in (before[-1].view, view))
    if same(pairs):
        raise Contradicted(
            f"{near} and {far} name captures of one place: the same packets at the same times; "
            "name what was recorded at either end."
        )
    if swapped(pairs):
        raise Contradicted(
            f"{near} and {far} are the wrong way round: by their TTLs, the packets of the client had come "
            f"further in the first capture than in the second; swap the two."
        )


def _told(recording: Recording, groups: list[dict[View, Known]], shifts: dict[View, float]) -> Iterator[CaptureFile]:
    """The files, with what is to be known of them beside the others."""
    matched = any(len(group) > 1 for group in groups)
    for file in recording.source.files:
        problems = [*file.problems, *missing.problems([one[file.view][0] for one in groups if file.view in one])]
        cautions = [*file.cautions]
        own = sum(file.view in group for group in groups)
        if file.view is not recording.taps[0].view and own and not matched:
            cautions.append(
                "no session in it is in another capture: was it made at the same time, of the same transfer?"
            )
        shift = shifts.get(file.view, 0.0) if file.view else 0.0
        yield replace(file, shift=shift, cautions=tuple(cautions), problems=tuple(problems))
