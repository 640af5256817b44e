"""TLS as the client, on sockets of all conditions."""

from __future__ import annotations

import socket
import ssl

import pytest

from ftpdiag.model import Ending, Endpoint
from ftpdiag.recording import tls
from ftpdiag.recording.plan import Trust
from tests.scripted_server import plan_for

SERVER = Endpoint(host="127.0.0.1", port=21)


def test_nothing_is_verified_only_where_that_is_asked_for() -> None:
    """By default a certificate is verified, and its name too; without trust in anything old servers are reached."""
    careful = tls.context_for(plan_for(SERVER, trust=Trust.SYSTEM))
    assert (careful.verify_mode, careful.check_hostname) == (ssl.CERT_REQUIRED, True)
    careless = tls.context_for(plan_for(SERVER, trust=Trust.NOTHING))
    assert (careless.verify_mode, careless.check_hostname) == (ssl.CERT_NONE, False)


def test_a_socket_that_was_never_connected() -> None:
    """What is not connected is a reset, and not a TLS server that is to be connected."""
    with socket.socket() as sock, pytest.raises(ConnectionResetError):
        tls.secured(tls.context_for(plan_for(SERVER)), sock, "ftp.example.org")


FAILURES = [
    (TimeoutError(), Ending.STALLED, "not answered within 3 s"),
    (ssl.SSLEOFError(), Ending.FINISHED, "closed in the middle"),
    (ConnectionResetError(), Ending.RESET, "reset in the middle"),
    (ssl.SSLError(1, "wrong version number"), Ending.TLS_FAILED, "failed: "),
    (ValueError("label too long"), Ending.TLS_FAILED, "failed: label too long"),
]


@pytest.mark.parametrize(("failure", "ending", "words"), FAILURES)
def test_failures(failure: Exception, ending: Ending, words: str) -> None:
    """How a handshake failed is a value and a sentence."""
    assert tls.ending(failure) is ending
    assert words in tls.reason(failure, 3.0)
