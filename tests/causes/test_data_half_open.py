from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ftpdiag.causes.data_half_open import data_half_open
from ftpdiag.model import Answer, Confidence, DataChannel, Ending, Location, Opening, Segment, Track, View
from tests.causes.build import SERVER_TTL, captured, carried, dial, exchange, grounds_of

BEGUN = exchange("LIST", "150 Here it comes.")

BOTH = (View.CLIENT_WIRE, View.SERVER_WIRE)


def stood(
    *,
    view: View = View.CLIENT_WIRE,
    ttl: int = SERVER_TTL,
    window: int = 65160,
    repeated: int = 1,
    **how: Any,  # noqa: ANN401  any field of a Carriage
) -> DataChannel:
    """A data connection that stood and moved nothing; its SYN-ACK as told."""
    ending = how.pop("ending", Ending.STALLED)
    transfer = how.pop("transfer", exchange("LIST"))
    seen = dial(view, Answer.ACCEPTED, tries=1, ttl=ttl)
    syn, answer = seen.packets
    assert isinstance(answer, Segment)
    answers = (answer._replace(number=10 + count, window=window) for count in range(repeated))
    channel = carried(ending, transfer=transfer, **how)
    return replace(channel, openings=(replace(seen, packets=(syn, *answers)),))


def told_by_both(channel: DataChannel, missed: tuple[View, ...], server: Opening | None = None) -> DataChannel:
    """The same with a capture of the server's side, which did not see the SYN-ACK where `missed` says so."""
    near = channel.openings[0]
    track = Track(view=View.CLIENT_WIRE, seen=((View.CLIENT_WIRE, 10),), missed=missed)
    packets = tuple(one._replace(track=track) for one in near.packets)
    return replace(channel, openings=(replace(near, packets=packets), *((server,) if server else ())))


@pytest.mark.parametrize("ttl", [SERVER_TTL + 2, 64])
def test_the_answer_comes_from_nearer_than_the_server(ttl: int) -> None:
    """Which place that is, the TTL tells; the fault is there or behind it."""
    grounds = grounds_of(data_half_open, stood(ttl=ttl))
    assert (grounds.confidence, grounds.hop, grounds.location) == (Confidence.LIKELY, 65 - ttl, None)
    assert [one.cause for one in grounds.alternatives] == ["data-stalled"]


@pytest.mark.parametrize(
    "how",
    [
        {"ending": Ending.FINISHED},
        {"ending": Ending.RESET},
        {"ending": Ending.FINISHED, "transfer": exchange("STOR a.txt"), "to_server": 63000},
    ],
)
def test_it_ends_without_a_word_of_the_servers(how: dict[str, Any]) -> None:
    """A device that answers in the server's name may close the connection, or take an upload; 150 never comes."""
    grounds = grounds_of(data_half_open, stood(ttl=64, **how))
    assert (grounds.confidence, grounds.hop) == (Confidence.LIKELY, 1)
    assert ("takes 63000 bytes of which the server says nothing" in grounds.summary) is ("to_server" in how)
    assert [one.cause for one in grounds.alternatives] == ["data-peer-rejected"]


def test_a_window_of_0() -> None:
    """So a SYN proxy keeps the client waiting, even one that copies the server's TTL."""
    grounds = grounds_of(data_half_open, stood(window=0))
    assert (grounds.confidence, grounds.hop) == (Confidence.LIKELY, None)
    assert "A device on the way answers" in grounds.summary


def test_it_is_acknowledged_and_repeated() -> None:
    """What follows the SYN does not arrive."""
    grounds = grounds_of(data_half_open, stood(repeated=3))
    assert grounds.confidence is Confidence.LIKELY
    assert "The SYN-ACK came 3 times" in grounds.evidence[0].text


def test_both_ends_prove_who_answered() -> None:
    """The SYN-ACK is in the client's capture and not in the server's."""
    grounds = grounds_of(data_half_open, told_by_both(stood(), missed=(View.SERVER_WIRE,)))
    assert (grounds.confidence, grounds.location) == (Confidence.PROVEN, Location.PATH)
    assert grounds.alternatives == ()


def test_both_ends_prove_what_is_lost() -> None:
    """The server repeats its SYN-ACK, and never sees the ACK."""
    server = dial(View.SERVER_WIRE, Answer.ACCEPTED, established=False, tries=2)
    channel = told_by_both(stood(repeated=2), (), server)
    grounds = grounds_of(data_half_open, channel)
    assert (grounds.confidence, grounds.location) == (Confidence.PROVEN, Location.PATH)


def test_the_servers_word_is_quoted() -> None:
    """It has no data connection, and says so after a minute."""
    said = exchange("LIST", "425 Failed to establish connection.")
    grounds = grounds_of(data_half_open, stood(ttl=64, ending=Ending.STOPPED, transfer=said))
    assert grounds.evidence[-1].line == "425 Failed to establish connection."
    assert not any("--patience" in one.settle_with for one in grounds.alternatives)
    silent = grounds_of(data_half_open, stood(ttl=64))
    assert any("--patience" in one.settle_with for one in silent.alternatives)


@pytest.mark.parametrize(
    "channel",
    [
        stood(),
        stood(ttl=SERVER_TTL + 1),
        stood(repeated=2),
        stood(ttl=64, to_client=1),
        stood(ttl=64, ending=Ending.FINISHED, transfer=BEGUN),
        stood(ttl=64, ending=Ending.RESET, transfer=BEGUN),
        stood(ttl=64, ending=Ending.OPEN, control=captured()),
        stood(ttl=64, view=View.SERVER_WIRE),
        carried(Ending.STALLED),
    ],
)
def test_what_does_not_show_it(channel: DataChannel) -> None:
    """As far as the server; ways of unequal length; by chance; it moved; the server began; cut; there; unwatched."""
    assert data_half_open.rule(channel) is None
