from __future__ import annotations

import pytest

from ftpdiag.causes.data_empty import data_empty
from ftpdiag.model import DataChannel, Ending, Flag, Packet, Segment, Verdict
from tests.causes.build import CLIENT, active, carried, exchange, grounds_of
from tests.test_facts import FROM_HERE, LOGIN, THERE, Tape, only_channel

DONE = exchange("LIST pub", "150 Here it comes.", "226 Done.")


def test_a_success_without_a_byte() -> None:
    """It is information, and leaves the verdict as it is."""
    grounds = grounds_of(data_empty, carried(Ending.FINISHED, transfer=DONE))
    assert grounds.verdict is None
    assert "nothing to transfer for LIST pub" in grounds.summary


def test_a_client_that_closes_early() -> None:
    """It was the client that ended it, before anything came."""
    grounds = grounds_of(data_empty, carried(Ending.FINISHED, transfer=DONE, ended_by=CLIENT[4]))
    assert "The client closed the data connection of LIST pub" in grounds.summary


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("LIST", "550 No files found."),
        ("LIST pub", "450 No files found"),
        ("NLST", "550 No such file found."),
        ("NLST", "550 No data sets found."),
        ("LIST", "550 The directory is empty."),
    ],
)
def test_an_empty_folder_is_no_fault(command: str, reply: str) -> None:
    """Where there is nothing to list, nobody declines anything, and nothing shows that data would move."""
    transfer = exchange(command, reply)
    opened = grounds_of(data_empty, carried(Ending.FINISHED, transfer=transfer))
    assert opened.verdict is Verdict.UNKNOWN
    assert "has nothing to list" in opened.summary
    assert "The data connection for it opens." in opened.summary
    assert "opens" not in grounds_of(data_empty, active(transfer=transfer)).summary


@pytest.mark.parametrize(
    "channel",
    [
        carried(Ending.FINISHED, transfer=DONE, to_client=1),
        carried(Ending.FINISHED, transfer=DONE, lost=True),
        carried(Ending.STALLED, transfer=DONE),
        carried(Ending.FINISHED, transfer=exchange("LIST", "150 Here it comes.")),
        carried(Ending.FINISHED, transfer=exchange("STOR x", "150 Go on.", "226 Done.")),
        carried(Ending.FINISHED, transfer=exchange("LIST pub", "550 No such file or directory.")),
        carried(Ending.FINISHED, transfer=exchange("LIST", "550 Permission denied.")),
        carried(Ending.FINISHED, transfer=exchange("RETR a", "550 No such file.")),
        carried(Ending.FINISHED, transfer=exchange("LIST", "150 Here.", "425 No data connection.")),
    ],
)
def test_what_is_not_empty(channel: DataChannel) -> None:
    """Something came, or was lost; nobody ended it, or said so; an upload; no such folder; no right; no connection."""
    assert data_empty.rule(channel) is None


def is_fin(packet: Packet) -> bool:
    """Whether it closes a connection."""
    return isinstance(packet, Segment) and bool(packet.flags & Flag.FIN)


def test_a_connection_whose_beginning_was_not_captured() -> None:
    """What it had carried before the first packet that was seen, nobody knows."""
    tape = Tape().connect().say(*LOGIN, "C: EPSV", "S: 229 Entering Extended Passive Mode (|||50000|)")
    tape.open(FROM_HERE, THERE).say("C: LIST", "S: 150 Here").carry(FROM_HERE, THERE, b"").say("S: 226 Done")
    whole = tape.replayed()
    tape.packets[:] = [one for one in tape.packets if FROM_HERE not in {one.source, one.destination} or is_fin(one)]
    late = tape.replayed()
    assert [data_empty.rule(only_channel(one)) is not None for one in (whole, late)] == [True, False]
