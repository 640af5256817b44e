"""The faster of the two scanners that is there."""

from __future__ import annotations

from ftpdiag.recording.captures.scan import Scanning


def scanner() -> Scanning:
    """In C where it was compiled."""
    try:
        from ftpdiag.recording.captures import _scan  # noqa: PLC0415 - optional
    except ImportError:
        from ftpdiag.recording.captures import plain_scan  # noqa: PLC0415 - seldom needed

        return plain_scan.Scanner()
    return _scan.Scanner()
