from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.causes.reply_malformed import reply_malformed
from ftpdiag.model import Confidence, Ending, Method, Verdict
from tests.causes.build import GREETING, exchange, grounds_of, hangup, passive, talk


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        (Method.PASV, "227 Entering passive mode."),
        (Method.PASV, "227 Entering Passive Mode (203,0,113,2,1)."),
        (Method.PASV, "227 Entering Passive Mode (203,0,113,2,999,1)."),
        (Method.PASV, "227 Entering Passive Mode (203,0,113,2,0,0)."),
        (Method.PASV, "200 OK"),
        (Method.EPSV, "229 Entering extended passive mode (|||70000|)."),
        (Method.EPSV, "229 Entering extended passive mode (||50001|)."),
        (Method.EPSV, "229 Entering extended passive mode."),
    ],
)
def test_a_positive_reply_that_names_no_endpoint(method: Method, answer: str) -> None:
    """Too few numbers, too large ones, port 0, delimiters missing, another code."""
    grounds = grounds_of(reply_malformed, passive(method=method, answer=answer))
    assert grounds.confidence is Confidence.PROVEN
    assert answer in grounds.summary
    assert [one.cause for one in grounds.alternatives] == ["alg-rewrote-endpoint"]


def test_a_client_that_made_sense_of_it() -> None:
    """The server says that the transfer is done: nothing was declined."""
    for answer in ("227 Entering passive mode.", "229 Entering extended passive mode |||50001|"):
        method = Method.PASV if answer.startswith("227") else Method.EPSV
        done = exchange("LIST", "150 Here it comes.", "226 Done.", at=0.6)
        channel = passive(method=method, answer=answer, transfer=done)
        assert grounds_of(reply_malformed, channel).verdict is Verdict.UNKNOWN
        in_vain = replace(channel, transfer=exchange("LIST", "425 Use PASV first.", at=0.6))
        assert grounds_of(reply_malformed, in_vain).verdict is None


def test_a_dialogue_that_is_none() -> None:
    """The recorder's sentence is the evidence."""
    behaviour = "The server answered FEAT with more than 256 KiB and no end; ftpdiag stopped reading."
    grounds = grounds_of(reply_malformed, talk(GREETING, behaviour=behaviour, hangup=hangup(Ending.STOPPED)))
    assert grounds.confidence is Confidence.PROVEN
    assert behaviour in grounds.summary


def test_readable_replies_and_refusals_are_fine() -> None:
    """With and without parentheses; a 5yz is another cause."""
    assert reply_malformed.rule(passive()) is None
    assert reply_malformed.rule(passive(method=Method.PASV, answer="227 Passive: 203,0,113,2,195,81")) is None
    assert reply_malformed.rule(passive(answer="500 EPSV not understood")) is None
    assert reply_malformed.rule(talk(GREETING)) is None


def test_strange_behaviour_that_did_not_matter() -> None:
    """The data moved to the end."""
    done = exchange("LIST", "150 Here.", "226 Done.")
    assert reply_malformed.rule(talk(GREETING, done, behaviour="It chatters.")) is None


def test_cut_by_the_capture() -> None:
    """A reply of which the capture lacks the end says nothing about the server."""
    cut = "227 Entering Passive Mode (203,0,113 [9 bytes missing]"
    assert reply_malformed.rule(passive(method=Method.PASV, answer=cut)) is None
