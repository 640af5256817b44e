from __future__ import annotations

import json
import re
from pathlib import Path
from string import Template

import pytest

from ftpdiag import next_probe
from ftpdiag.cause import Cause
from ftpdiag.clues.remedies import OPEN_PASSIVE_RANGE
from ftpdiag.clues.settings import FIX_PASSIVE_RANGE, FIX_THEN_OPEN_PASSIVE_RANGE
from ftpdiag.diagnosis.merging import IN_GENERAL
from ftpdiag.discovery import declarations
from ftpdiag.model import Remedy

CAPTURES = Path(__file__).parents[2] / "captures"
CAUSES = declarations("ftpdiag.causes", Cause)
REMEDIES = sorted(
    {remedy for cause in CAUSES for remedy in cause.remedies}, key=lambda remedy: (remedy.product, remedy.text)
)
FILLED_IN = {"server", "host", "client", "port", "announced", "data_port", *IN_GENERAL, *next_probe.IN_GENERAL}


@pytest.mark.parametrize("remedy", REMEDIES, ids=lambda remedy: remedy.product)
def test_a_remedy_names_who_acts_and_only_what_can_be_filled_in(remedy: Remedy) -> None:
    """Whoever pastes it finds no placeholder that nobody replaced."""
    assert remedy.who in {"client", "server", "network"}
    assert set(Template(remedy.text).get_identifiers()) <= FILLED_IN
    assert not re.search(r"\$(?![\w{$])", remedy.text)


@pytest.mark.parametrize("told", sorted(CAPTURES.glob("*/expected*.json")), ids=lambda told: told.parent.name)
def test_a_report_leaves_nothing_to_be_filled_in(told: Path) -> None:
    """In what the captures of the lab tell, every address of a remedy is that of the case."""
    texts = [remedy["text"] for one in json.loads(told.read_text())["findings"] for remedy in one["remedies"]]
    assert not [text for text in texts if FILLED_IN.intersection(Template(text).get_identifiers())]


def test_a_range_is_fixed_before_it_is_opened() -> None:
    """A rule for 50000-50100 is of no use while the server announces ports of any number, so that comes first."""
    first, *others = FIX_THEN_OPEN_PASSIVE_RANGE
    assert first.text == "$passive_range"
    places = [others.index(one) for one in (*FIX_PASSIVE_RANGE, *OPEN_PASSIVE_RANGE)]
    assert places == sorted(places)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
def test_every_cause_has_a_remedy_and_a_text(cause: Cause) -> None:
    """A finding without a way out, or a card without its explanation, helps nobody."""
    assert cause.remedies
    assert len(cause.text.splitlines()) > 3
