"""The demo: three small networks and their reports; where none can be built, loopback and a bundled capture."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryFile

from msgspec import Struct

from ftpdiag.demo.network import Host, Network, NetworkUnavailableError

SERVER = "203.0.113.2"
"""RFC 5737, for documentation: no such host exists outside the demo's own networks."""

CAPTURE = Path(__file__).with_name("call-back-dropped.pcap")

TOOLS = {"ip": "iproute2", "nft": "nftables", "unshare": "util-linux", "nsenter": "util-linux"}
"""What builds the networks, and the Debian package that has it."""

_OF_ROOT = ("/usr/sbin", "/sbin")
"""Where nft is, which Debian leaves out of an ordinary user's PATH."""

AS_ROOT_OF_OUR_OWN = ("unshare", "--map-root-user", "--net", "--fork", "--kill-child", "--")
"""An ordinary user is root in a user namespace of his own."""

UNEXPECTED = 5
"""Internal error: a report did not find what its network was built to show."""


class Scene(Struct, frozen=True, kw_only=True):
    """One network, and what a probe through it must end with."""

    title: str
    exit_code: int
    firewall: str | None = None
    """The host that filters, and how."""
    ruleset: str = ""


SCENES = (
    Scene(title="An open network: nothing is in the way.", exit_code=0),
    Scene(
        title="The firewall of the client's own machine drops the server's call-back.",
        exit_code=1,
        firewall="client",
        ruleset="""
            table inet demo {
                chain input {
                    type filter hook input priority filter; policy drop;
                    iifname "lo" accept
                    ct state established,related accept
                    meta l4proto { icmp, icmpv6 } accept
                }
            }
        """,
    ),
    Scene(
        title="The firewall in front of the server lets in port 21 only.",
        exit_code=1,
        firewall="firewall",
        ruleset="""
            table inet demo {
                chain forward {
                    type filter hook forward priority filter; policy drop;
                    ct state established accept
                    iifname "client" tcp dport 21 accept
                    iifname "server" accept
                }
            }
        """,
    ),
)


def run() -> int:
    """Show the demo; the exit code: 0 when every report found what its network was built to show."""
    os.environ["PATH"] = os.pathsep.join((os.environ.get("PATH", os.defpath), *_OF_ROOT))
    missing = {command: package for command, package in TOOLS.items() if not shutil.which(command)}
    if missing:
        return _on_loopback(f"{', '.join(missing)} is not installed (package {', '.join(set(missing.values()))}).")
    if os.geteuid() != 0:
        refusal = _refusal()
        if refusal:
            return _on_loopback(f"this user may not make network namespaces ({refusal}).")
        again = [*AS_ROOT_OF_OUR_OWN, sys.executable, "-m", "ftpdiag", "demo"]
        return subprocess.run(again, check=False).returncode
    try:
        codes = [_show(number, scene) for number, scene in enumerate(SCENES, 1)]
    except NetworkUnavailableError as error:
        return _on_loopback(f"no network namespaces can be built here ({error}).")
    return max(codes)


def _refusal() -> str:
    """Why the system lets an ordinary user make no user namespace; empty when it does."""
    tried = subprocess.run([*AS_ROOT_OF_OUR_OWN, "true"], capture_output=True, text=True, check=False)
    return tried.stderr.strip() if tried.returncode else ""


def _show(number: int, scene: Scene) -> int:
    with Network() as network:
        client, firewall, server = network.host("client"), network.router("firewall"), network.host("server")
        network.link(firewall, client, "198.51.100.0/30")
        network.link(firewall, server, "203.0.113.0/30")
        client.ip("route add default via 198.51.100.1")
        server.ip("route add default via 203.0.113.1")
        for host in (client, firewall):
            if host.name == scene.firewall:
                host.nft(scene.ruleset)
        with TemporaryFile("w", encoding="utf-8") as log:
            server.start(sys.executable, "-m", "ftpdiag.demo.server", SERVER, "21", log=log)
            server.wait_for_listener(21)
            _announce(f"{number}. {scene.title}", f"probe {SERVER}")
            return _probe(client, scene)


def _probe(client: Host, scene: Scene) -> int:
    done = client.run(sys.executable, "-m", "ftpdiag", "probe", SERVER)
    print(done.stdout, done.stderr, sep="", flush=True)
    return 0 if done.returncode == scene.exit_code else UNEXPECTED


def _on_loopback(why: str) -> int:
    """What can be shown without networks: an embedded server, and a capture of a blocked call-back."""
    from ftpdiag.demo.server import server  # noqa: PLC0415  half a second, for the demo without networks

    _say(f"No small networks today: {why}")
    _say("Instead, a server on this machine's loopback, and a capture from a network with a firewall.")
    embedded = server("127.0.0.1", 0)
    thread = threading.Thread(target=embedded.serve_forever, kwargs={"handle_exit": False}, daemon=True)
    thread.start()
    port = embedded.address[1]
    _announce("1. An open server on loopback.", f"probe 127.0.0.1:{port}")
    probed = _command("probe", f"127.0.0.1:{port}")
    embedded.close_all()
    _announce("2. A capture: the client's firewall drops the server's call-back.", f"replay {CAPTURE.name}")
    replayed = _command("replay", "--vantage", "client", str(CAPTURE))
    return 0 if (probed, replayed) == (0, 1) else UNEXPECTED


def _command(*arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", "ftpdiag", *arguments], check=False).returncode


def _announce(title: str, command: str) -> None:
    _say(f"{'=' * 80}\n{title}\n$ ftpdiag {command}\n")


def _say(text: str) -> None:
    print(text, flush=True)
