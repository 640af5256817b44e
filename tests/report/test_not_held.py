"""Held transfers that the server did not let in."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.model import Cell, Change, Experiment, Method, Retried, Tls
from ftpdiag.report.not_held import not_held
from tests.hand_built import WORKS, diagnosis, exchange, passive, session


@pytest.mark.parametrize(
    ("change", "login", "told"),
    [
        (Change(hold=4.0), "421 Too many connections.", 1),
        (Change(pause=4.0), "421 Too many connections.", 1),
        (Change(hold=4.0), "230 Login successful.", 0),
        (Change(), "421 Too many connections.", 0),
    ],
)
def test_a_session_that_was_not_let_in(change: Change, login: str, told: int) -> None:
    """It is said with the server's word: the user would take silence for a transfer that was held."""
    kept_out = replace(session(), logged_in=login.startswith("2"), exchanges=(exchange("USER", login, at=0.5),))
    retried = Retried(
        experiment=Experiment.HELD_TRANSFER,
        cell=Cell(method=Method.EPSV, family=4, tls=Tls.NONE),
        change=change,
        session=kept_out,
        channels=(),
    )
    assert (
        list(not_held(replace(diagnosis((passive(), WORKS)).facts, retried=(retried,))))
        == ["What --hold asks for was not all tried: the server did not let a session in (421 Too many connections.)."]
        * told
    )
