"""What TCP/IP stacks do, whoever made them: the measures that packets are held against."""

from __future__ import annotations

VERY_OLD = 32
"""The TTL that some systems of the nineties start with."""

INITIAL = (64, 128, 255)
"""The TTL or hop limit that systems start with: 64 Linux, BSD and macOS, 128 Windows, 255 network equipment."""

AT_ONCE = 0.2
"""Seconds in which a machine answers a SYN if it ever does: its kernel takes microseconds."""

FIRST_REPETITION = 1.0
"""Seconds after which a SYN is repeated (RFC 6298 §2.1); before, there was one chance only."""

HOPELESS = 3
"""Times that a segment is sent before its loss is no accident (RFC 6298 §5.5: that takes most of a second)."""


def hop_of(ttl: int) -> int:
    """The sender's place on the way: 1 is the nearest, a packet that no router has touched yet."""
    return next(initial for initial in (VERY_OLD, *INITIAL) if initial >= ttl) - ttl + 1
