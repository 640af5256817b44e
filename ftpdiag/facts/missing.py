"""Sessions of a capture -> sentences about what it lacks of them: what was not recorded is not what did not happen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ftpdiag import ftp
from ftpdiag.model import ControlSession


def problems(sessions: Sequence[ControlSession]) -> Iterator[str]:
    """One sentence for each thing that is missing, with the number of sessions that it is missing from."""
    torn = sum(any(ftp.is_torn(line.text) for line in session.lines) for session in sessions)
    if torn:
        yield (
            f"Parts of the dialogue of {_counted(torn)} were not captured, which `missing]` marks: packets were lost, "
            "or the snap length is too short (capture with `-s 0`)."
        )
    late = sum(_began_before(session) for session in sessions)
    if late:
        yield f"What was said in {_counted(late)} before the capture began is not known."
    one_sided = sum(_one_sided(session) for session in sessions)
    if one_sided:
        yield f"Only one direction of {_counted(one_sided)} was captured: mirror both."


def _counted(sessions: int) -> str:
    return f"{sessions} sessions" if sessions > 1 else "1 session"


def _began_before(session: ControlSession) -> bool:
    return bool(session.lines) and not any(opening.packets for opening in session.openings)


def _one_sided(session: ControlSession) -> bool:
    return _began_before(session) and len(session.lines) > 1 and len({line.sender for line in session.lines}) == 1
