from __future__ import annotations

from msgspec.structs import replace

from ftpdiag.clues.admission import denial
from ftpdiag.model import Ending
from tests.causes.build import GREETING, exchange, hangup, talk


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


def test_a_second_login_whose_answer_is_missing() -> None:
    """Where a capture lacks the answer to the last login, the one before says nothing; nor where data were had."""
    refused, again = exchange("PASS ***", "530 No.", at=0.2), exchange("PASS ***", at=0.4)
    assert denial(talk(GREETING, refused, again)) is not None
    assert denial(replace(talk(GREETING, refused, again), watched_until=0.5)) is None
    later = exchange("", "227 At (203,0,113,2,195,80)", at=0.6)
    assert denial(replace(talk(GREETING, refused, later), torn_at=0.5)) is None
    assert denial(replace(talk(GREETING, refused), torn_at=0.1)) is not None
    assert denial(replace(talk(GREETING, refused, again), torn_at=0.5, watched_until=60.0)) is None


def test_a_server_that_has_nothing_to_say_to_a_second_login_has_refused_the_first() -> None:
    """It hangs up, or says nothing more while the capture goes on: many ban an address after a few refusals."""
    session = talk(GREETING, exchange("PASS ***", "530 No.", at=0.2), exchange("USER me", at=0.4))
    for ending in (Ending.FINISHED, Ending.RESET):
        assert denial(replace(session, watched_until=0.5, hangup=hangup(ending))) is not None
    assert denial(replace(session, watched_until=30.0)) is not None
