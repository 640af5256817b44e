from __future__ import annotations

import pytest

from ftpdiag.recording.frames.icmp import reason


@pytest.mark.parametrize(
    ("protocol", "kind", "code", "words"),
    [
        (1, 3, 0, "network unreachable"),
        (1, 3, 1, "host unreachable"),
        (1, 3, 3, "port unreachable"),
        (1, 3, 4, "fragmentation needed and DF set"),
        (1, 3, 13, "communication administratively prohibited"),
        (1, 3, 15, "precedence cutoff in effect"),
        (1, 3, 77, "destination unreachable, code 77"),
        (1, 11, 0, "time exceeded in transit"),
        (1, 12, 1, "required option missing"),
        (58, 1, 6, "reject route to destination"),
        (58, 2, 0, "packet too big"),
        (58, 3, 0, "hop limit exceeded in transit"),
        (58, 4, 9, "parameter problem, code 9"),
    ],
)
def test_errors(protocol: int, kind: int, code: int, words: str) -> None:
    """An error has the name its RFC gives it, or that of its type where the code is unknown."""
    assert reason(protocol, kind, code) == words


@pytest.mark.parametrize(("protocol", "kind"), [(1, 0), (1, 5), (1, 8), (58, 128), (58, 135), (6, 3)])
def test_no_errors(protocol: int, kind: int) -> None:
    """Echoes, redirects and neighbour discovery are no errors, nor is anything but ICMP."""
    assert reason(protocol, kind, 0) is None
