"""Handshakes held against each other, in captures of many sessions."""

from __future__ import annotations

from msgspec.structs import replace

from ftpdiag.clues.comparable import in_turn
from ftpdiag.clues.compared import SHOWN, counted, of_method
from ftpdiag.clues.methods import unread
from ftpdiag.clues.remedies import USE_PASV
from ftpdiag.facts.beside import beside
from ftpdiag.model import Answer, Confidence, DataChannel, Endpoint, Method, View
from tests.causes.build import SERVER, captured, dial, passive

MANY = tuple(
    replace(
        passive(dial(View.CLIENT_WIRE, Answer.ACCEPTED), control=captured()),
        announced=Endpoint(host=SERVER[4], port=50000 + place),
    )
    for place in range(SHOWN + 5)
)


def test_channels_of_one_pair_of_hosts_are_counted_once() -> None:
    """Thousands of them share one tally, instead of each looking at all others again."""
    first, *others = beside(MANY)
    assert {id(of_method(one, first.method)) for one in others} == {id(of_method(first, first.method))}
    assert of_method(first, Method.PORT).unknown


def test_so_many_ports_are_named_as_one_can_read() -> None:
    """The rest is a number."""
    tally = of_method(next(beside(MANY)), MANY[0].method)
    assert counted(tally, "Here").text.endswith("50018, 50019 and 5 more.")


def _made(at: float, method: Method, answer: Answer) -> DataChannel:
    channel = passive(dial(View.CLIENT_WIRE, answer, tries=3), control=captured())
    return replace(channel, method=method, negotiation=replace(channel.negotiation, at=at))


def test_what_came_in_turn_may_have_been_changed_in_between() -> None:
    """In a capture; what was tried side by side was not."""
    for later, expected in ((10.0, True), (0.5, False)):
        made = [_made(at, Method.EPSV, Answer.SILENT) for at in (0.0, 1.0, 2.0)]
        made += [_made(later + at, Method.PASV, Answer.ACCEPTED) for at in (0.0, 1.0, 2.0)]
        first = next(beside(made))
        found = unread(first, {Method.EPSV: (USE_PASV,)})
        assert found is not None
        assert in_turn(of_method(first, Method.EPSV), of_method(first, Method.PASV)) is expected
        assert (found.confidence is Confidence.POSSIBLE) is expected
        assert ([one.cause for one in found.alternatives] == ["passive-port-dropped"]) is expected
        assert found.remedies[0] is USE_PASV
