from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ftpdiag.causes.data_peer_rejected import data_peer_rejected
from ftpdiag.causes.data_protection_mismatch import data_protection_mismatch
from ftpdiag.causes.passive_other_backend import passive_other_backend
from ftpdiag.model import Answer, Confidence, DataChannel, Ending, Exchange, Hangup, Location, Verdict, View
from tests.causes.build import CLIENT, captured, carried, dial, exchange, grounds_of, session
from tests.clues.test_dials import REFUSED, again, called
from tests.clues.test_ports import ports, to_port

NO, YES = Answer.REFUSED, Answer.ACCEPTED
ODD, EVEN = tuple(range(50001, 50015, 2)), tuple(range(50002, 50015, 2))


def refused(channel: DataChannel, ttl: int = 61) -> DataChannel:
    """The same, turned down with a RST that has this TTL."""
    return replace(channel, openings=(dial(View.CLIENT_WIRE, Answer.REFUSED, ttl=ttl),))


def test_refused_later_than_another_was_let_in() -> None:
    """A server that listens at once, as it did there, would have let it in."""
    grounds = grounds_of(
        passive_other_backend, again(REFUSED, called((0, YES)), called((0, NO), (0.3, NO), (0.6, YES)))
    )
    assert "some are led to another machine" in grounds.summary
    assert grounds.alternatives == ()


def test_refused_among_ports_that_pass() -> None:
    """No range has such holes; but a server might fail to listen."""
    grounds = grounds_of(passive_other_backend, refused(ports(ODD, EVEN)))
    assert [one.cause for one in grounds.alternatives] == ["passive-port-refused"]


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ((YES, NO, YES, NO, YES, NO), True),
        ((NO, NO, NO, YES, YES, YES), False),
        ((*(YES,) * 9, *(NO,) * 9, *(YES,) * 9, *(NO,) * 9), False),
    ],
    ids=["by turns", "from then on", "outages"],
)
def test_the_same_few_ports_refuse_and_pass(answers: tuple[Answer, ...], *, found: bool) -> None:
    """A server with a small range announces each again and again; one that has just begun to listen goes on so."""
    made = [to_port(50001 + at % 3, answer, at=at) for at, answer in enumerate(answers)]
    channel = refused(replace(next(one for one in made if not one.opened), beside=tuple(made)))
    assert (passive_other_backend.rule(channel) is not None) is found


def test_sessions_that_meet_different_servers() -> None:
    """Their names are in the greetings."""
    channel = refused(ports((50001, 50002, 50003), (50050,)))
    beside = tuple(
        replace(one, session=session(product=name))
        for one, name in zip(channel.beside, ["A", "B", "A", "B"], strict=True)
    )
    told = grounds_of(passive_other_backend, replace(channel, beside=beside))
    assert told.evidence[0].text == "Sessions with 203.0.113.2 meet A and B."


@pytest.mark.parametrize(
    "channel",
    [
        refused(ports(ODD, EVEN), ttl=63),
        ports(ODD, EVEN),
        refused(ports(tuple(range(7)), tuple(range(50, 57)))),
        again(REFUSED, called((0, NO), (0.3, YES)), called((0, NO), (0.6, YES))),
        again(REFUSED, called((0, NO), (0.3, NO)), called((0, NO), (0.6, NO))),
        REFUSED,
    ],
    ids=["by a device", "silent", "side by side", "late", "closed", "once"],
)
def test_what_has_another_pattern_is_something_else(channel: DataChannel) -> None:
    """A firewall, lost packets, a range, a listener that comes late, or a port that nobody listens on."""
    assert passive_other_backend.rule(channel) is None


def in_use(*, transfer: Exchange | None = None, ending: Ending = Ending.FINISHED, **how: Any) -> DataChannel:  # noqa: ANN401  any field of a Carriage
    """A data connection that stood, and of which the server says nothing."""
    channel = carried(ending, transfer=transfer or exchange("LIST"), **how)
    return replace(channel, openings=(dial(View.CLIENT_WIRE, Answer.ACCEPTED, tries=1),))


SPOKE: dict[str, Any] = {"to_client": 32}
ANNOUNCED = carried(Ending.FINISHED, transfer=exchange("LIST", "150 Here it comes.", "226 Done."), to_client=9)


@pytest.mark.parametrize("ending", [Ending.FINISHED, Ending.RESET, Ending.STALLED])
def test_somebody_speaks_and_the_server_says_nothing(ending: Ending) -> None:
    """A server answers 150 before it sends: where another transfer shows that it does, it is likely."""
    grounds = grounds_of(passive_other_backend, replace(in_use(ending=ending, **SPOKE), beside=(ANNOUNCED,)))
    assert (grounds.confidence, grounds.location) == (Confidence.LIKELY, Location.SERVER_NETWORK)
    assert "the passive port leads to another machine or service" in grounds.summary


def test_a_server_that_never_says_150() -> None:
    """Its word may be lost each time."""
    grounds = grounds_of(passive_other_backend, in_use(**SPOKE))
    assert grounds.confidence is Confidence.POSSIBLE
    assert [one.cause for one in grounds.alternatives] == ["control-segment-dropped"]


def test_it_speaks_no_tls() -> None:
    """Nor does it say so to the command: that is no server that disagrees about encryption."""
    channel = in_use(ending=Ending.TLS_FAILED, error="The TLS handshake failed: wrong version number.")
    assert "spoke without TLS" in grounds_of(passive_other_backend, channel).summary
    assert data_protection_mismatch.rule(channel) is None


def test_an_upload_is_taken_without_a_word() -> None:
    """By the server's system for a server that hangs, or by somebody else: whether it worked is not known."""
    grounds = grounds_of(passive_other_backend, in_use(transfer=exchange("STOR a.txt"), to_server=63000))
    assert (grounds.confidence, grounds.verdict) == (Confidence.POSSIBLE, Verdict.UNKNOWN)
    assert [one.cause for one in grounds.alternatives] == ["data-half-open"]


@pytest.mark.parametrize("ending", [Ending.FINISHED, Ending.RESET])
@pytest.mark.parametrize(("product", "found"), [("vsFTPd", True), ("Pure-FTPd", False), (None, False)])
def test_closed_at_once_and_the_server_says_nothing(ending: Ending, product: str | None, *, found: bool) -> None:
    """A server that says 425 where it turns a connection away has not had this one; Pure-FTPd turns away in silence."""
    channel = replace(in_use(ending=ending, control=session(product=product)), beside=(ANNOUNCED,))
    assert bool(passive_other_backend.rule(channel)) is found
    assert bool(data_peer_rejected.rule(channel)) is (not found and (ending is Ending.FINISHED or product is not None))


@pytest.mark.parametrize(
    "channel",
    [
        in_use(transfer=exchange("LIST", "150 Here it comes."), **SPOKE),
        in_use(transfer=exchange("LIST", "425 No data connection."), **SPOKE),
        in_use(),
        in_use(ending=Ending.STALLED, to_server=1),
        in_use(control=captured(), **SPOKE),
        in_use(control=captured(watched_until=0.5), **SPOKE),
        in_use(control=session(opaque=True), **SPOKE),
        in_use(control=captured(watched_until=99.0, torn_at=50.0), **SPOKE),
        in_use(control=captured(watched_until=99.0, last_seen=0.02), ended_by=CLIENT[4], **SPOKE),
        in_use(control=session(hangup=Hangup(at=1.0, ending=Ending.RESET, detail="It was reset.")), **SPOKE),
    ],
)
def test_what_is_no_other_machine(channel: DataChannel) -> None:
    """The server begins, or declines; nobody spoke; not all was taken; a capture that ends at once; TLS hides it.

    Nor is it where the server's word was lost, or had no time, or the control connection ended as well.
    """
    assert passive_other_backend.rule(channel) is None
