"""What is said of another control port."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.model import Answer, Cell, Change, Experiment, Method, Retried, Tls, View
from ftpdiag.report.other_ports import on_other_ports
from tests.causes.build import knock, unopened
from tests.hand_built import diagnosis


@pytest.mark.parametrize(
    ("answer", "why"),
    [(Answer.REFUSED, "it refuses connections"), (Answer.SILENT, "nothing answers there as an FTP server should")],
)
def test_why_there_is_nothing_to_compare_with(answer: Answer, why: str) -> None:
    """A port that refuses is told from one that is silent."""
    retried = Retried(
        experiment=Experiment.OTHER_PORT,
        cell=Cell(method=Method.EPSV, family=4, tls=Tls.NONE),
        change=Change(port=2121),
        session=unopened(knock(View.CLIENT_SOCKET, answer)),
        channels=(),
    )
    told = list(on_other_ports(replace(diagnosis().facts, retried=(retried,))))
    assert told == [f"On the control port 2121 there was no session to compare with: {why}."]
