from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.causes.answer_address_differs import answer_address_differs
from ftpdiag.model import Answer, Confidence, Endpoint, Flag, Location, Opening, View
from tests.causes.build import CLIENT, SERVER_TTL, STRANGER, dial, grounds_of, knock, passive, segment, unopened

TIMED_OUT = dial(View.CLIENT_SOCKET, Answer.SILENT)


def astray(opening: Opening, ttl: int = SERVER_TTL) -> Opening:
    """The same, with a SYN-ACK to it from a stranger."""
    answer = segment(20, Endpoint(host=STRANGER, port=50001), Endpoint(host=CLIENT[4], port=40001), Flag.SYN, ttl)
    return replace(opening, stray=answer)


def test_a_passive_port_that_another_address_answers() -> None:
    """As far away as the server, it is the server, whose answers go past what translated the question."""
    grounds = grounds_of(answer_address_differs, passive(TIMED_OUT, astray(dial(View.CLIENT_WIRE, Answer.SILENT))))
    assert (grounds.confidence, grounds.location) == (Confidence.LIKELY, Location.SERVER_NETWORK)
    assert STRANGER in grounds.summary
    assert {one.who for one in grounds.remedies} == {"client", "network", "server"}


def test_who_answers_from_elsewhere_may_be_anybody() -> None:
    """Where it is not as far away as the server, or the server was never heard of, no place is told."""
    nearer = passive(TIMED_OUT, astray(dial(View.CLIENT_WIRE, Answer.SILENT), ttl=64))
    control = unopened(knock(View.CLIENT_SOCKET, Answer.SILENT), astray(knock(View.CLIENT_WIRE, Answer.SILENT)))
    for subject in (nearer, control):
        assert grounds_of(answer_address_differs, subject).location is Location.UNKNOWN
    assert not any(one.mode for one in grounds_of(answer_address_differs, control).remedies)


@pytest.mark.parametrize(
    ("view", "confidence"), [(View.CLIENT_WIRE, Confidence.PROVEN), (View.MIDDLE_WIRE, Confidence.LIKELY)]
)
def test_before_it_has_come_to_the_client_an_answer_may_be_put_right(view: View, confidence: Confidence) -> None:
    """A NAT behind the tap gives it the first address back."""
    nearer = passive(astray(dial(view, Answer.SILENT), ttl=50))
    assert grounds_of(answer_address_differs, nearer).confidence is confidence


def test_a_tap_at_the_server_sees_the_answer_leave_as_it_should() -> None:
    """It got its other address on the way: nothing was lost. Where the connection came to be, that is no matter."""
    there = dial(View.SERVER_WIRE, Answer.ACCEPTED, established=False)
    here = astray(dial(View.CLIENT_WIRE, Answer.SILENT))
    assert STRANGER in grounds_of(answer_address_differs, passive(there, here)).summary
    assert answer_address_differs.rule(passive(dial(View.SERVER_WIRE, Answer.ACCEPTED), here)) is None


@pytest.mark.parametrize("answer", [Answer.SILENT, Answer.REFUSED, Answer.ACCEPTED])
def test_an_answer_from_where_it_was_sent_is_none_from_elsewhere(answer: Answer) -> None:
    """Nor is silence."""
    assert answer_address_differs.rule(passive(dial(View.CLIENT_WIRE, answer))) is None
