from __future__ import annotations

from msgspec.structs import replace

from ftpdiag.model import Confidence, Experiment, Location, Mode
from ftpdiag.report.merged import in_both_modes
from tests.hand_built import active, dropped, passive


def test_a_fault_of_both_modes_is_told_once() -> None:
    """The surest speaks, and what both rest on stands beneath it."""
    one = replace(dropped(active()), confidence=Confidence.LIKELY, settle_with=(Experiment.PORT_SAMPLES,))
    other = replace(
        one,
        mode=Mode.PASSIVE,
        confidence=Confidence.PROVEN,
        subjects=(passive(),),
        summary="Sure.",
        settle_with=(Experiment.OTHER_PORT,),
    )
    (told,) = in_both_modes([one, other])
    assert (told.summary, told.confidence) == ("Sure.", Confidence.PROVEN)
    assert told.subjects == one.subjects + other.subjects
    assert told.evidence == one.evidence
    assert told.settle_with == one.settle_with + other.settle_with


def test_another_place_is_another_fault() -> None:
    """What is dropped here by one mode and there by the other takes two to mend."""
    one = dropped(active())
    assert len(in_both_modes([one, replace(one, mode=Mode.PASSIVE, location=Location.PATH)])) == 2
