"""A transfer command and its replies, with the data connection already there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ftpdiag import ftp
from ftpdiag.model import Ending, Method, Reply, Target
from ftpdiag.recording.control import ControlConnection
from ftpdiag.recording.data import DataConnection, dial
from ftpdiag.recording.plan import Plan
from ftpdiag.recording.transfer import Transfer
from tests import scripted_server
from tests.scripted_server import DATA, Conversation, ordinary, plan_for, serving


@contextmanager
def ready(
    verb: str, path: str | None, **overrides: scripted_server.Answer
) -> Iterator[tuple[Transfer, DataConnection]]:
    """A transfer that can begin."""
    with serving(ordinary("220 Hi", **overrides)) as server:
        target = Target(given="", host=server.endpoint.host, port=server.endpoint.port, path=path)
        plan: Plan = plan_for(server.endpoint, verb=verb, target=target, timeout=1.0)
        control = ControlConnection(server.endpoint)
        control.connect(1.0)
        control.reply(1.0)
        control.send("EPSV")
        reply = control.reply(1.0)
        assert reply is not None
        announced = ftp.announced_by(Method.EPSV, reply.text, server.endpoint.host)
        assert announced is not None
        sock, opening = dial(control.client, announced, 1.0)
        assert sock is not None
        data = DataConnection(sock, local=opening.opener, remote=opening.target)
        try:
            yield Transfer(control, plan), data
        finally:
            data.stop()
            control.abandon()


@pytest.mark.parametrize(
    ("verb", "path", "begins"),
    [
        ("LIST", None, "None"),
        ("RETR", "pub/a", "pub/a"),
        ("STOR", None, "ftpdiag-"),
        ("STOR", "incoming/", "incoming/ftpdiag-"),
    ],
)
def test_transfer(verb: str, path: str | None, begins: str) -> None:
    """A transfer names the target's path, an upload a new file in it; it ends with the server's word."""
    with ready(verb, path) as (transfer, data):
        assert str(transfer.argument).startswith(begins)
        transfer.ask()
        transfer.carry(data)
        transfer.hear_out(data.carriage)
        assert transfer.final is not None
        assert transfer.final.code == 226
        assert (transfer.refused, transfer.lost) == (False, False)
        assert verb == "STOR" or data.carriage.to_client == len(DATA)


@pytest.mark.parametrize("verb", ["LIST", "STOR"])
def test_refused(verb: str) -> None:
    """A transfer that the server declines is stopped, and nothing is sent."""
    with ready(verb, None, **{verb: "550 No."}) as (transfer, data):
        transfer.ask()
        transfer.carry(data)
        transfer.hear_out(data.carriage)
        assert transfer.refused
        assert (data.carriage.ending, data.carriage.to_server) == (Ending.STOPPED, 0)


@pytest.mark.parametrize(
    ("answer", "made"), [("550 No.", False), ("425 No data connection.", True), ("522 TLS must be resumed.", True)]
)
def test_an_upload_declined_at_once_leaves_nothing(answer: str, *, made: bool) -> None:
    """But a server that declines no more than its data connection has made the file before."""
    with ready("STOR", None, STOR=answer) as (transfer, data):
        transfer.ask()
        transfer.carry(data)
        assert transfer.left_behind is made


@pytest.mark.parametrize(
    ("answer", "there"),
    [("250 Gone.", False), ("550 a.txt: No such file or directory", False), ("550 Delete operation failed.", True)],
)
def test_an_upload_is_left_behind_until_it_is_deleted(answer: str, *, there: bool) -> None:
    """A server that finds nothing to delete has nothing; one that says no more than no may have it."""
    with ready("STOR", None) as (transfer, data):
        transfer.ask()
        transfer.carry(data)
        transfer.hear_out(data.carriage)
        assert transfer.left_behind
        transfer.deleted = Reply(at=0.0, code=int(answer[:3]), lines=(answer,))
        assert transfer.left_behind is there


def test_lost() -> None:
    """A server that closes the data connection and never says how it went leaves the transfer lost."""

    def close_without_a_word(conversation: Conversation, _argument: str) -> None:
        conversation.data()
        conversation.close_data()
        conversation.pause(9)

    with ready("LIST", None, LIST=close_without_a_word) as (transfer, data):
        transfer.ask()
        transfer.carry(data)
        transfer.hear_out(data.carriage)
        assert (transfer.lost, transfer.refused) == (True, False)
