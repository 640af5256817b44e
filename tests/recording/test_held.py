"""Transfers that are held open, over loopback."""

from __future__ import annotations

import pytest

from ftpdiag.model import Attempt, Ending, Method, Tls
from ftpdiag.recording.held import HeldSession
from ftpdiag.session import Account, log_in
from tests.scripted_server import Conversation, Script, ordinary, plan_for, serving

HOLD = 1.0


def held(script: Script, verb: str, noop: float | None = None) -> Attempt:
    """A session that holds its transfer for a second."""
    with serving(script) as server:
        session = HeldSession(
            method=Method.EPSV,
            servers=(server.endpoint,),
            tls=Tls.NONE,
            plan=plan_for(server.endpoint, verb=verb),
            watch=None,
            tell=lambda _who, _what: None,
        )
        session.hold, session.noop = HOLD, noop
        assert log_in(session, Account())
        reply = session.command("EPSV")
        assert reply is not None
        assert session.connect(server.endpoint._replace(port=int(reply.text.split("|")[3])))
        session.transfer()
        return session.close()


def said(attempt: Attempt, beginning: str) -> list[float]:
    """When a line that begins so was said."""
    return [line.at for line in attempt.lines if line.text.startswith(beginning)]


def test_an_upload_ends_when_it_was_held_long_enough() -> None:
    """Its data crawls meanwhile, and not a word is said before the server's own."""
    attempt = held(ordinary(NOOP="200 Nothing done."), "STOR")
    assert attempt.carriages[0].ending is Ending.FINISHED
    assert said(attempt, "226")[0] - said(attempt, "STOR")[0] >= HOLD
    assert not said(attempt, "NOOP")


def test_noop_meanwhile() -> None:
    """Its reply, at once or late, is not taken for that to the transfer."""
    attempt = held(ordinary(NOOP="200 Nothing done."), "STOR", noop=0.3)
    assert len(said(attempt, "NOOP")) == len(said(attempt, "200 Nothing done.")) >= 2
    assert attempt.carriages[0].ending is Ending.FINISHED
    assert attempt.hangup is None


def test_a_listing_is_over_at_once() -> None:
    """Then the session is idle for as long, and shows by a NOOP that it lives."""
    attempt = held(ordinary(NOOP="200 Nothing done."), "LIST")
    assert said(attempt, "NOOP")[0] - said(attempt, "226")[0] >= HOLD - 0.1
    assert attempt.hangup is None


def farewell(conversation: Conversation, _argument: str) -> None:
    """A listing, and then the server's timer."""
    conversation.say("150 Here.")
    conversation.data()
    conversation.close_data()
    conversation.say("226 Done.")
    conversation.say("421 Timeout.")
    conversation.close()


@pytest.mark.parametrize("noop", [None, 0.3])
def test_a_server_that_closes(noop: float | None) -> None:
    """Nothing more is waited for."""
    attempt = held(ordinary(LIST=farewell), "LIST", noop)
    assert said(attempt, "421")
    assert attempt.ended - said(attempt, "LIST")[0] < HOLD


def silent(conversation: Conversation, _argument: str) -> None:
    """An upload whose end the server never confirms."""
    conversation.say("150 Go on.")
    data = conversation.data()
    while data.recv(4096):
        pass
    conversation.close_data()


def test_a_server_that_falls_silent() -> None:
    """It is asked once more, and the silence then is how the session ended."""
    attempt = held(ordinary(STOR=silent, NOOP=lambda _conversation, _argument: None), "STOR")
    assert len(said(attempt, "NOOP")) == 1
    assert attempt.hangup is not None
    assert attempt.hangup.ending is Ending.STALLED
