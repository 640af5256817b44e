from __future__ import annotations

from typing import Any

import pytest

from ftpdiag.causes.data_reset_midway import data_reset_midway
from ftpdiag.model import Confidence, DataChannel, Ending, Location, Mode, Verdict
from tests.causes.build import CLIENT, SERVER, SERVER_TTL, captured, carried, exchange, grounds_of, passive, reset

ABORTED = exchange("RETR x", "150 Here it comes.", "426 Connection closed; transfer aborted.")


@pytest.mark.parametrize(
    ("ttl", "confidence", "location", "hop"),
    [
        (64, Confidence.PROVEN, Location.CLIENT_NETWORK, 1),
        (63, Confidence.PROVEN, Location.PATH, 2),
        (62, Confidence.LIKELY, Location.UNKNOWN, None),
        (59, Confidence.LIKELY, Location.UNKNOWN, None),
        (SERVER_TTL, Confidence.LIKELY, Location.SERVER_HOST, None),
    ],
)
def test_the_resets_ttl_tells_a_device_from_the_server(
    ttl: int, confidence: Confidence, location: Location, hop: int | None
) -> None:
    """Compared with the server's SYN-ACK on the control connection."""
    for mode in Mode:
        channel = carried(Ending.RESET, mode=mode, to_client=4096, rst=reset(ttl, port=50001))
        grounds = grounds_of(data_reset_midway, channel)
        assert (grounds.confidence, grounds.location, grounds.hop) == (confidence, location, hop)
        assert "4096 bytes to the client" in grounds.evidence[0].text


def test_a_socket_alone_knows_only_that_it_was_reset() -> None:
    """By whom, it cannot tell."""
    grounds = grounds_of(data_reset_midway, carried(Ending.RESET))
    assert (grounds.confidence, grounds.location) == (Confidence.POSSIBLE, Location.UNKNOWN)
    assert [one.cause for one in grounds.alternatives] == ["data-peer-rejected"]


def test_a_server_that_ends_with_a_reset_what_it_calls_complete() -> None:
    """A client reports the reset; but whether anything is missing, nobody knows."""
    done = exchange("RETR x", "150 Here it comes.", "226 Done.")
    grounds = grounds_of(data_reset_midway, carried(Ending.RESET, rst=reset(SERVER_TTL, port=50001), transfer=done))
    assert grounds.confidence is Confidence.POSSIBLE
    assert "says that it is done" in grounds.summary
    assert grounds.verdict is Verdict.UNKNOWN
    assert not grounds.alternatives
    by_device = carried(Ending.RESET, rst=reset(63, port=50001), transfer=done)
    assert grounds_of(data_reset_midway, by_device).confidence is Confidence.PROVEN


def test_the_servers_word_that_it_was_cut_off() -> None:
    """It ended for us as if all were well; or we had sent everything."""
    ways: tuple[dict[str, Any], ...] = ({}, {"ended_by": CLIENT[4], "to_server": 4096})
    for how in ways:
        grounds = grounds_of(data_reset_midway, carried(Ending.FINISHED, transfer=ABORTED, **how))
        assert grounds.confidence is Confidence.LIKELY
        assert grounds.evidence[1].line == "426 Connection closed; transfer aborted."


@pytest.mark.parametrize(
    "channel",
    [
        carried(Ending.FINISHED, transfer=exchange("LIST", "150 Here.", "226 Done.")),
        carried(Ending.FINISHED, transfer=exchange("RETR x", "150 Here.", "451 Disk full.")),
        carried(Ending.STALLED),
        carried(Ending.TLS_FAILED),
        carried(Ending.FINISHED),
        passive(transfer=ABORTED),
    ],
)
def test_other_ends_are_other_causes(channel: DataChannel) -> None:
    """It worked; the disk; it stalls; TLS; nobody complains; it never opened."""
    assert data_reset_midway.rule(channel) is None


@pytest.mark.parametrize("ending", [Ending.RESET, Ending.FINISHED])
def test_a_client_that_closes_early_ends_its_own_transfer(ending: Ending) -> None:
    """In a capture, that is what a user who presses Stop looks like."""
    stopped = carried(ending, transfer=ABORTED, control=captured(), ended_by=CLIENT[4])
    assert data_reset_midway.rule(stopped) is None
    cut_off = carried(ending, transfer=ABORTED, control=captured(), ended_by=SERVER[4])
    assert data_reset_midway.rule(cut_off) is not None


def test_what_was_never_begun_is_hardly_cut_off() -> None:
    """A RST as from the server, of a data connection of which it has not said a word: it may be another's."""
    rst = reset(61, port=50001)
    begun = carried(Ending.RESET, transfer=exchange("LIST", "150 Here it comes.", at=0.6), rst=rst)
    assert grounds_of(data_reset_midway, begun).confidence is Confidence.LIKELY
    silent = carried(Ending.RESET, transfer=exchange("LIST", at=0.6), rst=rst)
    assert grounds_of(data_reset_midway, silent).confidence is Confidence.POSSIBLE
