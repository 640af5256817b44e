"""A piece of work in, its result out: done once more where this machine stood still meanwhile.

Firewalls and servers are real here, and so is time: a probe that was not let run for a second has measured that, too.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Self, TypeVar

Result = TypeVar("Result")

BEAT = 0.02
"""Seconds between two looks at the clock."""

STILL = 0.7
"""Seconds late that make a run worthless: a probe gives routers and last answers half a second."""

MOST = 4
"""Runs; of the last one the result counts, however it came to be."""


class Pulse:
    """How long this process was kept from running, at most, while the block ran."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._over = Event()
        self._thread = Thread(target=self._beat)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        last = time.monotonic()
        while not self._over.wait(BEAT):
            now = time.monotonic()
            self.longest = max(self.longest, now - last - BEAT)
            last = now


def steadily(work: Callable[[], Result]) -> Result:
    """The result of the first run that was let run."""
    for _ in range(MOST):
        with Pulse() as pulse:
            result = work()
        if pulse.longest < STILL:
            break
    return result
