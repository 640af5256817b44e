from __future__ import annotations

import pytest

from ftpdiag.stacks import hop_of


@pytest.mark.parametrize(
    ("ttl", "hop"), [(64, 1), (61, 4), (128, 1), (113, 16), (255, 1), (249, 7), (32, 1), (30, 3), (33, 32), (65, 64)]
)
def test_the_distance_is_counted_from_the_next_initial_value(ttl: int, hop: int) -> None:
    """No router adds to a TTL, and no path is as long as the gaps between what systems start with."""
    assert hop_of(ttl) == hop
