"""The capabilities of this thread -> none but to read, once the socket that needs one is open (capabilities(7)).

The user stays the same. Root without capabilities is bound by file permissions as anybody is: it may no longer write
where only another user may, so open an output file first. It may still read, because Python reads its modules when it
needs them, and those of `sudo ~/venv/bin/ftpdiag` lie in a home that is closed to others.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

_VERSION_3 = 0x20080522
"""_LINUX_CAPABILITY_VERSION_3 (linux/capability.h): sets of 64 capabilities, as two structs of three 32-bit words."""
_SETS = struct.Struct("6I")
_READ = 1 << 2
"""CAP_DAC_READ_SEARCH."""
_NO_NEW_PRIVILEGES = 38
"""PR_SET_NO_NEW_PRIVS (linux/prctl.h)."""


def drop() -> None:
    """Give up what this thread, and every thread and program it starts from now on, is allowed beyond its user."""
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    this_thread = struct.pack("Ii", _VERSION_3, 0)
    held = ctypes.create_string_buffer(_SETS.size)
    _check(libc.capget(this_thread, held))
    if not any(held.raw):
        return
    _check(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    permitted = _SETS.unpack(held.raw)[1]
    _check(libc.capset(this_thread, _SETS.pack(permitted & _READ, permitted & _READ, 0, 0, 0, 0)))


def _check(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
