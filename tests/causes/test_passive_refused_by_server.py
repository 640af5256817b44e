from __future__ import annotations

import pytest

from ftpdiag.causes.passive_refused_by_server import passive_refused_by_server
from ftpdiag.model import Answer, Confidence, Method, View
from tests.causes.build import dial, exchange, grounds_of, passive


@pytest.mark.parametrize("method", [Method.PASV, Method.EPSV])
@pytest.mark.parametrize(
    "answer",
    [
        "550 Permission denied.",
        "501 PASV denied by <Limit> configuration",
        "500 OOPS: vsf_sysutil_bind",
        "425 All reserved TCP ports are busy",
        "425 Cannot prepare for data connection.",
        "425 Unable to build data connection: Internal error",
    ],
)
def test_words_about_the_mode_or_its_ports_are_proof(method: Method, answer: str) -> None:
    """The server itself says that it does not do this, or cannot now."""
    grounds = grounds_of(passive_refused_by_server, passive(method=method, answer=answer))
    assert grounds.confidence is Confidence.PROVEN
    assert answer in grounds.summary
    used_up = ["passive-ports-exhausted"] if answer.startswith("4") else []
    assert [one.cause for one in grounds.alternatives] == used_up


def test_a_pasv_command_that_is_not_known_may_be_a_devices_answer() -> None:
    """In the clear, a device could have said so in the server's name."""
    grounds = grounds_of(passive_refused_by_server, passive(method=Method.PASV, answer="502 Command not implemented."))
    assert grounds.confidence is Confidence.LIKELY
    assert [one.cause for one in grounds.alternatives] == ["control-commands-mangled"]


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        (Method.EPSV, "229 Entering Extended Passive Mode (|||50001|)"),
        (Method.EPSV, "500 'EPSV': command not understood."),
        (Method.EPSV, "522 Network protocol not supported, use (1)"),
        (Method.EPSV, "522 SSL/TLS required on the data channel"),
        (Method.PASV, "521 Data connection cannot be opened with this PROT setting."),
        (Method.PASV, "530 Please login with USER and PASS."),
        (Method.PASV, "421 Too many connections from this IP"),
    ],
)
def test_other_words_are_other_causes(method: Method, answer: str) -> None:
    """The command, encryption, the login and the session are not the mode."""
    assert passive_refused_by_server.rule(passive(method=method, answer=answer)) is None


@pytest.mark.parametrize(
    "reply",
    ["425 Failed to establish connection.", "425 Security: Bad IP connecting.", "550 No such file.", "226 Done."],
)
def test_a_transfer_that_fails_is_not_a_mode_declined(reply: str) -> None:
    """Neither the network's failure, nor the caller's address, nor the file's is the server's policy."""
    assert passive_refused_by_server.rule(passive(transfer=exchange("LIST", reply))) is None


def test_a_data_connection_that_stood_was_not_declined() -> None:
    """ProFTPD says "Operation not permitted" of a TLS session that was not resumed."""
    listing = exchange("LIST", "425 Unable to build data connection: Operation not permitted")
    opened = dial(View.CLIENT_SOCKET, Answer.ACCEPTED)
    assert passive_refused_by_server.rule(passive(opened, transfer=listing)) is None
