from __future__ import annotations

from ftpdiag.causes.control_address_dead import control_address_dead
from ftpdiag.model import Answer, Endpoint, Opening, View
from tests.causes.build import CLIENT, OPEN, grounds_of, opening, session, unopened


def dead(host: str, answer: Answer, error: str) -> Opening:
    """An attempt in vain."""
    return opening(
        View.CLIENT_SOCKET,
        answer,
        opener=Endpoint(host=CLIENT[4], port=0),
        target=Endpoint(host=host, port=21),
        error=error,
    )


SILENT = dead("203.0.113.8", Answer.SILENT, "ETIMEDOUT")
REFUSED = dead("203.0.113.9", Answer.REFUSED, "ECONNREFUSED")
UNREACHABLE = dead("203.0.113.10", Answer.REJECTED, "EHOSTUNREACH")


def test_dead_addresses_are_named_with_what_became_of_them() -> None:
    """The reader learns which addresses are dead, how, and which one the report is about."""
    grounds = grounds_of(
        control_address_dead, session(openings=OPEN, passed_over=(SILENT, REFUSED, UNREACHABLE), lines=())
    )
    assert grounds.summary == (
        "Of the addresses of this name, 203.0.113.8 (no answer), 203.0.113.9 (refused), 203.0.113.10 (EHOSTUNREACH) "
        "did not accept on port 21; what this report says is about 203.0.113.2."
    )
    assert len(grounds.evidence) == 3


def test_it_is_information_only() -> None:
    """Clients try the next address."""
    assert control_address_dead.verdict is None


def test_a_name_with_no_address_that_answers() -> None:
    """Then the control connection has a cause of its own."""
    assert control_address_dead.rule(unopened(passed_over=(SILENT,))) is None


def test_an_ordinary_name() -> None:
    """One address that answers is what everybody expects."""
    assert control_address_dead.rule(session(openings=OPEN)) is None
