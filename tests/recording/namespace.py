"""A network namespace for this thread, gone with it: packets of others do not come in, ours do not get out."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

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
