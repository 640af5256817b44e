"""pyftpdlib: the command of a server made with it, which is this file run as a program.

Its configuration is TOML: attributes of the handler; under `[replies]` what to say to a command instead of obeying
(nothing: ""); under `[delays]` the seconds before it obeys; `turns`, its passive ports, one after the other, over all
sessions; `listens_late`, the seconds between the announcement of a port and listening there; `refuses_data`, what to
say to a data connection for not resuming a session, and `refuses_later_data` to all but the first of a control
connection; `fails_data`, to let TLS there fail.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Sequence
from multiprocessing import Value
from pathlib import Path
from typing import Any

from OpenSSL.SSL import TLS1_2_VERSION, TLS_SERVER_METHOD, Context
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, TLS_DTPHandler, TLS_FTPHandler
from pyftpdlib.handlers.ftp.dispatchers import PassiveDTP
from pyftpdlib.servers import MultiprocessFTPServer

from tests.lab.server import Server
from tests.lab.site import Site


def command(site: Site, server: Server) -> list[str]:
    """Name the program and its arguments."""
    config = site.write("pyftpdlib.toml", server.config)
    return [sys.executable, "-m", __name__, str(server.port), server.tls, str(site.certificate), str(config)]


class Turns(tuple[int, ...]):
    """Passive ports, of which each that asks gets the next alone: sessions are processes of their own."""

    __slots__ = ()
    taken = Value("i", 0)

    def __iter__(self) -> Iterator[int]:
        """The one whose turn it is."""
        with self.taken.get_lock():
            self.taken.value += 1
            return iter((self[self.taken.value % len(self)],))


class Liar(FTPHandler):  # type: ignore[misc]  # pyftpdlib has no types
    """Says what it was told to say, when it was told to."""

    replies: dict[str, str]
    delays: dict[str, float]
    passive_ports: Sequence[int] = range(50000, 50101)

    def pre_process_command(self, line: str, cmd: str, arg: str) -> None:
        """Reply as declared, or obey, at once or later."""
        if reply := self.replies.get(cmd):
            self.respond(reply)
        elif cmd in self.delays:
            self.ioloop.call_later(self.delays[cmd], super().pre_process_command, line, cmd, arg)
        elif cmd not in self.replies:
            super().pre_process_command(line, cmd, arg)


class LateListener(PassiveDTP):  # type: ignore[misc]  # pyftpdlib has no types
    """A passive port that is announced before anybody listens there."""

    seconds: float = 0

    def set_reuse_addr(self) -> None:
        """Not: sessions are processes, and two that do not listen yet could bind to the same port."""

    def listen(self, num: int) -> None:
        """Later."""
        self.del_channel()
        self.call_later(self.seconds, self.listen_at_last, num)

    def listen_at_last(self, num: int) -> None:
        """Now."""
        self.add_channel()
        super().listen(num)


class PickyData(TLS_DTPHandler):  # type: ignore[misc]  # pyftpdlib has no types
    """A data connection that resumes no session, and comes to nothing for that."""

    refusal: str

    def secure_connection(self, _: Context) -> None:
        """Forget the control connection's sessions."""
        context = Context(TLS_SERVER_METHOD)
        context.use_certificate_chain_file(self.cmd_channel.certfile)
        context.use_privatekey_file(self.cmd_channel.certfile)
        super().secure_connection(context)

    def handle_ssl_established(self) -> None:
        """Say why not."""
        self.cmd_channel.respond(self.refusal)
        self.close()


class ForgetfulData(PickyData):
    """The same, but for the first of a control connection."""

    def __init__(self, sock: Any, cmd_channel: Any) -> None:  # noqa: ANN401  pyftpdlib has no types
        self.first = not hasattr(cmd_channel, "had_data")
        cmd_channel.had_data = True
        super().__init__(sock, cmd_channel)

    def secure_connection(self, context: Context) -> None:
        """Remember the session once."""
        if self.first:
            TLS_DTPHandler.secure_connection(self, context)
        else:
            super().secure_connection(context)

    def handle_ssl_established(self) -> None:
        """Go on with the first."""
        if self.first:
            TLS_DTPHandler.handle_ssl_established(self)
        else:
            super().handle_ssl_established()


class BrokenData(TLS_DTPHandler):  # type: ignore[misc]  # pyftpdlib has no types
    """A data connection on which no TLS can be agreed."""

    def secure_connection(self, _: Context) -> None:
        """Offer only what no client takes."""
        context = Context(TLS_SERVER_METHOD)
        context.set_max_proto_version(TLS1_2_VERSION)
        context.set_cipher_list(b"PSK-AES128-GCM-SHA256")
        super().secure_connection(context)


class TlsLiar(TLS_FTPHandler, Liar):  # type: ignore[misc]  # pyftpdlib has no types
    """The same, with AUTH TLS."""


def main(port: str, tls: str, certificate: str, config: str) -> None:
    """Serve until killed."""
    settings: dict[str, Any] = tomllib.loads(Path(config).read_text())
    handler = {"none": Liar, "explicit": TlsLiar, "required": TlsLiar}[tls]
    handler.replies = settings.pop("replies", {})
    handler.delays = settings.pop("delays", {})
    handler.certfile = certificate
    if turns := settings.pop("turns", None):
        handler.passive_ports = Turns(turns)
    handler.tls_control_required = handler.tls_data_required = tls == "required"
    LateListener.seconds = settings.pop("listens_late", 0)
    if LateListener.seconds:
        handler.passive_dtp = LateListener
    for key, picky in (("refuses_data", PickyData), ("refuses_later_data", ForgetfulData)):
        if refusal := settings.pop(key, ""):
            PickyData.refusal = refusal
            handler.dtp_handler = picky
    if settings.pop("fails_data", None):
        handler.dtp_handler = BrokenData
    for name, value in settings.items():
        setattr(handler, name, value)
    handler.authorizer = DummyAuthorizer()
    handler.authorizer.add_anonymous("/srv/ftp", perm="elrw")
    handler.authorizer.add_user("ftpdiag", "open sesame", "/srv/ftp", perm="elrw")
    # In one process pyftpdlib 2.2 now and then forgets to read from one of several TLS sessions side by side.
    MultiprocessFTPServer(("::", int(port)), handler).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
