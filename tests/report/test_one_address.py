"""What is said of an IPv6 address that may hold a port."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.model import Answer, CaptureFile, Source, Target
from ftpdiag.report.one_address import one_address
from tests.hand_built import WORKS, diagnosis, session


def told(given: str, host: str | None = None, answer: Answer = Answer.SILENT) -> list[str]:
    """Where a probe of this target meets this answer."""
    there = session()
    accepted = answer is Answer.ACCEPTED
    opening = replace(there.openings[0], answer=answer, established=accepted)
    met = replace(there, openings=(opening,), lines=there.lines if accepted else ())
    source = Source(target=Target(given=given, host=host or given, port=21))
    return list(one_address(diagnosis((met, WORKS), source=source).facts))


@pytest.mark.parametrize("answer", [Answer.SILENT, Answer.REJECTED, Answer.ABSENT, Answer.UNKNOWN])
def test_a_port_that_became_part_of_an_address(answer: Answer) -> None:
    """Where nobody is at the address, it is said how the port would be told from it."""
    assert told("2001:db8::1:21", answer=answer) == [
        "2001:db8::1:21 was read as one IPv6 address; if port 21 of 2001:db8::1 is meant, write [2001:db8::1]:21."
    ]
    assert told("ftp://alice@::1:2121/pub/", "::1:2121", answer) == [
        "::1:2121 was read as one IPv6 address; if port 2121 of ::1 is meant, write [::1]:2121."
    ]


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ("::1", None),
        ("::21", None),
        ("2001:db8::21", None),
        ("2001:db8:0:1:0:0:0:21", None),
        ("2001:db8::1:5", None),
        ("2001:db8::1:21a", None),
        ("[2001:db8::1:21]:21", "2001:db8::1:21"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("ftp.example.org:21", "ftp.example.org"),
    ],
)
def test_an_address_that_can_only_be_one(given: str, host: str | None) -> None:
    """Without its last group it is none; or that is no port of FTP; or brackets say what is what."""
    assert not told(given, host)


@pytest.mark.parametrize("answer", [Answer.ACCEPTED, Answer.REFUSED])
def test_a_host_that_is_there(answer: Answer) -> None:
    """Whoever answers at the address was meant."""
    assert not told("2001:db8::1:21", answer=answer)


def test_a_capture_was_not_typed() -> None:
    """Its addresses are those of its packets."""
    capture = Source(files=(CaptureFile(path="a.pcap", packets=1, bytes=1, link_type="Ethernet"),))
    assert not list(one_address(diagnosis(source=capture).facts))
