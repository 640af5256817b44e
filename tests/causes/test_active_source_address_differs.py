from __future__ import annotations

from msgspec.structs import replace

from ftpdiag.causes.active_source_address_differs import active_source_address_differs
from ftpdiag.model import Answer, Carriage, Ending, Endpoint, Location, View
from tests.causes.build import CLIENT, STRANGER, active, call, captured, grounds_of

NOT_ACCEPTED = call(View.CLIENT_SOCKET, Answer.ABSENT)
HERE, THERE = Endpoint(host=CLIENT[4], port=46055), Endpoint(host=STRANGER, port=20)


def test_a_caller_that_is_not_the_server() -> None:
    """Somebody called, the server did not."""
    wire = call(View.CLIENT_WIRE, Answer.ACCEPTED, source=STRANGER)
    grounds = grounds_of(active_source_address_differs, active(NOT_ACCEPTED, wire, strangers=(STRANGER,)))
    assert STRANGER in grounds.summary
    assert grounds.location is None


def test_the_listener_alone_knows_who_called() -> None:
    """Without a tap, the refused caller is the evidence."""
    assert active_source_address_differs.rule(active(NOT_ACCEPTED, strangers=(STRANGER,))) is not None


def test_a_private_caller_was_renamed_on_our_side() -> None:
    """A private address cannot have come across the Internet."""
    grounds = grounds_of(active_source_address_differs, active(NOT_ACCEPTED, strangers=("172.17.0.1",)))
    assert grounds.location is Location.CLIENT_NETWORK


def test_a_passer_by_beside_the_server_is_no_fault() -> None:
    """The server's own call-back came."""
    accepted = call(View.CLIENT_SOCKET, Answer.ACCEPTED)
    assert active_source_address_differs.rule(active(accepted, strangers=(STRANGER,))) is None


def test_nobody_called() -> None:
    """No call has no source address."""
    assert active_source_address_differs.rule(active(NOT_ACCEPTED, call(View.CLIENT_WIRE, Answer.ABSENT))) is None


def test_a_client_that_does_not_mind() -> None:
    """In a capture: data that went to the end was accepted from whoever sent it, a reset was not."""
    wire = call(View.CLIENT_WIRE, Answer.ACCEPTED, source=STRANGER)
    for ending, found in ((Ending.FINISHED, False), (Ending.RESET, True)):
        carriage = Carriage(local=HERE, remote=THERE, to_client=20, ending=ending)
        channel = replace(active(wire, control=captured()), carriages=(carriage,))
        assert (active_source_address_differs.rule(channel) is not None) is found
