"""The time of day, in seconds since the epoch, as one run of ftpdiag keeps it.

It starts with the system's and goes on evenly: where somebody, or NTP, sets the system's clock while a probe runs, what
came later is later all the same, and packets fit the sockets that they met.
"""

from __future__ import annotations

import time

_START = time.time() - time.monotonic()

_STEP = 0.02
"""Seconds by which the system's clock must be off to have been set; less is this process waiting for its turn."""


def now() -> float:
    """The time."""
    return _START + time.monotonic()


def kept(stamp: float) -> float:
    """The time of what the kernel has just stamped with the system's clock."""
    before, system, after = now(), time.time(), now()
    if before - _STEP <= system <= after + _STEP:
        return stamp
    return stamp + (before + after) / 2 - system
