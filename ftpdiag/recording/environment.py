"""The environment -> the FTP proxy that it names for a host, as other clients read it."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

_NAMES = ("ftp_proxy", "FTP_PROXY")


def ftp_proxy(host: str) -> str | None:
    """Host and port of the proxy, without user and password; none where there is none, or not for `host`."""
    if not any(name in os.environ for name in _NAMES):
        return None
    from urllib.request import getproxies_environment, proxy_bypass  # noqa: PLC0415 - slow to import, seldom needed

    named = getproxies_environment().get("ftp")
    if not named or proxy_bypass(host):
        return None
    try:
        parts = urlsplit(named if "://" in named else f"//{named}")
        where = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
    except ValueError:
        return None
    return where
