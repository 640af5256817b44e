"""What a declaration makes of a rule."""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.model import DataChannel, Location, Mode, Verdict


@cause(title="It is dropped", judges=DataChannel, verdict=Verdict.BLOCKED, location=Location.PATH, remedies=())
def active_dropped(_: DataChannel) -> Grounds | None:
    """Never."""


def test_declaration() -> None:
    """A cause has the contract's name, and the text of its file; a rule of one kind of subject needs no tuple."""
    assert active_dropped.name == "active-dropped"
    assert active_dropped.text == (__doc__ or "").strip()
    assert active_dropped.judges == (DataChannel,)
    assert active_dropped.modes == tuple(Mode)
