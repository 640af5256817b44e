"""What is told of a name with several addresses."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.causes.name_resolves_to_several_hosts import name_resolves_to_several_hosts as cause
from ftpdiag.model import (
    Answer,
    Cell,
    Change,
    Confidence,
    DataChannel,
    Ending,
    Endpoint,
    Experiment,
    Method,
    Retried,
    Tls,
    View,
)
from tests.causes import build

OTHER = "203.0.113.3"
DONE = build.exchange("LIST", "150 Here it comes.", "226 Done.", at=0.6)
HELLO = build.exchange("", "220 Hello, it is 10:01")


def failed(**changes: object) -> DataChannel:
    """A passive channel that was dropped, of a name with another address."""
    control = build.session(others=(OTHER,), exchanges=(HELLO,))
    return replace(build.passive(build.dial(View.CLIENT_WIRE, Answer.SILENT), control=control), **changes)


def retried(greeting: str, *channels: DataChannel) -> Retried:
    """The same handshake at the other address."""
    there = build.session(server=Endpoint(host=OTHER, port=21), exchanges=(build.exchange("", greeting),))
    return Retried(
        experiment=Experiment.OTHER_ADDRESSES,
        cell=Cell(method=Method.EPSV, family=4, tls=Tls.NONE),
        change=Change(host=OTHER),
        session=there,
        channels=channels,
    )


def test_other_addresses_are_to_be_tried() -> None:
    """A handshake failed, and the name has another address: that is named as what would tell."""
    grounds = build.grounds_of(cause, failed())
    assert grounds.confidence is Confidence.POSSIBLE
    assert grounds.settle_with == (Experiment.OTHER_ADDRESSES,)


def test_one_that_works_is_likely_another_server() -> None:
    """The same handshake comes to the end there; that may be due to the passive port, or to a firewall here."""
    works = build.carried(Ending.FINISHED, transfer=DONE)
    grounds = build.grounds_of(cause, failed(retries=(retried("220 Hello, it is 10:02", works),)))
    assert grounds.confidence is Confidence.LIKELY
    assert [one.cause for one in grounds.alternatives] == ["passive-ports-partly-blocked"]
    assert f"at {OTHER} of the same name the same EPSV works" in grounds.summary
    assert OTHER in grounds.remedies[0].text


def test_one_that_works_and_greets_otherwise_is_another_server() -> None:
    """Then it is proven."""
    works = build.carried(Ending.FINISHED, transfer=DONE)
    grounds = build.grounds_of(cause, failed(retries=(retried("220 Welcome, it is 10:02", works),)))
    assert (grounds.confidence, grounds.alternatives) == (Confidence.PROVEN, ())


def test_what_was_tried_with_another_method_is_not_to_be_tried_again() -> None:
    """It was made for one method of the mode, and what came of it is told there."""
    other = replace(retried("220 Welcome"), cell=Cell(method=Method.PASV, family=4, tls=Tls.NONE))
    assert cause.rule(failed(retries=(other,))) is None


@pytest.mark.parametrize(
    ("greeting", "told"),
    [
        ("220 Welcome, it is 10:02", True),
        ("220 Hello, it is 10:02", False),
        ("421 There are too many connections from your internet address.", False),
    ],
)
def test_another_greeting_is_another_server(greeting: str, *, told: bool) -> None:
    """Where it fails there as well, the greeting tells; the time of day in it does not, nor does a limit."""
    assert bool(cause.rule(failed(retries=(retried(greeting),)))) is told


def test_what_works_needs_no_other_address() -> None:
    """Nothing is said where the handshake came to the end, nor where the name has one address."""
    works = build.carried(Ending.FINISHED, transfer=DONE, control=failed().session)
    assert cause.rule(works) is None
    assert cause.rule(build.passive(build.dial(View.CLIENT_WIRE, Answer.SILENT))) is None
