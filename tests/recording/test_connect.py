"""What a call on a socket tells, as values and words."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import closing

import pytest

from ftpdiag.model import Answer, Endpoint
from ftpdiag.recording import connect

HERE, THERE = Endpoint(host="127.0.0.1", port=40000), Endpoint(host="127.0.0.1", port=21)


def test_opened() -> None:
    """A connection is made from the address that is asked for, and is known by it and its port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        there = connect.endpoint(listener.getsockname())
        sock, opening = connect.opened(there, 1.0, "127.0.0.3")
        assert sock is not None
        with closing(sock):
            assert opening.opener == connect.endpoint(sock.getsockname())
            assert (opening.opener.host, opening.target, opening.answer) == ("127.0.0.3", there, Answer.ACCEPTED)


def test_not_opened() -> None:
    """What comes to nothing is known by its port too, so that packets can be told from those of others."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        nobody = connect.endpoint(listener.getsockname())
    sock, opening = connect.opened(nobody, 1.0, "127.0.0.3")
    assert sock is None
    assert (opening.opener.host, opening.answer) == ("127.0.0.3", Answer.REFUSED)
    assert opening.opener.port > 0


def test_zone() -> None:
    """The zone of a link-local address is no part of the endpoint."""
    assert connect.endpoint(("fe80::1%eth0", 21, 0, 2)) == Endpoint(host="fe80::1", port=21)


ERRORS = [
    (None, Answer.ACCEPTED, None),
    (ConnectionRefusedError(errno.ECONNREFUSED, ""), Answer.REFUSED, "ECONNREFUSED"),
    (TimeoutError("timed out"), Answer.SILENT, "ETIMEDOUT"),
    (OSError(errno.EHOSTUNREACH, ""), Answer.REJECTED, "EHOSTUNREACH"),
    (OSError("odd"), Answer.REJECTED, "OSError"),
]


@pytest.mark.parametrize(("error", "answer", "name"), ERRORS)
def test_socket_opening(error: OSError | None, answer: Answer, name: str | None) -> None:
    """Each outcome of connect() is an answer, with its errno by name."""
    opening = connect.socket_opening(1.0, HERE, THERE, error)
    assert (opening.answer, opening.error, opening.established) == (answer, name, error is None)


def test_words() -> None:
    """An error is told in the system's words, and a wait in short."""
    assert connect.words(OSError(errno.EPIPE, os.strerror(errno.EPIPE))) == "Broken pipe"
    assert connect.words(ValueError("odd")) == "odd"
    assert connect.seconds(0.5) == "0.5 s"
    assert connect.seconds(15.0) == "15 s"
