from __future__ import annotations

import time

import pytest

from ftpdiag.recording import clock


def test_the_systems_time() -> None:
    """Nobody sets it: both agree, and a stamp of the kernel's stays as it is."""
    assert clock.now() == pytest.approx(time.time(), abs=0.02)
    stamp = time.time()
    assert clock.kept(stamp) == stamp


@pytest.mark.parametrize("step", [-3600.0, -0.5, 0.5, 3600.0])
def test_a_clock_that_is_set(monkeypatch: pytest.MonkeyPatch, step: float) -> None:
    """Our time goes on evenly, and what the kernel stamps by the new time is told in ours."""
    before = clock.now()
    system = time.time
    monkeypatch.setattr(time, "time", lambda: system() + step)
    stamp = time.time()
    assert before - 0.1 <= clock.kept(stamp) <= clock.now() + 0.1
    assert clock.now() - before < 1
