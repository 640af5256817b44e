"""What is to run at the same time, in threads -> its results; one Ctrl-C ends the waiting for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar

_T = TypeVar("_T")

_HEED = 0.2
"""Seconds after which a main thread looks up that waits: a signal that came just before, or that the system gave to
another thread, does not wake it."""


@contextmanager
def threads(most: int) -> Iterator[ThreadPoolExecutor]:
    """A pool that is waited for, but not by who interrupts: its threads may wait for the server."""
    pool = ThreadPoolExecutor(max_workers=most)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def results(futures: Iterable[Future[_T]]) -> list[_T]:
    """What they come to, in order. Raises what the first of them raised."""
    return [_result(one) for one in futures]


def _result(future: Future[_T]) -> _T:
    while not future.done():
        wait([future], timeout=_HEED)
    return future.result()
