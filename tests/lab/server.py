"""What a case asks of its server -> that server, listening.

Each product is one file of `products/`: a function `command` that writes the configuration and names the program.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from socket import AF_INET, AF_INET6

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
    holders: int
    """How many others, over each version of IP, have logged in and hold a passive port."""


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

HOLD = """
import ftplib, os, socket, sys, time
family = int(sys.argv[2])
way = socket.socket(family, socket.SOCK_DGRAM)
way.connect(("2001:db8:c::2" if family == socket.AF_INET6 else "198.51.100.2", 9))
while True:
    client = ftplib.FTP()
    client.connect(way.getsockname()[0], int(sys.argv[1]))
    client.login()
    try:
        client.sendcmd("EPSV")
    except ftplib.error_perm as refusal:
        if "vsf_sysutil_bind" not in str(refusal):
            raise
    else:
        break
if os.fork():
    os._exit(0)
os.close(1)
os.close(2)
time.sleep(600)
"""
"""Logs in at the server's own address, is given a passive port, returns, and keeps it from the background.

vsftpd guesses nine times which port is free, and gives up: where it is one of two, one login in 512 ends so.
"""


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
        host.run(sys.executable, "-c", OCCUPY, str(server.port)).check_returncode()
    for _ in range(server.holders):
        for family in AF_INET, AF_INET6:
            host.run(sys.executable, "-c", HOLD, str(server.port), str(int(family))).check_returncode()
