"""A network namespace for this thread, gone with it: packets of others do not come in, ours do not get out."""

from __future__ import annotations

import ctypes
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ftpdiag.recording.tap.routes import others

NEW_NETWORK = 0x40000000
"""CLONE_NEWNET (linux/sched.h)."""


@contextmanager
def namespace() -> Iterator[None]:
    """Within, this thread and what it starts live in a namespace with a loopback."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        assert libc.unshare(NEW_NETWORK) == 0, os.strerror(ctypes.get_errno())
        ip("link set lo up")
        yield
    finally:
        libc.setns(home, NEW_NETWORK)
        os.close(home)


def ip(command: str) -> None:
    """Call iproute2."""
    subprocess.run(["ip", *command.split()], check=True)


def wait_for_carrier(*names: str) -> None:
    """Return once they can send: the kernel brings a link up a moment after it was told to."""
    until = time.monotonic() + 10.0
    while not set(names) <= set(others(())):
        assert time.monotonic() < until, f"{names} did not come up"
        time.sleep(0.005)
