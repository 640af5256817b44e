from __future__ import annotations

import pytest

from ftpdiag.causes.active_refused_by_server import active_refused_by_server
from ftpdiag.model import Answer, Confidence, Location, Method, Verdict, View
from tests.causes.build import active, call, captured, exchange, grounds_of, session

NOT_ACCEPTED = call(View.CLIENT_SOCKET, Answer.ABSENT)


@pytest.mark.parametrize("method", [Method.PORT, Method.EPRT])
@pytest.mark.parametrize(
    "answer",
    [
        "550 Permission denied.",
        "500 Unable to service PORT commands",
        "501 Active mode is disabled",
        "501 PORT denied by <Limit> configuration",
        "500 OOPS: vsf_sysutil_bind",
    ],
)
def test_words_about_the_mode_are_proof(method: Method, answer: str) -> None:
    """The server itself says that it does not do this."""
    grounds = grounds_of(active_refused_by_server, active(method=method, answer=answer))
    assert grounds.confidence is Confidence.PROVEN
    assert answer in grounds.summary


def test_the_command_is_named_that_is_declined() -> None:
    """The other one may be taken; where the transfer is declined, neither is."""
    command = grounds_of(active_refused_by_server, active(method=Method.EPRT, answer="550 Permission denied."))
    assert "declines EPRT:" in command.summary
    listing = exchange("LIST", "425 Unable to build data connection: Address already in use")
    transfer = grounds_of(active_refused_by_server, active(NOT_ACCEPTED, transfer=listing))
    assert "declines to open data connections:" in transfer.summary


def test_a_port_command_that_is_not_known_may_be_a_devices_answer() -> None:
    """In the clear, a device could have said so in the server's name."""
    grounds = grounds_of(active_refused_by_server, active(answer="502 Command not implemented."))
    assert grounds.confidence is Confidence.LIKELY
    assert [one.cause for one in grounds.alternatives] == ["control-commands-mangled"]


def test_an_address_that_is_right_may_have_been_changed_on_its_way() -> None:
    """The server sees the client where PORT says: it calls nobody, or another address arrived."""
    control = session(client_seen_as="198.51.100.2")
    grounds = grounds_of(active_refused_by_server, active(control=control, answer="500 Illegal PORT command."))
    assert grounds.confidence is Confidence.LIKELY
    assert [one.cause for one in grounds.alternatives] == ["alg-rewrote-port-command"]


def test_a_socket_that_the_server_cannot_make() -> None:
    """A 425 that names the server's own error is not the network's doing."""
    listing = exchange("LIST", "425 Unable to build data connection: Address already in use")
    assert active_refused_by_server.rule(active(NOT_ACCEPTED, transfer=listing)) is not None


def test_at_the_servers_wire_a_call_that_never_leaves() -> None:
    """Watched at the server, nothing left: the server or its own firewall."""
    grounds = grounds_of(active_refused_by_server, active(call(View.SERVER_WIRE, Answer.ABSENT), control=captured()))
    assert (grounds.confidence, grounds.location) == (Confidence.LIKELY, Location.SERVER_HOST)
    assert grounds.verdict is Verdict.UNKNOWN
    assert [one.cause for one in grounds.alternatives] == ["active-inbound-dropped"]


def test_at_the_servers_wire_a_call_that_never_leaves_though_the_server_tried() -> None:
    """The server's own word that nobody answered it: something on its host holds the call."""
    gave_up = exchange("LIST", "425 Failed to establish connection.", after=60.0)
    channel = active(call(View.SERVER_WIRE, Answer.ABSENT), control=captured(), transfer=gave_up)
    grounds = grounds_of(active_refused_by_server, channel)
    assert (grounds.verdict, grounds.location) == (Verdict.BLOCKED, Location.SERVER_HOST)


@pytest.mark.parametrize("view", [View.CLIENT_WIRE, View.MIDDLE_WIRE])
def test_elsewhere_a_missing_call_says_nothing_about_the_server(view: View) -> None:
    """It may have been dropped before it came here."""
    assert active_refused_by_server.rule(active(call(view, Answer.ABSENT), control=captured())) is None


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        (Method.PORT, "200 PORT command successful."),
        (Method.PORT, "500 Illegal PORT command."),
        (Method.EPRT, "500 'EPRT': command not understood."),
        (Method.EPRT, "522 Network protocol not supported, use (1)"),
        (Method.PORT, "425 Can't connect to specified address."),
        (Method.PORT, "530 Please login with USER and PASS."),
        (Method.PORT, "522 SSL/TLS required on the data channel"),
        (Method.PORT, "421 Too many connections from this IP"),
    ],
)
def test_other_words_are_other_causes(method: Method, answer: str) -> None:
    """The address, the command, the network, the login and encryption are not the mode."""
    assert active_refused_by_server.rule(active(method=method, answer=answer)) is None


@pytest.mark.parametrize(
    "reply", ["425 Failed to establish connection.", "550 No such file.", "425 Use PORT or PASV first."]
)
def test_a_transfer_that_fails_is_not_a_mode_declined(reply: str) -> None:
    """Neither the network's failure nor the file's is the server's policy."""
    assert active_refused_by_server.rule(active(NOT_ACCEPTED, transfer=exchange("LIST", reply))) is None


def test_a_data_connection_that_stood_was_not_declined() -> None:
    """ProFTPD says "Operation not permitted" of a TLS session that was not resumed."""
    opened = call(View.CLIENT_SOCKET, Answer.ACCEPTED)
    listing = exchange("LIST", "425 Unable to build data connection: Operation not permitted")
    assert active_refused_by_server.rule(active(opened, control=session(), transfer=listing)) is None
