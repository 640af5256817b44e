from __future__ import annotations

import re
from string import Template

import pytest

from ftpdiag.diagnosis import Cause
from ftpdiag.discovery import declarations
from ftpdiag.model import Remedy

CAUSES = declarations("ftpdiag.causes", Cause)
REMEDIES = sorted(
    {remedy for cause in CAUSES for remedy in cause.remedies}, key=lambda remedy: (remedy.product, remedy.text)
)
FILLED_IN = {"server", "host", "client", "port", "announced", "data_port", "ip", "ipv", "iptables", "anyone"}


@pytest.mark.parametrize("remedy", REMEDIES, ids=lambda remedy: remedy.product)
def test_a_remedy_names_who_acts_and_only_what_can_be_filled_in(remedy: Remedy) -> None:
    """Whoever pastes it finds no placeholder that nobody replaced."""
    assert remedy.who in {"client", "server", "network"}
    assert set(Template(remedy.text).get_identifiers()) <= FILLED_IN
    assert not re.search(r"\$(?![\w{$])", remedy.text)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
def test_every_cause_has_a_remedy_and_a_text(cause: Cause) -> None:
    """A finding without a way out, or a card without its explanation, helps nobody."""
    assert cause.remedies
    assert len(cause.text.splitlines()) > 3
