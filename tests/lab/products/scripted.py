"""A server that only pretends: its command, which is this file run as a program.

Its configuration is TOML. `greeting` is sent as it stands, then `endless` over and over, with `pause` seconds between
two bytes. `[replies]` says what to answer to a command (nothing: ""); the connection is closed at the command
`closes_at`, or before any where that is "*".
"""

from __future__ import annotations

import sys
import time
import tomllib
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from socket import AF_INET6
from socketserver import StreamRequestHandler, ThreadingTCPServer

from tests.lab.server import Server
from tests.lab.site import Site


def command(site: Site, server: Server) -> list[str]:
    """Name the program and its arguments."""
    return [sys.executable, "-m", __name__, str(server.port), str(site.write("script.toml", server.config))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What to say."""

    greeting: str = ""
    endless: str = ""
    pause: float = 0
    closes_at: str = ""
    replies: dict[str, str] = field(default_factory=dict)


class Actor(StreamRequestHandler):
    """One connection, played from the script."""

    script: Script

    def handle(self) -> None:
        """Greet, then answer command by command until the client goes."""
        with suppress(ConnectionError):
            self.say(self.script.greeting)
            if self.script.closes_at == "*":
                return
            while self.script.endless:
                self.say(self.script.endless)
            for line in self.rfile:
                verb = line.decode(errors="replace").split()[0].upper()
                if verb == self.script.closes_at:
                    return
                reply = self.script.replies.get(verb, "502 Command not implemented.")
                self.say(f"{reply}\r\n" if reply else "")

    def say(self, text: str) -> None:
        """Send, slowly where the script wants it."""
        data = text.encode("latin-1")
        if not self.script.pause:
            self.wfile.write(data)
            return
        for byte in data:
            self.wfile.write(bytes((byte,)))
            time.sleep(self.script.pause)


class Stage(ThreadingTCPServer):
    """Listens, on IPv4 and IPv6."""

    address_family = AF_INET6
    daemon_threads = True
    request_queue_size = 100


def main(port: str, config: str) -> None:
    """Play until killed."""
    Actor.script = Script(**tomllib.loads(Path(config).read_text()))
    Stage(("::", int(port)), Actor).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
