"""Sessions that somebody on the way forgot, and those that ended otherwise."""

import pytest
from msgspec.structs import replace

from ftpdiag.causes.control_idle_dropped import control_idle_dropped
from ftpdiag.model import (
    Cell,
    Change,
    Confidence,
    ControlSession,
    Ending,
    Endpoint,
    Exchange,
    Experiment,
    Flag,
    HeldUp,
    Line,
    Location,
    Method,
    Party,
    Retried,
    Tls,
    Unacknowledged,
    Verdict,
)
from tests.causes.build import (
    CLIENT,
    SERVER,
    SERVER_TTL,
    captured,
    carried,
    exchange,
    grounds_of,
    hangup,
    reset,
    segment,
    session,
    talk,
)

DONE = exchange("STOR a", "150 Go on.", "226 Done.", at=1.0)
UNDONE = exchange("STOR a", "150 Go on.", at=1.0)


def held(control: ControlSession, transfer: Exchange, noop: float | None = None) -> Retried:
    """A transfer that was held for seven seconds."""
    return Retried(
        experiment=Experiment.HELD_TRANSFER,
        cell=Cell(method=Method.EPSV, family=4, tls=Tls.NONE),
        change=Change(hold=7.0, noop=noop),
        session=control,
        channels=(carried(Ending.FINISHED, control=control, transfer=transfer),),
    )


LIVED = held(talk(DONE, logged_in=True), DONE, noop=0.7)
DIED = held(talk(UNDONE, exchange("NOOP", at=13.0), logged_in=True, hangup=hangup(Ending.STALLED)), UNDONE)


def test_silence_kills_and_noop_keeps_alive() -> None:
    """What dies in silence, beside one that lives by its NOOPs, is forgotten on the way; where cannot be told."""
    grounds = grounds_of(control_idle_dropped, session(retries=(DIED, LIVED)))
    assert grounds.confidence is Confidence.LIKELY
    assert (control_idle_dropped.location, control_idle_dropped.verdict) == (Location.UNKNOWN, Verdict.BROKEN)
    assert grounds.alternatives == ()


def test_a_word_of_the_client_brings_the_servers() -> None:
    """A reply that comes only after a NOOP was held back until then: proven."""
    late = replace(UNDONE, replies=(*UNDONE.replies, replace(DONE.replies[1], at=14.0)))
    control = talk(late, exchange("NOOP", "200 Ok.", at=13.0), logged_in=True)
    grounds = grounds_of(control_idle_dropped, session(retries=(held(control, late), LIVED)))
    assert grounds.confidence is Confidence.PROVEN
    assert any("1 s after the client had said NOOP" in one.text for one in grounds.evidence)


def test_where_noop_does_not_help_either() -> None:
    """Then it may be something else: possible, with another explanation."""
    worse = held(DIED.session, UNDONE, noop=0.7)
    grounds = grounds_of(control_idle_dropped, session(retries=(DIED, worse)))
    assert grounds.confidence is Confidence.POSSIBLE
    assert [one.cause for one in grounds.alternatives] == ["data-stalled"]


@pytest.mark.parametrize(
    "retries",
    [
        (held(talk(DONE, logged_in=True), DONE), LIVED),
        (held(talk(UNDONE, exchange("", "421 Timeout.", at=5.0), logged_in=True), UNDONE), LIVED),
        (LIVED,),
        (),
    ],
    ids=["lived", "the server's own timer", "nothing was silent", "not tried"],
)
def test_sessions_that_nobody_forgot(retries: tuple[Retried, ...]) -> None:
    """What lives, and what the server itself ends, was not forgotten."""
    assert control_idle_dropped.rule(session(retries=retries)) is None


def unheard(pause: float, tries: int) -> Unacknowledged:
    """What the client said in vain."""
    packet = segment(70, Endpoint(host=CLIENT[4], port=40000), Endpoint(host=SERVER[4], port=21), Flag.ACK, 64)
    return Unacknowledged(sender=Party.CLIENT, packet=packet, tries=tries, pause=pause)


@pytest.mark.parametrize(("pause", "tries", "told"), [(60.0, 6, True), (0.5, 6, False), (60.0, 1, False)])
def test_a_capture(pause: float, tries: int, told: bool) -> None:  # noqa: FBT001  a row of the table
    """After a pause, repeated and never acknowledged: possible. Without the pause, or only once, it is nothing."""
    found = control_idle_dropped.rule(captured(unacknowledged=unheard(pause, tries)))
    assert (found is not None) is told
    if found:
        assert found.confidence is Confidence.POSSIBLE


@pytest.mark.parametrize(
    ("pause", "seen", "confidence"), [(60.0, True, "likely"), (60.0, False, "possible"), (0.5, True, None)]
)
def test_a_word_that_waits_for_the_clients(pause: float, seen: bool, confidence: str | None) -> None:  # noqa: FBT001  a row
    """Seen to be repeated: likely; where the first copies did not come by: possible; without a pause: nothing."""
    packet = segment(70, Endpoint(host=SERVER[4], port=21), Endpoint(host=CLIENT[4], port=40000), Flag.ACK, SERVER_TTL)
    held_up = HeldUp(packet=packet if seen else None, word=packet, got_through=packet, tries=3, pause=pause)
    found = control_idle_dropped.rule(captured(held_up=held_up))
    assert (found.confidence if found else None) == confidence


def test_the_servers_last_word_to_a_client_that_is_gone() -> None:
    """A 421 that nobody acknowledges tells of a client that left, not of the way."""
    line = Line(at=60.0, sender=Party.SERVER, text="421 Timeout.", packet=70)
    control = captured(unacknowledged=replace(unheard(60.0, 6), sender=Party.SERVER), lines=(line,))
    assert control_idle_dropped.rule(control) is None


@pytest.mark.parametrize(
    ("verb", "at", "told"),
    [("NOOP", 60.0, True), ("PORT 1,2,3,4,5,6", 60.0, False), ("NOOP", 2.0, False), ("QUIT", 60.0, False)],
    ids=["after a pause", "what devices object to", "without a pause", "a farewell"],
)
def test_reset(verb: str, at: float, told: bool) -> None:  # noqa: FBT001  a row of the table
    """A harmless command that is answered with a reset, after a pause: the connection was forgotten."""
    control = talk(DONE, exchange(verb, at=at), hangup=hangup(Ending.RESET, at=at + 0.1), reset=reset(SERVER_TTL))
    found = control_idle_dropped.rule(control)
    assert (found is not None) is told
    if found:
        assert [one.cause for one in found.alternatives] == ["control-reset-midway"]


def test_what_passed_before_is_not_what_a_device_objects_to() -> None:
    """The first command after a pause is most often the next negotiation: the one before went through."""
    again, ended = exchange("PASV", at=60.0), {"hangup": hangup(Ending.RESET, at=60.1), "reset": reset(SERVER_TTL)}
    granted = exchange("PASV", "227 Entering Passive Mode (203,0,113,2,195,81)", at=0.1)
    assert control_idle_dropped.rule(talk(granted, DONE, again, **ended))
    declined = exchange("PASV", "500 What?", at=0.1)
    assert control_idle_dropped.rule(talk(declined, DONE, again, **ended)) is None


def test_reset_by_a_device() -> None:
    """A RST that comes from less far away than the server names the place."""
    control = talk(DONE, exchange("NOOP", at=60.0), hangup=hangup(Ending.RESET, at=60.1), reset=reset(63))
    grounds = grounds_of(control_idle_dropped, control)
    assert (grounds.confidence, grounds.location, grounds.hop) == (Confidence.LIKELY, Location.PATH, 2)


def test_another_argument_is_something_else_to_object_to() -> None:
    """A device that reads PORT turns down the one and not the other."""
    granted = exchange("PORT 198,51,100,2,195,81", "200 Ok.", at=0.1)
    again = exchange("PORT 192,168,1,1,195,81", at=60.0)
    ended = {"hangup": hangup(Ending.RESET, at=60.1), "reset": reset(SERVER_TTL)}
    assert control_idle_dropped.rule(talk(granted, DONE, again, **ended)) is None
    same = replace(again, argument=granted.argument)
    told = grounds_of(control_idle_dropped, talk(granted, DONE, same, **ended))
    assert [one.cause for one in told.alternatives] == ["control-reset-midway"]
