"""pyftpdlib: the command of a server made with it, which is this file run as a program.

Its configuration is TOML: attributes of the handler, and under `[replies]` what to say to a command instead of obeying.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
from pyftpdlib.servers import FTPServer

from tests.lab.server import Server
from tests.lab.site import Site


def command(site: Site, server: Server) -> list[str]:
    """Name the program and its arguments."""
    config = site.write("pyftpdlib.toml", server.config)
    return [sys.executable, "-m", __name__, str(server.port), server.tls, str(site.certificate), str(config)]


class Liar(FTPHandler):  # type: ignore[misc]  # pyftpdlib has no types
    """Says what it was told to say."""

    replies: dict[str, str]
    passive_ports = range(50000, 50101)

    def pre_process_command(self, line: str, cmd: str, arg: str) -> None:
        """Reply as declared, or obey."""
        if cmd in self.replies:
            self.respond(self.replies[cmd])
        else:
            super().pre_process_command(line, cmd, arg)


class TlsLiar(TLS_FTPHandler, Liar):  # type: ignore[misc]  # pyftpdlib has no types
    """The same, with AUTH TLS."""


class ImplicitLiar(TlsLiar):
    """The same, with TLS before the greeting."""

    def handle(self) -> None:
        """Begin with TLS."""
        self.secure_connection(self.ssl_context)
        super().handle()


def main(port: str, tls: str, certificate: str, config: str) -> None:
    """Serve until killed."""
    settings: dict[str, Any] = tomllib.loads(Path(config).read_text())
    handler = {"none": Liar, "explicit": TlsLiar, "required": TlsLiar, "implicit": ImplicitLiar}[tls]
    handler.replies = settings.pop("replies", {})
    handler.certfile = certificate
    handler.tls_control_required = handler.tls_data_required = tls == "required"
    for name, value in settings.items():
        setattr(handler, name, value)
    handler.authorizer = DummyAuthorizer()
    handler.authorizer.add_anonymous("/srv/ftp", perm="elrw")
    handler.authorizer.add_user("ftpdiag", "open sesame", "/srv/ftp", perm="elrw")
    FTPServer(("::", int(port)), handler).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
