from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.clues.silence import ignored_on_the_way, too_soon, unanswered
from ftpdiag.model import Answer, Confidence, View
from tests.causes.build import call, dial


@pytest.mark.parametrize(
    ("tries", "confidence"),
    [(1, Confidence.POSSIBLE), (2, Confidence.LIKELY), (3, Confidence.PROVEN), (6, Confidence.PROVEN)],
)
def test_each_syn_that_nobody_answers_makes_it_surer(tries: int, confidence: Confidence) -> None:
    """One may be lost by chance, three are not."""
    opening = dial(View.CLIENT_WIRE, Answer.SILENT, tries=tries)
    assert unanswered(opening) is confidence
    assert too_soon(opening) is (tries == 1)


@pytest.mark.parametrize(("waited", "hasty"), [(0.2, True), (0.99, True), (1.0, False), (5.0, False), (None, False)])
def test_a_socket_counts_seconds(waited: float | None, hasty: bool) -> None:  # noqa: FBT001  a row of a table
    """It does not know how many SYNs were sent, but a second is what it takes until the second."""
    opening = dial(View.CLIENT_SOCKET, Answer.SILENT, waited=waited)
    assert too_soon(opening) is hasty
    assert unanswered(opening) is Confidence.POSSIBLE


@pytest.mark.parametrize(
    ("answer", "tries", "ignored"),
    [
        (Answer.SILENT, 1, True),
        (Answer.REFUSED, 4, True),
        (Answer.REFUSED, 3, False),
        (Answer.REJECTED, 4, False),
        (Answer.ACCEPTED, 4, False),
    ],
)
def test_a_rst_to_a_late_syn_says_that_the_listener_has_gone(answer: Answer, tries: int, *, ignored: bool) -> None:
    """Two SYNs may be lost behind the tap; and that nobody has the address takes a router seconds to say."""
    opening = call(View.MIDDLE_WIRE, answer, tries=tries)
    late = [one._replace(at=9.0) if one.number >= 10 else one for one in opening.packets]
    assert ignored_on_the_way(replace(opening, packets=tuple(late))) is ignored
