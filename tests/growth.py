"""Work in, out how long it takes where nothing gets in its way: to hold work on more against work on less."""

from __future__ import annotations

import gc
from collections.abc import Callable
from time import process_time

RUNS = 5


def seconds(work: Callable[[], object]) -> float:
    """Of the processor, the least of a few runs, without the garbage that the tests before have left."""
    gc.disable()
    try:
        return min(_once(work) for _ in range(RUNS))
    finally:
        gc.enable()


def _once(work: Callable[[], object]) -> float:
    began = process_time()
    work()
    return process_time() - began
