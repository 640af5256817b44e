from __future__ import annotations

from ftpdiag.clues.admission import denial
from tests.causes.build import GREETING, exchange, talk


def test_the_first_refusal_on_the_way_in() -> None:
    """The greeting counts, as do USER, PASS and ACCT; commands that ask for something else do not."""
    features = exchange("FEAT", "500 Unknown command.", at=0.1)
    refused = exchange("USER me", "530 No.", at=0.2)
    later = exchange("PASS ***", "503 Login with USER first.", at=0.3)
    session = talk(GREETING, features, refused, later)
    assert denial(session) == (refused, refused.replies[0])
    full = exchange("", "421 Too many users.")
    assert denial(talk(full)) == (full, full.replies[0])


def test_nothing_was_denied() -> None:
    """Junk is no refusal; a login that worked, or that TLS hides, was not refused."""
    refused = exchange("USER me", "530 No.", at=0.2)
    assert denial(talk(exchange("", "SSH-2.0-x"))) is None
    assert denial(talk(GREETING)) is None
    assert denial(talk(GREETING, refused, logged_in=True)) is None
    assert denial(talk(GREETING, refused, opaque=True)) is None
