"""What the server says of its timer, and of another's."""

import pytest
from msgspec.structs import replace

from ftpdiag.causes.control_server_timeout import control_server_timeout
from ftpdiag.model import (
    Cell,
    Change,
    Confidence,
    ControlSession,
    Ending,
    Exchange,
    Experiment,
    Method,
    Retried,
    Tls,
    Verdict,
)
from tests.causes.build import carried, exchange, grounds_of, reply, session, talk

TRANSFER = exchange("LIST", "150 Here it comes.", "226 Done.", at=1.0)


def farewell(text: str, at: float = 31.0) -> Exchange:
    """The server's last words, unasked."""
    return replace(exchange("", text), at=at, replies=(reply(text, at),))


@pytest.mark.parametrize(
    "text",
    [
        "421 Timeout.",
        "421 Idle timeout (300 seconds): closing control connection",
        "421 Timeout (no operation for 900 seconds)",
        "421 Control connection timed out.",
        "421 No transfer timeout (300 seconds): closing control connection",
        "421 Login time exceeded: timed out.",
    ],
)
def test_the_timer_of_a_server(text: str) -> None:
    """A session that its client left idle is information, with the pause as it was."""
    control = talk(TRANSFER, farewell(text), logged_in=True)
    grounds = grounds_of(control_server_timeout, control)
    assert (grounds.confidence, grounds.verdict) == (Confidence.PROVEN, None)
    assert "30 s" in grounds.summary


@pytest.mark.parametrize(
    "text",
    ["421 There are too many connected users, please try later.", "421 Data timeout. Reconnect. Sorry.", "221 Bye."],
)
def test_other_last_words(text: str) -> None:
    """A limit, a timer of the data connection and a goodbye are no timer of an idle session."""
    assert control_server_timeout.rule(talk(TRANSFER, farewell(text))) is None


def test_during_a_transfer() -> None:
    """A server that counts a session as idle while it transfers breaks the transfer; the session is told once."""
    control = talk(exchange("STOR a", "150 Go on.", "421 Timeout.", at=1.0, after=60.0), logged_in=True)
    channel = carried(Ending.FINISHED, control=control, transfer=control.exchanges[0])
    assert grounds_of(control_server_timeout, channel).verdict is Verdict.BROKEN
    assert control_server_timeout.rule(control) is None


def test_a_transfer_that_never_opened() -> None:
    """Where the data connection did not come, that is the fault."""
    control = talk(exchange("LIST", "421 Timeout.", at=1.0, after=60.0), logged_in=True)
    channel = replace(carried(Ending.FINISHED, control=control, transfer=control.exchanges[0]), carriages=())
    assert control_server_timeout.rule(channel) is None


@pytest.mark.parametrize(("kept", "told"), [("226 Done.", "keeps it open"), ("421 Timeout.", "did not outlive it")])
def test_held(kept: str, told: str) -> None:
    """A session that was to be held open and was closed does not work; whether NOOP helps is said."""
    retries = (
        held(talk(TRANSFER, farewell("421 Timeout.", 4.0), logged_in=True)),
        held(talk(farewell(kept, 4.0), logged_in=True), noop=0.5),
    )
    grounds = grounds_of(control_server_timeout, session(retries=retries))
    assert grounds.verdict is Verdict.BROKEN
    assert told in " ".join([grounds.summary, *(one.text for one in grounds.evidence)])


def held(control: ControlSession, noop: float | None = None) -> Retried:
    """A transfer that was held for six seconds."""
    return Retried(
        experiment=Experiment.HELD_TRANSFER,
        cell=Cell(method=Method.EPSV, family=4, tls=Tls.NONE),
        change=Change(hold=6.0, noop=noop),
        session=control,
        channels=(carried(Ending.FINISHED, control=control),),
    )
