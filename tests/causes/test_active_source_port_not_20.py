from __future__ import annotations

import pytest

from ftpdiag.causes.active_source_port_not_20 import active_source_port_not_20
from ftpdiag.model import Answer, Endpoint, View
from tests.causes.build import SERVER, STRANGER, active, call, grounds_of, session


@pytest.mark.parametrize(
    ("control_port", "source", "found"),
    [(21, 20, False), (21, 40000, True), (2121, 2120, False), (2121, 20, False), (2121, 2121, True), (990, 989, False)],
)
def test_the_port_below_the_control_port_and_20_are_usual(control_port: int, source: int, found: bool) -> None:  # noqa: FBT001  a row of a table
    """RFC 959 §3.2 says the one, vsftpd does the other."""
    control = session(server=Endpoint(host=SERVER[4], port=control_port))
    accepted = call(View.CLIENT_SOCKET, Answer.ACCEPTED, port=source)
    assert (active_source_port_not_20.rule(active(accepted, control=control)) is not None) is found


def test_it_is_information_only() -> None:
    """Where a call comes from stops nothing by itself."""
    assert active_source_port_not_20.verdict is None


def test_a_call_that_was_dropped_has_a_source_port_as_well() -> None:
    """It may be why the call was dropped."""
    wire = call(View.CLIENT_WIRE, Answer.SILENT, port=40000)
    grounds = grounds_of(active_source_port_not_20, active(call(View.CLIENT_SOCKET, Answer.ABSENT), wire))
    assert "40000" in grounds.summary


def test_no_call_has_no_source_port() -> None:
    """An opening that nobody made says nothing, and neither does a stranger's."""
    nobody = active(call(View.CLIENT_SOCKET, Answer.ABSENT), call(View.CLIENT_WIRE, Answer.ABSENT))
    assert active_source_port_not_20.rule(nobody) is None
    stranger = active(call(View.CLIENT_WIRE, Answer.ACCEPTED, source=STRANGER, port=40000))
    assert active_source_port_not_20.rule(stranger) is None
