from __future__ import annotations

from msgspec.structs import replace

from ftpdiag.causes.control_name_unresolved import control_name_unresolved
from ftpdiag.model import Confidence, Facts, Source, Vantage
from tests.causes.build import grounds_of

RESOLVED = Facts(source=Source(), vantage=Vantage.CLIENT, began=1.0, sessions=(), channels=())


def test_the_resolver_has_the_word() -> None:
    """The resolver's own sentence is the summary and the evidence."""
    unresolved = "The name ftp.invalid has no address: Name or service not known."
    grounds = grounds_of(control_name_unresolved, replace(RESOLVED, unresolved=unresolved))
    assert grounds.confidence is Confidence.PROVEN
    assert grounds.summary.startswith(unresolved)
    assert [item.text for item in grounds.evidence] == [unresolved]


def test_a_name_with_an_address_is_none_of_it() -> None:
    """No word of the resolver, no finding."""
    assert control_name_unresolved.rule(RESOLVED) is None
