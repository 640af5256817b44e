"""A proxy that nobody asked for: it takes the control connections that nft redirects to it, and speaks in their names.

Run as a program: `proxy.py ANSWERS`, in JSON: commands that it answers itself, and how.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
from contextlib import suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import ClassVar

PORT = 2121

FORWARDED = 60
"""The TTL of what it sends on: it does not pass for the first machine on the way."""

_SO_ORIGINAL_DST = 80
"""linux/netfilter_ipv4.h: where the client wanted to go."""


class Handler(StreamRequestHandler):
    """One control connection."""

    answers: ClassVar[dict[str, str]] = {}

    def handle(self) -> None:
        """Pass lines on, but those that it answers itself."""
        wanted: bytes = self.request.getsockopt(socket.SOL_IP, _SO_ORIGINAL_DST, 16)
        port, address = struct.unpack("!2xH4s8x", wanted)
        with socket.socket() as server:
            server.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, FORWARDED)
            server.connect((socket.inet_ntoa(address), port))
            Thread(target=self._back, args=(server,), daemon=True).start()
            with suppress(OSError):
                for line in self.rfile:
                    answer = self.answers.get(line.split(maxsplit=1)[0].decode().upper())
                    if answer:
                        self.wfile.write(f"{answer}\r\n".encode())
                    else:
                        server.sendall(line)

    def _back(self, server: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(4096):
                self.wfile.write(data)
            self.request.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    ThreadingTCPServer.daemon_threads = True
    ThreadingTCPServer.allow_reuse_address = True
    Handler.answers = json.loads(sys.argv[1])
    ThreadingTCPServer(("", PORT), Handler).serve_forever()
