from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.causes.active_answer_lost import active_answer_lost
from ftpdiag.model import Answer, Confidence, IcmpError, Location, View
from tests.causes.build import STRANGER, active, call, captured, grounds_of

NOT_ACCEPTED = call(View.CLIENT_SOCKET, Answer.ABSENT)


def test_an_answer_that_left_and_a_syn_that_comes_again() -> None:
    """A SYN-ACK seen after the local firewall has left this machine, and the repeated SYN says it did not arrive."""
    wire = call(View.CLIENT_WIRE, Answer.ACCEPTED, established=False)
    grounds = grounds_of(active_answer_lost, active(NOT_ACCEPTED, wire))
    assert grounds.confidence is Confidence.PROVEN
    assert grounds.location is None
    assert "leaves this machine" in grounds.summary


def test_a_device_that_rejects_the_answer_names_itself() -> None:
    """An ICMP error that quotes the SYN-ACK tells who, and how far away."""
    wire = call(View.CLIENT_WIRE, Answer.ACCEPTED, established=False)
    error = next(one for one in call(View.CLIENT_WIRE, Answer.REJECTED, reporter="198.51.100.1", ttl=64).packets[-1:])
    assert isinstance(error, IcmpError)
    error = error._replace(source=wire.target, destination=wire.opener)
    grounds = grounds_of(active_answer_lost, active(NOT_ACCEPTED, replace(wire, packets=(*wire.packets, error))))
    assert (grounds.location, grounds.hop) == (Location.CLIENT_NETWORK, 1)
    assert "rejected by the device 198.51.100.1" in grounds.summary


def test_at_the_server_its_own_firewall_is_what_is_left() -> None:
    """A SYN-ACK that reaches the server's wire and not its TCP was dropped in the server."""
    wire = call(View.SERVER_WIRE, Answer.ACCEPTED, established=False)
    grounds = grounds_of(active_answer_lost, active(wire, control=captured()))
    assert (grounds.confidence, grounds.location) == (Confidence.PROVEN, Location.SERVER_HOST)


@pytest.mark.parametrize("answer", [Answer.SILENT, Answer.REFUSED, Answer.REJECTED, Answer.ABSENT])
def test_without_an_answer_none_is_lost(answer: Answer) -> None:
    """No SYN-ACK, no finding."""
    assert active_answer_lost.rule(active(NOT_ACCEPTED, call(View.CLIENT_WIRE, answer))) is None


def test_an_acknowledged_answer_arrived() -> None:
    """The server's ACK ends the doubt, however often the SYN was repeated."""
    assert active_answer_lost.rule(active(call(View.CLIENT_WIRE, Answer.ACCEPTED))) is None


def test_an_answer_at_the_end_of_a_recording_is_not_lost() -> None:
    """Nothing was repeated: the ACK may have come after the recording."""
    wire = call(View.CLIENT_WIRE, Answer.ACCEPTED, established=False, tries=1)
    assert active_answer_lost.rule(active(wire, control=captured())) is None


def test_a_strangers_handshake_is_not_the_servers() -> None:
    """A SYN flood at the listener is nobody's call-back."""
    wire = call(View.CLIENT_WIRE, Answer.ACCEPTED, established=False, source=STRANGER)
    assert active_answer_lost.rule(active(NOT_ACCEPTED, wire)) is None
