"""What a case asks of its server -> that server, listening.

Each product is one file of `products/`: a function `command` that writes the configuration and names the program.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from pathlib import Path

from ftpdiag.demo.network import Host
from tests.lab.site import Site

UNPACKED = Path(__file__).parents[2] / ".servers"
"""Where `./run tests` leaves the servers' packages."""


class Encryption(StrEnum):
    """What the server offers or demands."""

    NONE = "none"
    EXPLICIT = "explicit"
    REQUIRED = "required"
    IMPLICIT = "implicit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What a case asks for."""

    product: str
    port: int
    tls: Encryption
    tls_version: str | None
    """Of 1.2 and 1.3 the only one spoken; none: both."""
    config: str
    """More lines of the product's own configuration."""
    occupants: int
    """How many others are connected when the probe comes."""


OPENSSL = """
openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = one
[one]
MinProtocol = TLSv{version}
MaxProtocol = TLSv{version}
"""

OCCUPY = """
import os, socket, sys, time
connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
connection.recv(1)
if os.fork():
    os._exit(0)
os.close(1)
os.close(2)
time.sleep(600)
"""
"""Connects, waits for the greeting, returns, and stays connected from the background."""


def start(host: Host, site: Site, server: Server) -> None:
    """Start the server and wait until it listens."""
    product = import_module(f"tests.lab.products.{server.product.replace('-', '_')}")
    command: list[str] = product.command(site, server)
    if server.tls_version is not None:
        settings = site.write("openssl.cnf", OPENSSL.format(version=server.tls_version))
        command = ["env", f"OPENSSL_CONF={settings}", *command]
    with site.log.open("w") as log:
        host.start(*site.inside(*command), log=log)
    try:
        host.wait_for_listener(server.port)
    except TimeoutError as error:
        raise TimeoutError(f"{error}; {server.product} said:\n{site.log.read_text()}") from error
    for _ in range(server.occupants):
        host.run(sys.executable, "-c", OCCUPY, str(server.port))
