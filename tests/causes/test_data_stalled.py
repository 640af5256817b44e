from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.causes.data_stalled import data_stalled
from ftpdiag.clues.remedies import RAISE_CONNECTION_LIMIT
from ftpdiag.model import Answer, Confidence, DataChannel, Ending, Location, Mode, Party, Verdict, View
from tests.causes.build import carried, dial, exchange, grounds_of, passive
from tests.causes.test_control_idle_dropped import unheard


def test_not_one_byte() -> None:
    """In passive mode a device, or another machine, may have answered for the server; in both it may be the MTU."""
    passively = grounds_of(data_stalled, carried(Ending.STALLED, error="Nothing came for 5 s."))
    assert passively.confidence is Confidence.LIKELY
    assert [one.cause for one in passively.alternatives] == ["data-half-open", "passive-other-backend", "data-path-mtu"]
    actively = grounds_of(data_stalled, carried(Ending.STALLED, mode=Mode.ACTIVE))
    assert [one.cause for one in actively.alternatives] == ["data-path-mtu"]


@pytest.mark.parametrize(("tries", "agreed", "dead"), [(3, 0.5, True), (2, 0.5, False), (3, 2.0, False)])
def test_a_control_connection_that_is_dead_as_well(tries: int, agreed: float, *, dead: bool) -> None:
    """Then it is neither the size of the packets nor another machine, but all that passes between the two."""
    reply = "229 Entering Extended Passive Mode (|||50001|)"
    channel = replace(carried(Ending.STALLED), negotiation=exchange("EPSV", reply, at=agreed))
    lost = unheard(0.0, tries)
    grounds = grounds_of(data_stalled, replace(channel, session=replace(channel.session, unacknowledged=lost)))
    assert ("The control connection is dead as well" in grounds.summary) is dead
    assert ([one.cause for one in grounds.alternatives] == ["control-dropped"]) is dead
    assert (RAISE_CONNECTION_LIMIT in grounds.remedies) is dead


def test_who_may_be_shut_out_is_told_so() -> None:
    """The server let us in, and answers no other SYN: no more sessions are asked of it."""
    channel = carried(Ending.STALLED)
    grounds = grounds_of(data_stalled, replace(channel, session=replace(channel.session, shut_out=True)))
    assert "have shut this machine out" in grounds.summary
    assert grounds.alternatives[0].cause == "control-dropped"
    assert grounds.settle_with == ()


def test_a_server_that_is_done_may_have_had_nothing_to_send() -> None:
    """Whether it left an empty folder's connection open, or what it sent is lost, cannot be told, unless a tap saw."""
    listing = exchange("LIST", "150 Here it comes.", "226 Done.")
    grounds = grounds_of(data_stalled, carried(Ending.STALLED, transfer=listing))
    assert (grounds.confidence, grounds.verdict) == (Confidence.POSSIBLE, Verdict.UNKNOWN)
    for sign in ({"to_client": 1000}, {"lost": True}):
        some = grounds_of(data_stalled, carried(Ending.STALLED, transfer=listing, **sign))
        assert (some.confidence, some.verdict) == (Confidence.LIKELY, None)


def test_the_packet_that_opened_it_is_cited() -> None:
    """Where a view saw it; the time of the negotiation is known in any case."""
    stalled = carried(Ending.STALLED)
    assert grounds_of(data_stalled, stalled).evidence[0].at == stalled.negotiation.at
    watched = replace(stalled, openings=(dial(View.CLIENT_WIRE, Answer.ACCEPTED),))
    assert grounds_of(data_stalled, watched).evidence[0].packet == 1


def test_a_stall_after_some_bytes() -> None:
    """The way is open, and may be too narrow."""
    grounds = grounds_of(data_stalled, carried(Ending.STALLED, to_client=1000))
    assert "after 1000 bytes" in grounds.summary
    assert [one.cause for one in grounds.alternatives] == ["data-path-mtu"]
    assert grounds.remedies == ()


def test_a_stall_after_full_segments() -> None:
    """What has carried one is wide enough: nothing is said of the MTU."""
    grounds = grounds_of(data_stalled, carried(Ending.STALLED, to_client=9000))
    assert grounds.alternatives == ()
    assert grounds.remedies
    assert not any("MTU" in one.product or "mtu" in one.text for one in grounds.remedies)


@pytest.mark.parametrize(("who", "where"), [(Party.CLIENT, Location.CLIENT_HOST), (Party.SERVER, Location.SERVER_HOST)])
def test_a_closed_window_names_the_side_that_does_not_read(who: Party, where: Location) -> None:
    """Neither the network nor its MTU keeps data back that the receiver does not take."""
    grounds = grounds_of(data_stalled, carried(Ending.STALLED, to_client=1000, unwilling=who))
    assert f"The {who} takes no more" in grounds.summary
    assert grounds.location is where
    assert grounds.alternatives == ()
    assert {one.who for one in grounds.remedies} == {who}


@pytest.mark.parametrize("code", [421, 426, 451])
def test_the_servers_word_makes_a_stall_certain(code: int) -> None:
    """Five seconds of silence may be a slow server's, unless it says itself that it has given up."""
    transfer = exchange("RETR x", "150 Here.", f"{code} Something went wrong.")
    assert grounds_of(data_stalled, carried(Ending.STALLED, transfer=transfer)).confidence is Confidence.PROVEN


def test_no_150_is_worth_telling() -> None:
    """The server may not know that there is a data connection."""
    grounds = grounds_of(data_stalled, carried(Ending.STALLED, transfer=exchange("LIST")))
    assert "not even a 150" in grounds.evidence[1].text


@pytest.mark.parametrize(
    "answer",
    [
        "421 Data timeout. Reconnect. Sorry.",
        "421 Timeout (no new data for 900 seconds)",
        "421 Data connection timed out.",
        "421 No transfer timeout (600 seconds): closing control connection",
    ],
)
def test_the_servers_own_timer(answer: str) -> None:
    """vsftpd, Pure-FTPd, pyftpdlib and ProFTPD say so."""
    channel = carried(Ending.OPEN, transfer=exchange("RETR x", "150 Here.", answer), to_client=10)
    assert grounds_of(data_stalled, channel).confidence is Confidence.PROVEN


def test_the_server_knows_of_no_connection() -> None:
    """Ours was open and idle when it said so: it led elsewhere."""
    channel = carried(Ending.STOPPED, transfer=exchange("LIST", "425 Failed to establish connection."))
    assert grounds_of(data_stalled, channel).confidence is Confidence.LIKELY


@pytest.mark.parametrize(
    "channel",
    [
        carried(Ending.FINISHED, transfer=exchange("LIST", "150 Here.", "226 Done.")),
        carried(Ending.FINISHED, transfer=exchange("LIST", "425 Failed to establish connection.")),
        carried(Ending.STOPPED, transfer=exchange("RETR x", "550 No such file.")),
        carried(Ending.STOPPED, to_client=99, error="The transfer was still moving after 60 s."),
        carried(Ending.OPEN),
        carried(Ending.RESET),
        carried(Ending.TLS_FAILED),
        passive(transfer=exchange("LIST", "421 Data timeout. Reconnect. Sorry.")),
    ],
)
def test_what_is_no_stall(channel: DataChannel) -> None:
    """It worked; it was closed; the file; it was still moving; the recording ended; a reset; TLS; it never opened."""
    assert data_stalled.rule(channel) is None
