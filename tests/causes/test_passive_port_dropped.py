from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.causes.passive_port_dropped import passive_port_dropped
from ftpdiag.clues.remedies import FIND_LOSS, RAISE_CONNECTION_LIMIT
from ftpdiag.model import (
    AS_BEFORE,
    Answer,
    Confidence,
    Experiment,
    Location,
    Method,
    Opening,
    Retried,
    Tls,
    Verdict,
    View,
)
from tests.causes.build import ANSWERED, captured, dial, exchange, grounds_of, passive, session

TIMED_OUT = dial(View.CLIENT_SOCKET, Answer.SILENT, error="ETIMEDOUT")


@pytest.mark.parametrize(("tries", "confidence"), [(3, Confidence.PROVEN), (2, Confidence.LIKELY)])
def test_syns_out_and_nothing_back(tries: int, confidence: Confidence) -> None:
    """Three unanswered SYNs are not lost by chance."""
    wire = dial(View.CLIENT_WIRE, Answer.SILENT, tries=tries)
    grounds = grounds_of(passive_port_dropped, passive(TIMED_OUT, wire))
    assert grounds.confidence is confidence
    assert grounds.location is None
    assert "203.0.113.2:50001 leaves this machine" in grounds.summary


@pytest.mark.parametrize(
    "openings",
    [
        (TIMED_OUT, dial(View.CLIENT_WIRE, Answer.SILENT, tries=1)),
        (dial(View.CLIENT_SOCKET, Answer.SILENT, error="ETIMEDOUT", waited=0.3),),
    ],
)
def test_one_syn_is_too_little_to_tell(openings: tuple[Opening, ...]) -> None:
    """It may have been lost by chance, or the path is slow: the advice is to wait longer."""
    grounds = grounds_of(passive_port_dropped, passive(*openings))
    assert (grounds.confidence, grounds.verdict) == (Confidence.POSSIBLE, Verdict.UNKNOWN)
    assert "--timeout 5" in grounds.alternatives[-1].settle_with


@pytest.mark.parametrize(("method", "chance"), [(Method.EPSV, True), (Method.PASV, False)])
def test_what_opened_when_it_was_tried_again_may_have_been_lost_by_chance(method: Method, *, chance: bool) -> None:
    """Each of four SYNs may be lost where many are. Another method shows nothing of this one."""
    channel = passive(TIMED_OUT, dial(View.CLIENT_WIRE, Answer.SILENT, tries=4))
    came = replace(passive(*ANSWERED), method=method)
    retried = Retried(
        experiment=Experiment.PORT_SAMPLES, cell=channel.cell, change=AS_BEFORE, session=came.session, channels=(came,)
    )
    grounds = grounds_of(passive_port_dropped, replace(channel, retries=(retried,)))
    assert (grounds.confidence, grounds.verdict) == (
        (Confidence.POSSIBLE, Verdict.UNKNOWN) if chance else (Confidence.PROVEN, None)
    )
    assert (FIND_LOSS in grounds.remedies) is chance


def test_who_may_be_shut_out_has_proven_nothing() -> None:
    """Where the control port falls silent in the same probe, the passive port may be silent for that."""
    wire = dial(View.CLIENT_WIRE, Answer.SILENT, tries=3)
    grounds = grounds_of(passive_port_dropped, passive(TIMED_OUT, wire, control=session(shut_out=True)))
    assert (grounds.confidence, grounds.verdict) == (Confidence.POSSIBLE, Verdict.UNKNOWN)
    assert [one.cause for one in grounds.alternatives] == ["control-dropped"]


def test_where_new_connections_are_limited_silence_is_no_proof() -> None:
    """Some SYNs of the experiments to the control port were answered and some not: it is likely, and a limit may be."""
    wire = dial(View.CLIENT_WIRE, Answer.SILENT, tries=4)
    grounds = grounds_of(passive_port_dropped, passive(TIMED_OUT, wire, control=session(limited=True)))
    assert (grounds.confidence, grounds.verdict) == (Confidence.LIKELY, None)
    assert [one.cause for one in grounds.alternatives] == ["control-dropped"]
    assert grounds.remedies[0] is RAISE_CONNECTION_LIMIT


def test_one_syn_and_the_servers_word() -> None:
    """The server waited in vain as well."""
    wire = dial(View.CLIENT_WIRE, Answer.SILENT, tries=1)
    channel = passive(TIMED_OUT, wire, transfer=exchange("LIST", "425 Failed to establish connection.", after=60))
    grounds = grounds_of(passive_port_dropped, channel)
    assert (grounds.confidence, grounds.verdict) == (Confidence.LIKELY, None)


def test_without_a_tap_our_own_firewall_is_not_ruled_out() -> None:
    """A connect() that times out looks the same whoever drops what."""
    grounds = grounds_of(passive_port_dropped, passive(TIMED_OUT))
    assert grounds.confidence is Confidence.POSSIBLE
    assert {one.cause for one in grounds.alternatives} == {
        "passive-dropped-by-client-host",
        "passive-answer-dropped-by-client-host",
    }


def test_encryption_brings_its_alternative() -> None:
    """A firewall that follows FTP cannot read the announcement under TLS."""
    channel = passive(TIMED_OUT, dial(View.CLIENT_WIRE, Answer.SILENT), control=session(tls=Tls.EXPLICIT))
    assert [one.cause for one in grounds_of(passive_port_dropped, channel).alternatives] == ["alg-blind-to-tls"]


def test_at_the_server_its_own_firewall_is_what_is_left() -> None:
    """A SYN that reaches the server's wire and is not answered was dropped in the server."""
    grounds = grounds_of(passive_port_dropped, passive(dial(View.SERVER_WIRE, Answer.SILENT), control=captured()))
    assert (grounds.confidence, grounds.location) == (Confidence.PROVEN, Location.SERVER_HOST)


def test_in_the_middle_it_was_lost_beyond() -> None:
    """The SYN passed here."""
    grounds = grounds_of(passive_port_dropped, passive(dial(View.MIDDLE_WIRE, Answer.SILENT), control=captured()))
    assert grounds.location is None
    assert "passes where this was recorded" in grounds.summary


@pytest.mark.parametrize("view", [View.MIDDLE_WIRE, View.SERVER_WIRE])
def test_an_answer_that_is_never_acknowledged_is_lost_on_the_way_back(view: View) -> None:
    """Seen from beyond the client, either the way back or the client's firewall drops the SYN-ACK."""
    wire = dial(view, Answer.ACCEPTED, established=False)
    grounds = grounds_of(passive_port_dropped, passive(wire, control=captured()))
    assert [one.cause for one in grounds.alternatives] == [
        "passive-answer-dropped-by-client-host",
        "data-half-open",
    ]


def test_a_server_that_waits_in_vain_says_so() -> None:
    """No SYN came as far as here, and the server gave up waiting for it."""
    gave_up = exchange("LIST", "425 Failed to establish connection.", after=60.0)
    for view in (View.SERVER_WIRE, View.MIDDLE_WIRE):
        channel = passive(dial(view, Answer.ABSENT), control=captured(), transfer=gave_up)
        grounds = grounds_of(passive_port_dropped, channel)
        assert grounds.verdict is None


def test_at_the_server_a_client_that_never_comes_may_not_have_tried() -> None:
    """Without the server's word it could not be told, and what it may be is named."""
    grounds = grounds_of(passive_port_dropped, passive(dial(View.SERVER_WIRE, Answer.ABSENT), control=captured()))
    assert (grounds.verdict, grounds.location) == (Verdict.UNKNOWN, None)
    assert [one.cause for one in grounds.alternatives] == ["passive-dropped-by-client-host"]


def test_a_client_that_does_not_dial_is_not_blocked() -> None:
    """Without the server's word, a missing SYN in the middle shows nothing."""
    channel = passive(dial(View.MIDDLE_WIRE, Answer.ABSENT), control=captured())
    assert passive_port_dropped.rule(channel) is None


def test_data_that_went_past_the_tap_is_no_fault() -> None:
    """226 says that it moved; the capture just does not hold it."""
    moved = exchange("LIST", "150 Here it comes.", "226 Done.")
    channel = passive(dial(View.SERVER_WIRE, Answer.ABSENT), control=captured(), transfer=moved)
    assert passive_port_dropped.rule(channel) is None


@pytest.mark.parametrize("answer", [answer for answer in Answer if answer is not Answer.SILENT])
def test_any_answer_is_another_matter(answer: Answer) -> None:
    """A SYN that is answered, or that never left, was not dropped on the way."""
    wire = dial(View.CLIENT_WIRE, answer, established=False)
    assert passive_port_dropped.rule(passive(TIMED_OUT, wire)) is None


@pytest.mark.parametrize("answer", [Answer.ACCEPTED, Answer.REFUSED, Answer.REJECTED])
def test_without_a_tap_an_answered_socket_is_another_matter(answer: Answer) -> None:
    """Only a timeout is silence."""
    assert passive_port_dropped.rule(passive(dial(View.CLIENT_SOCKET, answer))) is None


def test_a_connection_that_opened_in_the_end_is_no_fault() -> None:
    """The announced third host answered, whatever became of the control connection's."""
    there = dial(View.CLIENT_SOCKET, Answer.ACCEPTED, host="203.0.113.9")
    assert passive_port_dropped.rule(passive(TIMED_OUT, dial(View.CLIENT_WIRE, Answer.SILENT), there)) is None


def test_a_recording_that_ends_with_the_syn_shows_nothing() -> None:
    """One SYN at the very end of a capture may have been answered after it."""
    once = dial(View.CLIENT_WIRE, Answer.SILENT, tries=1)
    assert passive_port_dropped.rule(passive(once, control=captured(last_seen=1.1))) is None


def test_a_server_that_demands_tls_leaves_nothing_to_compare_with() -> None:
    """A probe in the clear is neither advised nor made; whoever runs the firewall can tell."""
    for demanded in (False, True):
        control = session(tls=Tls.EXPLICIT, tls_demanded=demanded)
        grounds = grounds_of(passive_port_dropped, passive(dial(View.CLIENT_WIRE, Answer.SILENT), control=control))
        told = next(one.settle_with for one in grounds.alternatives if one.cause == "alg-blind-to-tls")
        assert ("--tls none" in told) is not demanded
        assert (Experiment.IN_THE_CLEAR in grounds.settle_with) is not demanded
