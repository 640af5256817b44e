"""Facts -> a sentence for each address family of the target that this machine could not try."""

from __future__ import annotations

from collections.abc import Iterator

from ftpdiag.model import Facts


def unrouted(facts: Facts) -> Iterator[str]:
    """None where it is all that the target has: that is tried, and told."""
    source = facts.source
    if source.target is None:
        return
    for address in source.unrouted:
        family = 6 if ":" in address else 4
        yield (
            f"{source.target.host} has an IPv{family} address as well, {address}; this machine has no route to it, so "
            f"IPv{family} was not tested."
        )
