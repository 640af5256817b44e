from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from ftpdiag.model import Diagnosis, Verdict
from ftpdiag.report.judged import judged
from ftpdiag.report.overview import clock_of
from ftpdiag.report.selection import Selection, selected
from tests.hand_built import BLOCKED, WORKS, active, diagnosis, dropped, passive, session


def found() -> Diagnosis:
    """Session 1 calls back and is blocked; session 2 begins a minute later, over IPv6, and works."""
    first = replace(session(), number=1)
    second = replace(session(family=6), number=2)
    second = replace(second, began=second.began + 60)
    called = active(first)
    return diagnosis((called, BLOCKED), (passive(second), WORKS), findings=[dropped(called)])


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        (Selection(), [1, 2]),
        (Selection(session=2), [2]),
        (Selection(hosts=("198.51.100.2",)), [1]),
        (Selection(hosts=("203.0.113.0/24",)), [1]),
        (Selection(hosts=("2001:db8::/32", "198.51.100.2")), [1, 2]),
        (Selection(ports=(21,)), [1, 2]),
        (Selection(ports=(46055,)), [1]),
        (Selection(ports=(50001,)), [2]),
        (Selection(verdicts=(Verdict.WORKS,)), [2]),
        (Selection(verdicts=(Verdict.WORKS, Verdict.BLOCKED)), [1, 2]),
        (Selection(causes=("active-dropped-by-client-host",)), [1]),
        (Selection(since="30"), [2]),
        (Selection(until="30"), [1]),
        (Selection(since="2026-11-20T23:11:30"), [2]),
        (Selection(until="2026-11-21T00:11:30+01:00"), [1]),
        (Selection(ports=(21,), verdicts=(Verdict.BLOCKED,)), [1]),
    ],
)
def test_what_is_left(wanted: Selection, left: list[int]) -> None:
    """Sessions that fit every option, of several values any; their channels go with them."""
    facts = selected(found(), wanted.choices())
    assert [one.number for one in facts.sessions] == left
    assert [channel.session.number for channel in facts.channels] == left
    assert facts.none_left is None


def test_nothing_left_names_the_option_to_blame() -> None:
    """The first option that leaves nothing is named, and of how many."""
    alone = selected(found(), Selection(ports=(9,)).choices())
    assert alone.none_left == "No session is left: --port 9 fits none of the 2 that were found."
    after = selected(found(), Selection(hosts=("198.51.100.2",), verdicts=(Verdict.WORKS,)).choices())
    assert after.none_left == "No session is left: --verdict works fits none of the 1 that the other choices leave."
    assert not after.sessions


@pytest.mark.parametrize(
    ("until", "left"),
    [
        ("2026-11-20T23:11:07", 1),
        ("2026-11-20T23:11:06", 0),
        ("2026-11-20 23:11:07", 1),
        ("20261120T231107Z", 1),
        ("2026-11-21T00:11:07+01:00", 1),
        ("2026-11-20T23:11", 1),
        ("2026-11-20T23:10", 0),
        ("2026-11-20T23", 1),
        ("2026-11-20", 1),
        ("2026-W47-5", 1),
        ("2026-W47-5T23:10", 0),
        ("2026-11-20T23:11:07.3", 1),
        ("2026-11-20T23:11:07.31", 1),
        ("2026-11-20T23:11:07.30", 0),
        ("2026-11-20T23:11:07.310", 0),
        ("2026-11-20T23:11:07.312345", 1),
        ("2026-11-20T23:11:07.312345678", 1),
    ],
)
def test_until_takes_in_the_whole_of_its_last_unit(until: str, left: int) -> None:
    """A time as a report shows it, without the fraction of its second, is that of a session which began then."""
    one = replace(session(), began=datetime(2026, 11, 20, 23, 11, 7, 312345, UTC).timestamp())
    found = diagnosis((passive(one), WORKS))
    assert len(selected(found, Selection(until=until).choices()).sessions) == left
    assert len(selected(found, Selection(since="2026-11-20T23:11:07", until=until).choices()).sessions) == left


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        (Selection(since="23:11:00", until="23:11:00"), [1]),
        (Selection(since="23:11:01"), [2]),
        (Selection(until="23:11"), [1]),
        (Selection(since="23:12"), [2]),
        (Selection(until="23:12"), [1, 2]),
        (Selection(since="00:12+01:00", until="00:12+01:00"), [2]),
        (Selection(since="23:10"), [1, 2]),
        (Selection(until="23:10"), []),
        (Selection(until="00:00:00"), [1, 2]),
        (Selection(since="00:00:00"), []),
    ],
)
def test_a_time_without_its_day(wanted: Selection, left: list[int]) -> None:
    """As the table of sessions shows it: while the capture was made, from 23:11 to 23:12, or next to that."""
    whole = found()
    whole = replace(whole, facts=replace(whole.facts, ended=whole.facts.began + 61))
    assert [one.number for one in selected(whole, wanted.choices()).sessions] == left


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        (Selection(since="12-31 23:11", until="12-31 23:11"), [1]),
        (Selection(since="01-02 00:00"), [2]),
        (Selection(until="01-01"), [1]),
        (Selection(since="01-01T00:30:00+01:00"), [2]),
        (Selection(since="12-30 10:00"), [1, 2]),
        (Selection(since="01-05 10:00"), []),
        (Selection(until="02-29"), [1, 2]),
    ],
)
def test_a_time_without_its_year(wanted: Selection, left: list[int]) -> None:
    """As the table of sessions shows it in a long capture: while that was made, here about New Year, or next to it."""
    first, second = (
        replace(session(), number=number, began=datetime.fromisoformat(f"{began}Z").timestamp())
        for number, began in ((1, "2026-12-31T23:11:07"), (2, "2027-01-02T12:00:00"))
    )
    whole = diagnosis((passive(first), WORKS), (passive(second), WORKS))
    whole = replace(whole, facts=replace(whole.facts, began=first.began, ended=second.began + 1))
    assert clock_of(judged(whole)) == "%m-%d %H:%M"
    assert [one.number for one in selected(whole, wanted.choices()).sessions] == left


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (Selection(hosts=("ftp.example.org",)), "'ftp.example.org' is neither an address nor a network"),
        (Selection(until="nan"), "--until 'nan' is no time"),
        (Selection(until="2026-11"), "--until '2026-11' is no time"),
        (Selection(until="2026-11:00"), "--until '2026-11:00' is no time"),
        (Selection(since="02-30 12:00"), "--since '02-30 12:00' is no time"),
        (Selection(since="yesterday"), "--since 'yesterday' is no time"),
    ],
)
def test_what_cannot_be_understood(wanted: Selection, sentence: str) -> None:
    """It is said before any capture is read."""
    with pytest.raises(ValueError, match=sentence):
        wanted.choices()
