from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ftpdiag.causes.control_tls_broken import control_tls_broken
from ftpdiag.causes.data_path_mtu import data_path_mtu
from ftpdiag.causes.data_stalled import data_stalled
from ftpdiag.model import (
    Answer,
    Cell,
    Change,
    Confidence,
    ControlSession,
    DataChannel,
    Ending,
    Experiment,
    Flag,
    IcmpError,
    Location,
    Method,
    Party,
    Retried,
    Segment,
    Tls,
    Track,
    Unheard,
    View,
)
from tests.causes.build import GREETING, SERVER, carried, dial, exchange, grounds_of, hangup, segment, session, talk

HERE, THERE = carried(Ending.OPEN).carriages[0].local, carried(Ending.OPEN).carriages[0].remote
FULL = segment(9, THERE, HERE, Flag.ACK, 61)._replace(length=1448, at=5.0)
REPEATED = Unheard(sender=Party.SERVER, packet=FULL, tries=5, heard=0)
TOO_BIG = IcmpError(
    number=8,
    at=2.0,
    reporter="198.18.2.1",
    ttl=62,
    reason="fragmentation needed and DF set",
    source=THERE,
    destination=HERE,
    seq=1,
    mtu=1300,
)
DONE = exchange("RETR x", "150 Here.", "226 Done.")
PASSED = carried(Ending.FINISHED, transfer=DONE, to_client=65536)
STALLED = carried(Ending.STALLED, transfer=exchange("RETR x", "150 Here."))


def again(small: DataChannel, *full: DataChannel, channel: DataChannel = STALLED) -> DataChannel:
    """A transfer that stood still, made again with small segments, then with full ones."""
    made = [(Change(segment=536), small), *((Change(), one) for one in full)]
    cell = Cell(method=Method.EPSV, family=4, tls=Tls.NONE)
    retries = tuple(
        Retried(experiment=Experiment.SMALL_SEGMENTS, cell=cell, change=change, session=one.session, channels=(one,))
        for change, one in made
    )
    return replace(channel, retries=retries)


def wired(channel: DataChannel, view: View, mss: int = 1460) -> DataChannel:
    """The channel, seen on a wire, with segments of so many bytes agreed on."""
    seen = dial(view, Answer.ACCEPTED)
    first, *others = seen.packets
    assert isinstance(first, Segment)
    return replace(channel, openings=(replace(seen, packets=(first._replace(mss=mss), *others)),))


def test_only_small_segments_pass() -> None:
    """A live probe proves it: it stands still again in between."""
    grounds = grounds_of(data_path_mtu, again(PASSED, STALLED))
    assert grounds.confidence is Confidence.PROVEN
    assert [one.text for one in grounds.evidence[1:]] == [
        "Made again with segments of 536 bytes: 65536 bytes moved.",
        "Made again with full segments: it stood still after 0 bytes.",
    ]


def test_another_encryption_shows_less() -> None:
    """What stands still in the clear may not be why it stands still under TLS."""
    encrypted = replace(STALLED, session=session(tls=Tls.EXPLICIT))
    assert grounds_of(data_path_mtu, again(PASSED, STALLED, channel=encrypted)).confidence is Confidence.LIKELY


@pytest.mark.parametrize(
    ("channel", "told"),
    [
        (again(STALLED), "So it does with small segments"),
        (again(PASSED, PASSED), "it stands still at times"),
    ],
)
def test_the_trial_rules_it_out(channel: DataChannel, told: str) -> None:
    """It stands still whatever the size, or no more: that is no narrow link."""
    assert data_path_mtu.rule(channel) is None
    stalled = grounds_of(data_stalled, channel)
    assert told in stalled.summary
    assert "data-path-mtu" not in {one.cause for one in stalled.alternatives}
    assert stalled.settle_with == ()


def test_a_trial_that_could_not_be_made_settles_nothing() -> None:
    """Its login failed, or its data connection did not open."""
    for trial in (replace(STALLED, carriages=()), PASSED):
        channel = again(trial)
        assert data_path_mtu.rule(channel) is None
        assert grounds_of(data_stalled, channel).alternatives[-1].cause == "data-path-mtu"


@pytest.mark.parametrize(
    ("view", "location"),
    [(View.SERVER_WIRE, Location.SERVER_HOST), (View.MIDDLE_WIRE, None), (View.CLIENT_WIRE, None)],
)
def test_a_router_says_so_and_is_not_heeded(view: View, location: Location | None) -> None:
    """Where its message reaches the sender's own wire, the sender is at fault."""
    channel = wired(carried(Ending.STALLED, unheard=REPEATED, too_big=TOO_BIG), view)
    grounds = grounds_of(data_path_mtu, channel)
    assert (grounds.confidence, grounds.location) == (Confidence.PROVEN, location)
    assert "carries packets of 1300 bytes" in grounds.summary


def test_captures_of_both_ends_show_where_the_message_is_lost() -> None:
    """The middle saw it, the server did not."""
    track = Track(view=View.MIDDLE_WIRE, seen=((View.MIDDLE_WIRE, 8),), missed=(View.CLIENT_WIRE, View.SERVER_WIRE))
    channel = wired(carried(Ending.STALLED, unheard=REPEATED, too_big=TOO_BIG._replace(track=track)), View.CLIENT_WIRE)
    grounds = grounds_of(data_path_mtu, channel)
    assert grounds.location is Location.PATH
    assert "lost between the middle capture and the server's capture" in grounds.summary


@pytest.mark.parametrize(
    "signs",
    [
        {"too_big": TOO_BIG},
        {"too_big": TOO_BIG, "unheard": replace(REPEATED, packet=FULL._replace(at=1.0))},
        {"too_big": TOO_BIG, "unheard": replace(REPEATED, packet=FULL._replace(length=1200))},
    ],
)
def test_a_router_that_is_heeded_is_no_fault(signs: dict[str, Any]) -> None:
    """Nothing is repeated after its word, or only what fits."""
    assert data_path_mtu.rule(carried(Ending.STALLED, **signs)) is None


def test_full_segments_are_repeated_and_short_ones_pass() -> None:
    """In this connection, or in another between the same hosts: likely."""
    before = carried(Ending.STALLED, unheard=replace(REPEATED, heard=300), to_client=9000)
    listing = carried(Ending.FINISHED, transfer=exchange("LIST", "150 Here.", "226 Done."), to_client=120)
    beside = replace(carried(Ending.STALLED, unheard=REPEATED, to_client=9000), beside=(listing,))
    for channel in (before, beside):
        grounds = grounds_of(data_path_mtu, channel)
        assert grounds.confidence is Confidence.LIKELY
        assert grounds.settle_with == (Experiment.SMALL_SEGMENTS,)


def test_the_short_end_arrives_behind_a_gap() -> None:
    """So it looks at the receiver's side."""
    grounds = grounds_of(data_path_mtu, carried(Ending.STALLED, missing=4344, behind=156, to_client=156))
    assert "4344 bytes never came" in grounds.evidence[1].text


def test_somebody_tried_with_smaller_segments() -> None:
    """The same transfer with another maximum in its SYNs, in the same capture; proven by captures of both ends."""
    small = wired(PASSED, View.CLIENT_WIRE, 536)
    channel = replace(wired(STALLED, View.CLIENT_WIRE), beside=(small,))
    assert grounds_of(data_path_mtu, channel).confidence is Confidence.LIKELY
    track = Track(view=View.SERVER_WIRE, seen=((View.SERVER_WIRE, 9),), missed=(View.CLIENT_WIRE,))
    unheard = replace(REPEATED, packet=FULL._replace(track=track))
    both = replace(channel, carriages=(replace(channel.carriages[0], unheard=unheard),))
    grounds = grounds_of(data_path_mtu, both)
    assert (grounds.confidence, grounds.location) == (Confidence.PROVEN, Location.PATH)


@pytest.mark.parametrize(
    "channel",
    [
        STALLED,
        PASSED,
        carried(Ending.STALLED, unheard=REPEATED),
        carried(Ending.STALLED, unheard=replace(REPEATED, heard=300, tries=3)),
        carried(Ending.STALLED, unheard=replace(REPEATED, heard=300, packet=FULL._replace(length=500))),
        carried(Ending.STALLED, unheard=replace(REPEATED, heard=9000)),
        carried(Ending.STALLED, missing=100, behind=156, to_client=156),
        carried(Ending.STALLED, missing=4344, behind=156, to_client=9000),
        carried(Ending.OPEN, missing=4344, behind=156, to_client=156),
        carried(Ending.RESET, unheard=REPEATED, too_big=TOO_BIG),
        replace(wired(STALLED, View.CLIENT_WIRE), beside=(wired(PASSED, View.CLIENT_WIRE, 1460),)),
    ],
)
def test_what_does_not_show_it(channel: DataChannel) -> None:
    """No size is told apart; lost by chance; small ones are lost too; full ones passed; a reset; as large ones pass."""
    assert data_path_mtu.rule(channel) is None


def test_an_announced_size_shows_that_there_was_something_to_send() -> None:
    """A 226 comes once the server's own system has taken the file; the 150 before it tells that it was not empty."""
    transfer = exchange("RETR x", "150 Opening BINARY mode data connection for x (65536 bytes).", "226 Done.")
    grounds = grounds_of(data_stalled, carried(Ending.STALLED, transfer=transfer))
    assert (grounds.verdict, grounds.settle_with) == (None, (Experiment.SMALL_SEGMENTS,))
    assert SERVER[4] in grounds.summary


SILENT = talk(
    GREETING,
    exchange("AUTH TLS", "234 Go on."),
    tls=Tls.EXPLICIT,
    hangup=hangup(Ending.STALLED, "The TLS handshake was not answered within 15 s."),
)
SECURED = session(tls=Tls.EXPLICIT, openings=SILENT.openings)


def secured_again(*sessions: tuple[int | None, ControlSession]) -> ControlSession:
    """A TLS handshake that stood still, tried again with segments of so many bytes."""
    cell = Cell(method=Method.PASV, family=4, tls=Tls.EXPLICIT)
    retries = tuple(
        Retried(experiment=Experiment.SMALL_SEGMENTS, cell=cell, change=Change(segment=size), session=made, channels=())
        for size, made in sessions
    )
    return replace(SILENT, retries=retries)


def test_certificates_that_never_arrive() -> None:
    """TLS stands with small segments, and not with full ones."""
    grounds = grounds_of(data_path_mtu, secured_again((536, SECURED), (None, SILENT)))
    assert grounds.confidence is Confidence.PROVEN
    assert grounds.evidence[1].text == "Made again with segments of 536 bytes: the session is encrypted."


def test_a_silence_when_tls_begins_is_tried_with_small_segments() -> None:
    """A live probe does; nobody else can."""
    grounds = grounds_of(control_tls_broken, SILENT)
    assert grounds.settle_with == (Experiment.SMALL_SEGMENTS,)
    assert grounds.alternatives[-1].cause == "data-path-mtu"
    assert grounds_of(control_tls_broken, replace(SILENT, method=None)).settle_with == ()


@pytest.mark.parametrize(
    "subject",
    [
        secured_again((536, SILENT)),
        secured_again((536, SECURED), (None, SECURED)),
        secured_again((536, SECURED)),
        secured_again((536, session(tls=Tls.NONE, openings=SILENT.openings))),
        secured_again((536, replace(SILENT, openings=(), lines=()))),
    ],
)
def test_a_silence_that_is_not_about_size(subject: ControlSession) -> None:
    """It is silent whatever the size, or no more, or was not tried in full, or in the clear, or met nobody."""
    assert data_path_mtu.rule(subject) is None


def test_a_silence_whatever_the_size_is_told() -> None:
    """Then it is the firewall, or the server, after all."""
    grounds = grounds_of(control_tls_broken, secured_again((536, SILENT)))
    assert "it is not their size" in grounds.summary
    assert grounds.settle_with == ()
