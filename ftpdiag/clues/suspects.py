"""The faults that a finding may name as what it could be instead, and that no cause tells apart yet.

Whoever writes the cause takes its suspect out of here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A fault that is known, and never reported."""

    name: str
    """As the cause will be called."""
    title: str
    text: str
    """What it is, and what it looks like."""
    settle_with: str
    """What would tell, until ftpdiag can."""


SUSPECTS: tuple[Suspect, ...] = ()
