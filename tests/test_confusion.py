from __future__ import annotations

import pytest

from tests.lab.confusion import Told, report

RIGHT_AND_WRONG = """\
| true \\ found   |   1 |   2 |   3 |   left open |   none |
|----------------|-----|-----|-----|-------------|--------|
| 1 a            |   2 |     |   1 |             |        |
| 2 b            |     |   1 |     |           1 |        |
| 3 c            |     |     |     |             |        |
| none           |     |     |     |             |      1 |

Off the diagonal:
- three: a, told as c

Told by captures of both ends, where the probe leaves it open:
- four: b

Left open:
- five: b"""


def _told(fault: str = "", found: str = "", instead: str = "", both: str | None = None, name: str = "case") -> Told:
    """Causes, as words."""
    return Told(
        name=name,
        fault=frozenset(fault.split()),
        found=frozenset(found.split()),
        instead=frozenset(instead.split()),
        both=None if both is None else frozenset(both.split()),
    )


@pytest.mark.parametrize(
    ("told", "pairs"),
    [
        (_told(), {("none", "none")}),
        (_told("a", "a"), {("a", "a")}),
        (_told("a b", "a b"), {("a", "a"), ("b", "b")}),
        (_told("a", "b", both="b", instead="a"), {("a", "none"), ("none", "b")}),
        (_told("a", "b", instead="a", both="a"), {("a", "a")}),
        (_told("a", "", both="a"), {("a", "a")}),
        (_told("a", "b", instead="a"), {("a", "left open")}),
    ],
)
def test_a_scenario_counts_for_each_of_its_causes(told: Told, pairs: set[tuple[str, str]]) -> None:
    """On the diagonal what is told by the probe, or by both ends of what the probe leaves open; an open network too."""
    assert set(told.pairs) == pairs


@pytest.mark.parametrize(
    ("told", "confused"),
    [
        (_told("a", "b"), [("a", "b")]),
        (_told("a", "b", both="a"), [("a", "b")]),
        (_told("a", "b c"), [("a", "b"), ("a", "c")]),
        (_told("a", ""), [("a", "none")]),
        (_told("a b", "a"), [("b", "none")]),
        (_told("", "a"), [("none", "a")]),
        (_told("a", "a b"), [("none", "b")]),
    ],
)
def test_what_is_told_wrongly_or_not_at_all_is_off_the_diagonal(told: Told, confused: list[tuple[str, str]]) -> None:
    """Both ends do not excuse a probe that rules the true cause out."""
    assert told.confused == confused


def test_the_table_has_what_occurs_and_names_what_is_wrong() -> None:
    """Rows and columns have the numbers of the causes; below stand the scenarios that are not simply right."""
    told = [
        _told("a", "a", name="one"),
        _told("a", "a", name="two"),
        _told("a", "c", name="three"),
        _told("b", "c", instead="b", both="b", name="four"),
        _told("b", "c", instead="b", name="five"),
        _told(name="six"),
    ]
    assert report(told) == RIGHT_AND_WRONG
