"""ProFTPD's 425 -> why: it names the errno with which it turned the data connection away itself (seen with 1.3.8)."""

from __future__ import annotations

NOT_RESUMED = r"425[ -]Unable to build data connection: Operation not permitted"
"""EPERM: the data connection did not resume the control connection's TLS session."""

FROM_ELSEWHERE = r"425[ -]Unable to build data connection: Permission denied"
"""EACCES: it came from another address than the control connection; its log says SECURITY VIOLATION."""
