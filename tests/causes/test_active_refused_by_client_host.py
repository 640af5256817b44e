from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.causes.active_refused_by_client_host import active_refused_by_client_host
from ftpdiag.model import Answer, Confidence, View
from tests.causes.build import STRANGER, active, call, captured, control_opening, grounds_of

NOT_ACCEPTED = call(View.CLIENT_SOCKET, Answer.ABSENT)


@pytest.mark.parametrize(("answer", "words"), [(Answer.REFUSED, "a RST"), (Answer.REJECTED, "ICMP error")])
def test_an_answer_that_leaves_this_machine_is_proof(answer: Answer, words: str) -> None:
    """The probe listens, the tap sees the refusal go out: the firewall in between rejects."""
    grounds = grounds_of(active_refused_by_client_host, active(NOT_ACCEPTED, call(View.CLIENT_WIRE, answer, ttl=64)))
    assert grounds.confidence is Confidence.PROVEN
    assert words in grounds.summary
    assert grounds.summary.endswith("its firewall rejects it.")
    assert grounds.evidence[1].packet == 10


def test_in_a_capture_it_may_be_that_nobody_listens() -> None:
    """Whether somebody else's client listened is not known."""
    grounds = grounds_of(
        active_refused_by_client_host, active(call(View.CLIENT_WIRE, Answer.REFUSED, ttl=64), control=captured())
    )
    assert "nobody listens" in grounds.summary


@pytest.mark.parametrize(("ttl", "found"), [(64, False), (62, True), (61, True)])
def test_from_elsewhere_the_distance_tells(ttl: int, found: bool) -> None:  # noqa: FBT001  a row of a table
    """A RST in the client's name is the client's where it comes from no nearer than its other packets."""
    view = View.SERVER_WIRE
    control = captured(openings=(control_opening(view, ttl=62),))
    grounds = active_refused_by_client_host.rule(active(call(view, Answer.REFUSED, ttl=ttl), control=control))
    assert (grounds is not None) is found
    if grounds:
        assert grounds.confidence is Confidence.LIKELY


def test_a_router_that_reports_is_not_the_client() -> None:
    """An ICMP error under another address is a device's."""
    view = View.MIDDLE_WIRE
    error = call(view, Answer.REJECTED, ttl=64, reporter="198.18.1.2")
    assert active_refused_by_client_host.rule(active(error, control=captured())) is None


@pytest.mark.parametrize("answer", [Answer.SILENT, Answer.ACCEPTED, Answer.ABSENT])
def test_silence_and_acceptance_are_no_refusal(answer: Answer) -> None:
    """Only a RST or an ICMP error refuses."""
    assert active_refused_by_client_host.rule(active(NOT_ACCEPTED, call(View.CLIENT_WIRE, answer))) is None


def test_a_stranger_may_be_refused() -> None:
    """Refusing a passer-by is no fault."""
    stranger = call(View.CLIENT_WIRE, Answer.REFUSED, source=STRANGER)
    assert active_refused_by_client_host.rule(active(NOT_ACCEPTED, stranger)) is None


def test_a_third_host_is_not_the_client() -> None:
    """Where PORT named another host than the client (FXP, a bounce), its RST is not the client's."""
    view = View.SERVER_WIRE
    refused = call(view, Answer.REFUSED, ttl=62)
    control = captured(openings=(control_opening(view, ttl=62),))
    aimed = replace(refused, target=refused.target.at_host(STRANGER))
    rule = active_refused_by_client_host.rule
    assert rule(active(refused, control=control)) is not None
    assert rule(active(aimed, control=control, announced=STRANGER)) is None


def test_another_address_of_this_machine_is_this_machine() -> None:
    """With --active-address a probe has it called there: the RST is its own."""
    refused = call(View.CLIENT_WIRE, Answer.REFUSED)
    aimed = replace(refused, target=refused.target.at_host(STRANGER))
    assert active_refused_by_client_host.rule(active(aimed, announced=STRANGER)) is not None
