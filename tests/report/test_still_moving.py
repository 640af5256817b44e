"""That a probe ends a long transfer is told, since it says nothing of the rest."""

from __future__ import annotations

from msgspec.structs import replace

from ftpdiag.model import Ending
from ftpdiag.report.still_moving import still_moving
from tests.causes.build import captured, carried
from tests.hand_built import diagnosis


def test_a_transfer_that_the_probe_ended() -> None:
    """How long it took, and how much had come by then; of a capture it is the client's affair."""
    channel = carried(Ending.SUFFICED, to_client=5000, error="The transfer was still moving after 10 s.")
    facts = replace(diagnosis().facts, channels=(channel,))
    assert list(still_moving(facts)) == [
        (
            "The transfer was still moving after 10 s. The probe ended it then, after 5000 bytes: what breaks later "
            "was not seen."
        )
    ]
    replayed = replace(facts, channels=(replace(channel, session=captured()),))
    assert not list(still_moving(replayed))
    assert not list(still_moving(replace(facts, channels=(carried(Ending.FINISHED, to_client=5000),))))
