import time
from itertools import count

import pytest

from tests.lab import steady


@pytest.mark.parametrize(("still", "runs"), [(float("inf"), 1), (-1.0, steady.MOST)])
def test_steadily(still: float, runs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that was let run counts; after so many that were not, the last one does."""
    monkeypatch.setattr(steady, "STILL", still)
    turns = count(1)
    assert steady.steadily(lambda: next(turns)) == runs


def test_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest time without a beat is known."""
    clock, skipped = time.monotonic, [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock() + skipped[0])
    with steady.Pulse() as pulse:
        time.sleep(3 * steady.BEAT)
        skipped[0] = 5.0
        time.sleep(3 * steady.BEAT)
    assert 5.0 <= pulse.longest < 6.0
