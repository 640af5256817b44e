"""A proxy that nobody asked for: it takes the control connections that nft redirects to it, and speaks in their names.

Run as a program: `proxy.py ANSWERS`, in JSON: commands that it answers itself, and how; "greeting" is what it says in
place of the server's, "server" the address that it leads to in place of the one that the client wanted.
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

CONTROL_PORT = 21

MAPPED = "::ffff:"
"""RFC 4291 §2.5.5.2: how an IPv6 socket names an address of IPv4."""

FORWARDED = 60
"""The TTL of what it sends on: it does not pass for the first machine on the way."""

_SO_ORIGINAL_DST = 80
"""linux/netfilter_ipv4.h, linux/netfilter_ipv6/ip6_tables.h: where the client wanted to go."""


class Handler(StreamRequestHandler):
    """One control connection."""

    answers: ClassVar[dict[str, str]] = {}

    def handle(self) -> None:
        """Pass lines on, but those that it answers itself."""
        with socket.socket(socket.AF_INET6) as server:
            server.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, FORWARDED)
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, FORWARDED)
            server.connect(self._wanted())
            Thread(target=self._back, args=(server,), daemon=True).start()
            with suppress(OSError):
                for line in self.rfile:
                    answer = self.answers.get(line.split(maxsplit=1)[0].decode().upper())
                    if answer:
                        self.wfile.write(f"{answer}\r\n".encode())
                    else:
                        server.sendall(line)

    def _wanted(self) -> tuple[str, int]:
        if server := self.answers.get("server"):
            return server, CONTROL_PORT
        if self.client_address[0].startswith(MAPPED):
            four: bytes = self.request.getsockopt(socket.SOL_IP, _SO_ORIGINAL_DST, 16)
            port, address = struct.unpack("!2xH4s8x", four)
            return MAPPED + socket.inet_ntoa(address), port
        six: bytes = self.request.getsockopt(socket.IPPROTO_IPV6, _SO_ORIGINAL_DST, 28)
        port, address = struct.unpack("!2xH4x16s4x", six)
        return socket.inet_ntop(socket.AF_INET6, address), port

    def _back(self, server: socket.socket) -> None:
        with suppress(OSError):
            if greeting := self.answers.get("greeting"):
                server.recv(4096)
                self.wfile.write(f"{greeting}\r\n".encode())
            while data := server.recv(4096):
                self.wfile.write(data)
            self.request.shutdown(socket.SHUT_WR)


class Proxy(ThreadingTCPServer):
    """Listens, on IPv4 and IPv6."""

    address_family = socket.AF_INET6
    daemon_threads = True
    allow_reuse_address = True


if __name__ == "__main__":
    Handler.answers = json.loads(sys.argv[1])
    Proxy(("::", PORT), Handler).serve_forever()
