"""What causes say of each other: names of causes that exist, and no two that silence each other."""

from __future__ import annotations

import pytest

from ftpdiag.cause import Cause
from ftpdiag.discovery import declarations

CAUSES = {cause.name: cause for cause in declarations("ftpdiag.causes", Cause)}


def silenced(name: str) -> set[str]:
    """Every cause that one overrides, and what these override in turn."""
    found: set[str] = set()
    ahead = [name]
    while ahead:
        fresh = set(CAUSES[ahead.pop()].overrides) - found
        found |= fresh
        ahead += fresh
    return found


@pytest.mark.parametrize("name", CAUSES)
def test_a_cause_overrides_causes_that_exist(name: str) -> None:
    """A name that is misspelt would override nothing, and nobody would notice."""
    assert set(CAUSES[name].overrides) <= set(CAUSES)


@pytest.mark.parametrize("name", CAUSES)
def test_no_cause_overrides_itself_through_others(name: str) -> None:
    """Two that override each other would both be gone, and the fault with them."""
    assert name not in silenced(name)
