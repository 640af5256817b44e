from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.causes.active_dropped_by_client_host import active_dropped_by_client_host
from ftpdiag.causes.active_refused_by_client_host import active_refused_by_client_host
from ftpdiag.model import Answer, Confidence, View
from tests.causes.build import STRANGER, active, call, captured, grounds_of

NOT_ACCEPTED = call(View.CLIENT_SOCKET, Answer.ABSENT)


def test_a_syn_that_arrives_and_meets_a_silent_socket_is_proof() -> None:
    """The tap sees the call-back, the listening socket does not: only the firewall lies between."""
    grounds = grounds_of(active_dropped_by_client_host, active(NOT_ACCEPTED, call(View.CLIENT_WIRE, Answer.SILENT)))
    assert grounds.confidence is Confidence.PROVEN
    assert "203.0.113.2:20 reaches this machine" in grounds.summary
    assert grounds.evidence[0].packet == 1


def test_a_capture_has_no_socket_to_ask() -> None:
    """From somebody's capture at the client the same packets make it likely."""
    grounds = grounds_of(
        active_dropped_by_client_host, active(call(View.CLIENT_WIRE, Answer.SILENT), control=captured())
    )
    assert grounds.confidence is Confidence.LIKELY
    assert "the client 198.51.100.2" in grounds.summary


@pytest.mark.parametrize("answer", [answer for answer in Answer if answer is not Answer.SILENT])
def test_any_answer_is_another_matter(answer: Answer) -> None:
    """A SYN that is answered, or that never came, was not dropped here."""
    assert active_dropped_by_client_host.rule(active(NOT_ACCEPTED, call(View.CLIENT_WIRE, answer))) is None


def test_a_reset_of_a_repeated_syn_came_from_a_port_that_had_closed() -> None:
    """What was ignored at first was dropped; a listener that has given up since answers with a RST."""
    refused = call(View.CLIENT_WIRE, Answer.REFUSED, ttl=64)
    late = replace(refused, packets=(*refused.packets[:-1], refused.packets[-1]._replace(at=refused.at + 1)))
    grounds = grounds_of(active_dropped_by_client_host, active(NOT_ACCEPTED, late))
    assert grounds.confidence is Confidence.PROVEN
    assert active_refused_by_client_host.rule(active(NOT_ACCEPTED, late)) is None


@pytest.mark.parametrize("view", [View.MIDDLE_WIRE, View.SERVER_WIRE])
def test_only_the_clients_own_wire_shows_it(view: View) -> None:
    """Seen from elsewhere, the SYN may have been lost before it reached the client."""
    assert active_dropped_by_client_host.rule(active(call(view, Answer.SILENT), control=captured())) is None


def test_without_a_tap_nothing_shows_it() -> None:
    """A socket that nobody calls does not know whether a SYN arrived."""
    assert active_dropped_by_client_host.rule(active(NOT_ACCEPTED)) is None


def test_an_accepted_call_is_no_fault() -> None:
    """What the socket accepted was not dropped, whatever the tap missed."""
    accepted = call(View.CLIENT_SOCKET, Answer.ACCEPTED)
    assert active_dropped_by_client_host.rule(active(accepted, call(View.CLIENT_WIRE, Answer.SILENT))) is None


def test_a_strangers_syn_is_not_the_servers() -> None:
    """A firewall that drops a passer-by does its duty."""
    stranger = call(View.CLIENT_WIRE, Answer.SILENT, source=STRANGER)
    assert active_dropped_by_client_host.rule(active(NOT_ACCEPTED, stranger)) is None


def test_a_recording_that_ends_with_the_syn_shows_nothing() -> None:
    """One SYN at the very end of a capture may have been answered after it."""
    once = call(View.CLIENT_WIRE, Answer.SILENT, tries=1)
    assert active_dropped_by_client_host.rule(active(once, control=captured(last_seen=1.1))) is None
    assert active_dropped_by_client_host.rule(active(once, control=captured(last_seen=1.3))) is not None


def test_a_third_host_that_does_not_answer_is_not_the_client() -> None:
    """A tap at the client may see what passes to another host, which PORT named."""
    seen = call(View.CLIENT_WIRE, Answer.SILENT)
    rule = active_dropped_by_client_host.rule
    assert rule(active(seen, control=captured())) is not None
    aimed = replace(seen, target=seen.target.at_host(STRANGER))
    assert rule(active(aimed, control=captured(), announced=STRANGER)) is None
    assert rule(active(seen, control=captured(), announced=STRANGER)) is not None
