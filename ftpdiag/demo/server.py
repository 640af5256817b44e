"""A small FTP server for the demo: `python -m ftpdiag.demo.server ADDRESS PORT` serves its folder until it is ended."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

PASSIVE_PORTS = range(50000, 50101)
"""What its passive mode announces, so that a firewall can name it."""


class _CallBack(FTPHandler.active_dtp):  # type: ignore[misc]  # it has no types
    """pyftpdlib 2.2 closes a call-back twice, the second time a descriptor that may be another session's by then."""

    def handle_connect(self) -> None:
        """Hand the socket over, and count as closed from then on."""
        super().handle_connect()
        self._closed = self.cmd_channel.data_channel is not None


def server(address: str, port: int) -> FTPServer:
    """A listening server of the folder of this file, anonymous and read-only; port 0 takes a free one."""
    logging.getLogger("pyftpdlib").addHandler(logging.NullHandler())  # else it would log to the reader's terminal
    authorizer = DummyAuthorizer()
    authorizer.add_anonymous(str(Path(__file__).parent))
    settings = {
        "authorizer": authorizer,
        "passive_ports": PASSIVE_PORTS,
        "active_dtp": _CallBack,
        "banner": "Demonstration (pyftpdlib) ready.",
    }
    return FTPServer((address, port), type("Handler", (FTPHandler,), settings))


def main() -> None:
    """Serve until ended."""
    server(sys.argv[1], int(sys.argv[2])).serve_forever(handle_exit=True)


if __name__ == "__main__":
    main()
