from __future__ import annotations

import shlex

import pytest
from msgspec.structs import replace

from ftpdiag.model import CaptureFile, Diagnosis, Source, Target, Tls
from ftpdiag.report.reach import reach
from tests.hand_built import BLOCKED, WORKS, active, diagnosis, dropped, exchange, passive


def probed(target: Target) -> Diagnosis:
    """Everything works at this target."""
    return diagnosis((passive(), WORKS), source=Source(target=target))


@pytest.mark.parametrize(
    ("target", "url"),
    [
        (Target(given="h", host="h", port=21), "ftp://h/path/to/file"),
        (Target(given="h", host="2001:db8::2", port=2121, user="alice"), "ftp://alice@[2001:db8::2]:2121/path/to/file"),
        (Target(given="h", host="h", port=990, tls=Tls.IMPLICIT), "ftps://h/path/to/file"),
    ],
    ids=["plain", "all", "implicit"],
)
def test_a_listing_is_not_a_file(target: Target, url: str) -> None:
    """Where all works, the reader whose downloads hang learns how to try one, at the same target."""
    assert reach(probed(target)) == [
        "Only a listing of 20 bytes was fetched. If a file hangs:",
        f"  ftpdiag probe {shlex.quote(url)}",
    ]


def test_nothing_to_add() -> None:
    """A fault has its own advice, a file was tried already, and of a capture the reader chooses the transfer."""
    fault = active()
    assert not reach(diagnosis((passive(), WORKS), (fault, BLOCKED), findings=[dropped(fault)]))
    file = replace(passive(), transfer=exchange("RETR big.bin", "150 Here it comes.", "226 Done.", at=0.11))
    assert not reach(diagnosis((file, WORKS)))
    capture = Source(files=(CaptureFile(path="a.pcap", packets=1, bytes=1, link_type="Ethernet"),))
    assert not reach(diagnosis((passive(), WORKS), source=capture))
