"""Pure-FTPd: its options and its command."""

from __future__ import annotations

import shlex

from tests.lab.server import UNPACKED, Encryption, Server
from tests.lab.site import Site

TLS = {Encryption.NONE: 0, Encryption.EXPLICIT: 1, Encryption.REQUIRED: 2}
"""It speaks no implicit TLS."""


def command(site: Site, server: Server) -> list[str]:
    """Name the program and its options; the last of two wins."""
    return [
        str(UNPACKED / "usr/sbin/pure-ftpd"),
        "--dontresolve",
        f"--bind={server.port}",
        f"--pidfile={site.root}/run/pid",
        "--syslogfacility=none",
        "--login=unix",
        "--minuid=1",
        "--passiveportrange=50000:50100",
        f"--tls={TLS[server.tls]}",
        f"--certfile={site.certificate}",
        *shlex.split(server.config),
    ]
