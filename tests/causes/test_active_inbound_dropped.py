from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.causes.active_inbound_dropped import active_inbound_dropped
from ftpdiag.clues.remedies import RAISE_CONNECTION_LIMIT
from ftpdiag.model import (
    AS_BEFORE,
    Answer,
    Confidence,
    ControlSession,
    Ending,
    Endpoint,
    Experiment,
    Hangup,
    Method,
    Mode,
    Retried,
    Tls,
    Verdict,
    View,
)
from tests.causes.build import CLIENT, active, call, captured, carried, control_opening, exchange, grounds_of, session

NOT_ACCEPTED = call(View.CLIENT_SOCKET, Answer.ABSENT)
NOT_SEEN = call(View.CLIENT_WIRE, Answer.ABSENT)


def test_watched_and_never_seen_is_likely() -> None:
    """Nothing came, and the server did not say whether it tried."""
    grounds = grounds_of(active_inbound_dropped, active(NOT_ACCEPTED, NOT_SEEN))
    assert grounds.confidence is Confidence.LIKELY
    assert grounds.location is None
    assert [one.cause for one in grounds.alternatives] == ["active-refused-by-server", "alg-rewrote-port-command"]


@pytest.mark.parametrize(
    ("control", "confidence", "verdict"),
    [
        (session(shut_out=True), Confidence.POSSIBLE, Verdict.UNKNOWN),
        (session(limited=True), Confidence.LIKELY, None),
    ],
)
def test_where_new_connections_are_limited(
    control: ControlSession, confidence: Confidence, verdict: Verdict | None
) -> None:
    """A call that never comes may have met the same as the SYNs to the control port that nobody answered."""
    grounds = grounds_of(active_inbound_dropped, active(NOT_ACCEPTED, NOT_SEEN, control=control))
    assert (grounds.confidence, grounds.verdict) == (confidence, verdict)
    assert "control-dropped" in {one.cause for one in grounds.alternatives}
    assert RAISE_CONNECTION_LIMIT in grounds.remedies


@pytest.mark.parametrize(
    ("method", "confidence"), [(Method.PORT, Confidence.POSSIBLE), (Method.EPRT, Confidence.LIKELY)]
)
def test_what_came_when_it_was_tried_again_may_have_been_lost_by_chance(method: Method, confidence: Confidence) -> None:
    """The same method was called in an experiment: it is not blocked each time. Another method shows nothing of it."""
    channel = active(NOT_ACCEPTED, NOT_SEEN)
    came = replace(carried(Ending.FINISHED, mode=Mode.ACTIVE, to_client=9), method=method)
    retried = Retried(
        experiment=Experiment.BOTH_METHODS,
        cell=channel.cell,
        change=AS_BEFORE,
        session=came.session,
        channels=(came,),
    )
    grounds = grounds_of(active_inbound_dropped, replace(channel, method=Method.PORT, retries=(retried,)))
    assert grounds.confidence is confidence
    assert (grounds.verdict is Verdict.UNKNOWN) is (confidence is Confidence.POSSIBLE)


def test_what_no_device_can_read_no_device_has_rewritten() -> None:
    """Under TLS the server was called to where the client listens."""
    channel = active(NOT_ACCEPTED, NOT_SEEN, control=session(tls=Tls.EXPLICIT))
    grounds = grounds_of(active_inbound_dropped, channel)
    assert "alg-rewrote-port-command" not in {one.cause for one in grounds.alternatives}


@pytest.mark.parametrize(
    ("text", "after", "confidence", "told"),
    [
        ("425 Failed to establish connection.", 60.0, Confidence.PROVEN, "lost, not turned down"),
        ("425 Failed to establish connection.", 0.02, Confidence.LIKELY, "Where cannot be told from here."),
        ("425 Unable to build data connection: Connection timed out", 30.0, Confidence.PROVEN, "lost, not turned down"),
        ("425 Unable to build data connection: Connection refused", 0.02, Confidence.PROVEN, "turned down, not lost"),
    ],
)
def test_the_servers_word_that_it_tried_is_proof(text: str, after: float, confidence: Confidence, told: str) -> None:
    """A late 425, or one that names the network's error, comes of an attempt; its pace tells what met that."""
    listing = exchange("LIST", text, at=0.6, after=after)
    grounds = grounds_of(active_inbound_dropped, active(NOT_ACCEPTED, NOT_SEEN, transfer=listing))
    assert grounds.confidence is confidence
    assert told in grounds.summary
    assert text in {item.line for item in grounds.evidence}


@pytest.mark.parametrize("answer", [None, "425 Can't connect to specified address."])
def test_a_server_that_calls_back_on_port_itself(answer: str | None) -> None:
    """A server such as pyftpdlib answers PORT only when its call succeeded or failed."""
    assert active_inbound_dropped.rule(active(NOT_ACCEPTED, NOT_SEEN, answer=answer)) is not None


def test_without_a_tap_our_own_firewall_is_not_ruled_out() -> None:
    """The socket alone cannot tell a SYN that was dropped here from one that never came."""
    grounds = grounds_of(active_inbound_dropped, active(NOT_ACCEPTED))
    assert grounds.confidence is Confidence.POSSIBLE
    assert "active-dropped-by-client-host" in {one.cause for one in grounds.alternatives}


@pytest.mark.parametrize(("waited", "advised"), [(3.9, True), (75.0, False)])
def test_patience_is_not_advised_to_who_had_it(*, waited: float, advised: bool) -> None:
    """A server that said nothing for more than a minute will not say it the next time."""
    channel = active(replace(NOT_ACCEPTED, waited=waited), NOT_SEEN)
    alternatives = {one.cause: one for one in grounds_of(active_inbound_dropped, channel).alternatives}
    assert ("--patience" in alternatives["active-refused-by-server"].settle_with) is advised


def test_a_nat_and_encryption_bring_their_alternatives() -> None:
    """What STAT says about our address proves a NAT; TLS hides PORT from any helper on it."""
    control = session(client_seen_as="198.51.100.77", tls=Tls.EXPLICIT)
    grounds = grounds_of(active_inbound_dropped, active(NOT_ACCEPTED, NOT_SEEN, control=control))
    assert {"active-inbound-impossible", "alg-blind-to-tls"} <= {one.cause for one in grounds.alternatives}
    assert any("198.51.100.77" in item.text for item in grounds.evidence)


@pytest.mark.parametrize("answer", [answer for answer in Answer if answer is not Answer.ABSENT])
def test_a_syn_that_arrived_was_not_dropped_on_the_way(answer: Answer) -> None:
    """Whatever became of it here, it reached the client."""
    assert active_inbound_dropped.rule(active(NOT_ACCEPTED, call(View.CLIENT_WIRE, answer))) is None


@pytest.mark.parametrize(
    "answer", ["500 Illegal PORT command.", "550 Permission denied.", "502 Command not implemented.", "530 Log in."]
)
def test_a_server_that_declines_does_not_call(answer: str) -> None:
    """Its own words explain why nothing came."""
    assert active_inbound_dropped.rule(active(NOT_ACCEPTED, NOT_SEEN, answer=answer)) is None


@pytest.mark.parametrize(
    "reply", ["226 Transfer complete.", "550 No such file.", "522 SSL/TLS required on the data channel"]
)
def test_a_transfer_that_ended_otherwise_is_no_lost_call(reply: str) -> None:
    """The data moved unseen, or was never to move."""
    listing = exchange("LIST", reply)
    assert active_inbound_dropped.rule(active(NOT_ACCEPTED, NOT_SEEN, transfer=listing)) is None


def test_a_lost_control_connection_explains_it() -> None:
    """Whoever reset the control connection kept the server from calling."""
    for ending in (Ending.RESET, Ending.FINISHED):
        control = session(hangup=Hangup(at=1.0, ending=ending, detail=""))
        assert active_inbound_dropped.rule(active(NOT_ACCEPTED, NOT_SEEN, control=control)) is None


def test_an_unused_port_command_is_waited_for_by_nobody() -> None:
    """Without a transfer command no server calls."""
    idle = replace(active(NOT_ACCEPTED, NOT_SEEN), transfer=None)
    assert active_inbound_dropped.rule(idle) is None


def test_in_a_capture_it_takes_time_or_the_servers_word() -> None:
    """A capture that ends with LIST shows nothing; one that goes on for seconds does."""
    assert active_inbound_dropped.rule(active(NOT_SEEN, control=captured(last_seen=1.0))) is None
    assert active_inbound_dropped.rule(active(NOT_SEEN, control=captured(last_seen=9.0))) is not None
    refused = exchange("LIST", "425 Failed to establish connection.")
    assert active_inbound_dropped.rule(active(NOT_SEEN, control=captured(last_seen=1.0), transfer=refused)) is not None


def test_a_data_connection_outside_the_capture_is_not_a_missing_one() -> None:
    """A server says 150 when the data connection stands; the capture may hold port 21 only."""
    begun = exchange("LIST", "150 Here comes the directory listing.")
    assert active_inbound_dropped.rule(active(NOT_SEEN, control=captured(), transfer=begun)) is None


@pytest.mark.parametrize("view", [View.MIDDLE_WIRE, View.SERVER_WIRE])
def test_a_syn_that_passes_and_gets_no_answer_is_lost_beyond(view: View) -> None:
    """Seen on its way, dropped between there and the client's socket."""
    grounds = grounds_of(active_inbound_dropped, active(call(view, Answer.SILENT), control=captured()))
    assert grounds.confidence is Confidence.LIKELY
    assert "active-dropped-by-client-host" in {one.cause for one in grounds.alternatives}


def test_a_device_that_turns_the_call_down_is_named() -> None:
    """An ICMP error beyond the tap names who stops the call-back."""
    rejected = call(View.SERVER_WIRE, Answer.REJECTED, reporter="198.18.1.2")
    grounds = grounds_of(active_inbound_dropped, active(rejected, control=captured()))
    assert grounds.confidence is Confidence.PROVEN
    assert "198.18.1.2" in grounds.summary


def test_a_reset_from_nearer_than_the_client_is_a_devices() -> None:
    """The same RST from where the client is would be the client's own."""
    control = captured(openings=(control_opening(View.SERVER_WIRE, ttl=61),))
    for ttl, found in ((62, True), (64, True), (61, False), (60, False)):
        reset = call(View.SERVER_WIRE, Answer.REFUSED, ttl=ttl)
        assert (active_inbound_dropped.rule(active(reset, control=control)) is not None) is found


@pytest.mark.parametrize("view", [View.SERVER_WIRE, View.MIDDLE_WIRE])
def test_nothing_seen_elsewhere_is_another_matter(view: View) -> None:
    """At the server it means that it never called; in the middle, nothing without the server's word."""
    assert active_inbound_dropped.rule(active(call(view, Answer.ABSENT), control=captured())) is None


def test_it_holds_over_ipv6() -> None:
    """EPRT is judged as PORT is."""
    here = [call(view, Answer.ABSENT, family=6) for view in (View.CLIENT_SOCKET, View.CLIENT_WIRE)]
    grounds = grounds_of(active_inbound_dropped, active(*here, control=session(6), method=Method.EPRT))
    assert f"[{CLIENT[6]}]:46055" in grounds.summary


def test_a_stranger_who_called_is_another_finding() -> None:
    """Somebody called, from another address."""
    assert active_inbound_dropped.rule(active(NOT_ACCEPTED, NOT_SEEN, strangers=("203.0.113.77",))) is None


def test_less_than_a_second_is_too_little_to_tell() -> None:
    """Had the server's first SYN been lost, it would not have repeated it yet."""
    watched = call(View.CLIENT_WIRE, Answer.ABSENT)
    for waited, verdict in ((0.4, Verdict.UNKNOWN), (4.0, None)):
        opening = replace(call(View.CLIENT_SOCKET, Answer.ABSENT, waited=waited), at=0.6)
        grounds = grounds_of(active_inbound_dropped, active(opening, watched))
        assert grounds.verdict is verdict
        assert ("--timeout 5" in grounds.alternatives[-1].settle_with) is (verdict is Verdict.UNKNOWN)


THIRD = "192.0.2.77"


@pytest.mark.parametrize(
    ("answer", "text", "after", "told"),
    [
        (Answer.ABSENT, None, 0.0, False),
        (Answer.ABSENT, "425 Failed to establish connection.", 0.02, False),
        (Answer.ABSENT, "425 Failed to establish connection.", 60.0, True),
        (Answer.SILENT, None, 0.0, True),
        (Answer.REFUSED, "425 Failed to establish connection.", 0.02, True),
        (Answer.SILENT, "226 Transfer complete.", 1.0, False),
    ],
)
def test_a_third_host_is_not_the_clients_network(answer: Answer, text: str | None, after: float, *, told: bool) -> None:
    """Where PORT names another host (FXP, a bounce), only the server's word or its call says that that failed."""
    view = View.SERVER_WIRE if answer is not Answer.ABSENT else View.CLIENT_WIRE
    seen = call(view, answer)
    listing = exchange("LIST", *([text] if text else []), at=0.6, after=after)
    aimed = replace(seen, target=seen.target.at_host(THIRD))
    channel = active(aimed, control=captured(), announced=THIRD, transfer=listing)
    if not told:
        assert active_inbound_dropped.rule(channel) is None
        return
    grounds = grounds_of(active_inbound_dropped, channel)
    assert f"{THIRD} is not the client {CLIENT[4]}" in grounds.summary
    assert "the client's network" not in grounds.summary
    assert {one.who for one in grounds.remedies} == {"client", "network"}
    assert not any("$client" in one.text for one in grounds.remedies)


def test_a_call_to_another_address_that_reached_the_client() -> None:
    """What a tap at the client shows may be for another address of the client: its firewall is not ruled out."""
    listing = exchange("LIST", "425 Failed to establish connection.", at=0.6, after=60.0)
    for view, told in ((View.CLIENT_WIRE, True), (View.SERVER_WIRE, False)):
        seen = call(view, Answer.SILENT)
        aimed = replace(seen, target=seen.target.at_host(THIRD))
        grounds = grounds_of(
            active_inbound_dropped, active(aimed, control=captured(), announced=THIRD, transfer=listing)
        )
        assert grounds.confidence is (Confidence.POSSIBLE if told else Confidence.LIKELY)
        assert ("active-dropped-by-client-host" in {one.cause for one in grounds.alternatives}) is told
        assert ("network card" in grounds.summary) is told


def test_a_private_address_seen_beyond_a_private_network_may_be_the_clients_own() -> None:
    """NATs stand between private networks, too: only at the client itself another address is another host."""
    client, inner = Endpoint(host="10.0.0.1", port=40000), "192.168.1.5"
    control = captured(client=client, openings=(control_opening(View.SERVER_WIRE),))
    aimed = call(View.SERVER_WIRE, Answer.SILENT)
    aimed = replace(aimed, target=aimed.target.at_host(inner))
    channel = active(aimed, control=control, announced=inner, transfer=exchange("LIST", at=0.6))
    assert "FXP" not in grounds_of(active_inbound_dropped, channel).summary


def test_what_a_nat_may_have_made_of_the_client_is_no_third_host() -> None:
    """A private address in PORT, a public one on the control connection: both are the client's."""
    listing = exchange("LIST", "425 Failed to establish connection.", at=0.6, after=60.0)
    for host, seen_as in (("192.168.1.5", None), (THIRD, THIRD)):
        control = captured(client_seen_as=seen_as)
        channel = active(NOT_SEEN, control=control, announced=host, transfer=listing)
        assert "FXP" not in grounds_of(active_inbound_dropped, channel).summary
