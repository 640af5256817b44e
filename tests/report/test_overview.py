from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.formats.json_document import json_document
from ftpdiag.formats.table import table
from ftpdiag.model import CaptureFile, DataChannel, Diagnosis, Endpoint, Judgement, Source
from ftpdiag.report.columns import endpoint, host
from ftpdiag.report.format import Renderer
from ftpdiag.report.judged import judged
from ftpdiag.report.look import Look
from ftpdiag.report.overview import letters, overview, session_list, told
from tests.growth import seconds
from tests.hand_built import BLOCKED, WORKS, active, diagnosis, dropped, passive, session

CAPTURE = Source(files=(CaptureFile(path="day.pcap", packets=1, bytes=1, link_type="Ethernet"),))


def many(count: int) -> Diagnosis:
    """Sessions of as many clients with three servers, ten seconds apart; every second one is blocked."""
    channels: list[tuple[DataChannel, Judgement]] = []
    for number in range(1, count + 1):
        control = session()
        control = replace(
            control,
            number=number,
            product="vsFTPd 3.0.3",
            began=control.began + 10 * number,
            client=Endpoint(host=f"198.51.{number % 7}.{number % 250}", port=40000),
            server=Endpoint(host=f"203.0.113.{1 + number % 3}", port=2121 if number % 3 == 0 else 21),
        )
        channels.append((active(control), BLOCKED) if number % 2 else (passive(control), WORKS))
    faulty = [channel for channel, judgement in channels if judgement is BLOCKED]
    return diagnosis(*channels, findings=[dropped(*faulty)], source=CAPTURE)


def test_summary() -> None:
    """By server, client network, cause and time: within 80 columns, where most went wrong first."""
    found = many(24)
    sessions = judged(found)
    assert told(sessions) == (
        "24 FTP sessions of 24 clients with 3 servers, begun 2026-11-20 23:11:10 to 23:15:00 UTC: 12 with a fault."
    )
    text = "\n".join(line for block in overview(sessions, found, Look()) for line in [*block, ""])
    assert max(map(len, text.splitlines())) <= 80
    assert "203.0.113.1:2121  vsFTPd 3.0.3  8         4       blocked  works" in text
    assert "198.51.1.0/24  4        4         2" in text
    assert "A  active-dropped-by-client-host  203.0.113.2       4      1 at 23:11:10" in text
    assert "23:14:00  6         3       ██████" in text


def test_one_line_for_each_session() -> None:
    """Number, time, both ends, product, verdicts and the letters of its causes, within 80 columns."""
    found = many(24)
    lines = session_list(judged(found), letters(found), Look())
    assert lines[2] == "1  23:11:10 198.51.1.1  203.0.113.2      vsFTPd 3.0.3 blocked         A"
    assert lines[3] == "2  23:11:20 198.51.2.2  203.0.113.3      vsFTPd 3.0.3         works"
    assert len(lines) == 2 + 24
    assert max(map(len, lines)) <= 80


def test_long_numbers_and_addresses_take_their_room_from_the_product() -> None:
    """Every line fits all the same."""
    found = many(3)
    server = Endpoint(host="198.51.100.200", port=40021)
    wide = [
        replace(one, session=replace(one.session, number=10_000 + one.session.number, server=server))
        for one in judged(found)
    ]
    lines = session_list(wide, letters(found), Look())
    assert "198.51.100.200:40021 vsFTPd" in lines[2]
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("198.51.100.200", "198.51.100.200"),
        ("2001:db8:1::2", "2001:db8:1::2"),
        ("2001:db8:85a3::8a2e:370:7334", "2001:db8…7334"),
        ("fe80::1ff:fe23:4567:890a%eth0", "fe80:0…890a"),
    ],
)
def test_a_long_address_is_known_by_its_ends(address: str, shown: str) -> None:
    """An IPv6 address takes no more room than an IPv4 one."""
    assert host(address) == shown


def test_a_usual_port_goes_without_saying() -> None:
    """Any other stands behind the address, which is in brackets where it has colons."""
    assert endpoint(Endpoint(host="203.0.113.2", port=21), usual=21) == "203.0.113.2"
    assert endpoint(Endpoint(host="2001:db8::2", port=2121), usual=21) == "[2001:db8::2]:2121"


@pytest.mark.parametrize("render", [table.render, json_document.render], ids=["table", "json"])
def test_time_grows_with_the_number_of_sessions(render: Renderer) -> None:
    """Five times the sessions take five times as long, not twenty-five times."""
    few, lots = many(800), many(4000)
    assert seconds(lambda: render(lots, Look())) < 12 * seconds(lambda: render(few, Look()))


def test_the_page_of_many_sessions() -> None:
    """What they have in common comes first, then each fault once, then a line for each session."""
    page = table.render(many(24), Look())
    marks = (
        "24 FTP sessions of 24 clients with 3 servers",
        "By cause and server",
        "This machine's own firewall drops the server's call-back",
        "#  began",
        "One of them in full, with its dialogue:\n  ftpdiag replay day.pcap --session N\n",
    )
    places = [page.index(mark) for mark in marks]
    assert places == sorted(places)
    assert page.count(marks[2]) == 1


def test_sessions_of_one_second() -> None:
    """What began in the same second began at one time."""
    assert "begun at 2026-11-20 23:11:10 UTC:" in told(judged(many(1)))
