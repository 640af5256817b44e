from __future__ import annotations

from msgspec.structs import replace

from ftpdiag.clues.wording import client_of, times, whose
from tests.causes.build import captured, session


def test_the_client_of_a_probe_is_this_machine() -> None:
    """In a capture it is whoever it was."""
    assert client_of(session()) == "this machine"
    assert client_of(captured()) == "the client 198.51.100.2"
    assert client_of(replace(captured(), client=None)) == "the client"


def test_what_the_client_of_a_probe_has_is_yours() -> None:
    """In a capture it is the client's."""
    assert (whose(session()), whose(captured())) == ("your", "the client's")


def test_counts_read_as_adverbs() -> None:
    """Once, twice, and numbers from there on."""
    assert [times(count) for count in (1, 2, 3)] == ["once", "twice", "3 times"]
