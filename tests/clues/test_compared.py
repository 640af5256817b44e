"""Handshakes held against each other, in captures of many sessions."""

from __future__ import annotations

from dataclasses import replace

from ftpdiag.clues.compared import SHOWN, counted, of_method
from ftpdiag.facts.beside import beside
from ftpdiag.model import Answer, Endpoint, Method, View
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
