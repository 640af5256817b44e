"""What is told of a server that keeps its control connection encrypted."""

from __future__ import annotations

import pytest

from ftpdiag.causes.control_ccc_unsupported import control_ccc_unsupported as cause
from ftpdiag.model import AS_BEFORE, Cell, ControlSession, Experiment, Method, Retried, Tls
from tests.causes import build


def asked(reply: str, tls: Tls = Tls.EXPLICIT) -> ControlSession:
    """A session in which CCC was sent."""
    return build.session(tls=tls, exchanges=(build.exchange("CCC", reply),))


@pytest.mark.parametrize(
    ("reply", "told"),
    [("500 Unknown command.", "does not know CCC"), ("534 Unwilling to accept security.", "does not allow CCC")],
)
def test_the_reply_says_why(reply: str, told: str) -> None:
    """The command is unknown, or policy forbids it."""
    assert told in build.grounds_of(cause, asked(reply)).summary


def test_an_experiment_speaks_for_its_server() -> None:
    """CCC is sent in a session of its own."""
    again = Retried(
        experiment=Experiment.CLEAR_CONTROL,
        cell=Cell(method=Method.PORT, family=4, tls=Tls.EXPLICIT),
        change=AS_BEFORE,
        session=asked("533 No."),
        channels=(),
    )
    assert build.grounds_of(cause, build.session(tls=Tls.EXPLICIT, retries=(again,))).evidence[0].line == "533 No."


def test_where_it_is_allowed_or_means_nothing_there_is_no_finding() -> None:
    """A server that agrees; one that was asked in the clear, where CCC is out of place (503)."""
    assert cause.rule(asked("200 Clearing control channel.")) is None
    assert cause.rule(asked("503 Not protected.", Tls.NONE)) is None
