"""What stands under the first sentence."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.report.cautions import cautions
from tests.hand_built import diagnosis, session


@pytest.mark.parametrize(("opaque", "told"), [((True, False), True), ((True, True), False), ((False, False), False)])
def test_sessions_of_which_nobody_knows_what_they_said(opaque: tuple[bool, ...], *, told: bool) -> None:
    """Others that work say nothing of them; where TLS hides all, the first sentence says so."""
    sessions = tuple(replace(session(), opaque=one) for one in opaque)
    found = list(cautions(replace(diagnosis().facts, sessions=sessions)))
    assert any("TLS hides what 1 of the 2 sessions said" in one for one in found) is told
