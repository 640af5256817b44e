"""How long a probe takes, beside its peers, in one run: `python -m tests.benchmarks.probing` (root, curl, nft).

Exits 1 when a promise is broken: `--help` within 1.5 times `import typer`; an open server on loopback, all four
handshakes with sniffing, within 0.6 s and 12 times four calls of curl; everything dropped within 4.5 s beyond start-up.
"""

from __future__ import annotations

import statistics
import sys
from tempfile import TemporaryFile

from ftpdiag.demo.network import Network
from tests.benchmarks.stopwatch import race, seconds

PYTHON = sys.executable
FTPDIAG = (PYTHON, "-m", "ftpdiag")

FOUR_CALLS = """
curl -s --disable-epsv ftp://127.0.0.1/ && curl -s ftp://127.0.0.1/ &&
curl -s -P - --disable-eprt ftp://127.0.0.1/ && curl -s -P - ftp://127.0.0.1/
"""

DATA_DROPPED = """
table inet filter {
    chain output {
        type filter hook postrouting priority filter
        tcp flags & (syn | ack) == syn tcp dport != 21 drop
    }
}
"""
"""At both ends, after the tap: neither side's SYN for a data connection arrives at the other."""


def main() -> int:
    """Measure, print, and hold the promises."""
    kept = [_start_up(), _open_server(), _everything_dropped()]
    return 0 if all(kept) else 1


def _start_up() -> bool:
    result = race((*FTPDIAG, "--help"), (PYTHON, "-c", "import typer"))
    return _promise("ftpdiag --help beside import typer", str(result), kept=result.ratio <= 1.5)


def _open_server() -> bool:
    with Network() as network, TemporaryFile("w", encoding="utf-8") as log:
        host = network.host("loopback")
        host.start(PYTHON, "-m", "ftpdiag.demo.server", "127.0.0.1", "21", log=log)
        host.wait_for_listener(21)
        result = race(host.inside(*FTPDIAG, "probe", "127.0.0.1"), host.inside("sh", "-ec", FOUR_CALLS))
    kept = statistics.median(result.ours) <= 0.6 and result.ratio <= 12
    return _promise("an open server on loopback beside four calls of curl", str(result), kept=kept)


def _everything_dropped() -> bool:
    with Network() as network, TemporaryFile("w", encoding="utf-8") as log:
        client, firewall, server = network.host("client"), network.router("firewall"), network.host("server")
        network.link(firewall, client, "198.51.100.0/30")
        network.link(firewall, server, "203.0.113.0/30")
        client.ip("route add default via 198.51.100.1")
        server.ip("route add default via 203.0.113.1")
        server.start(PYTHON, "-m", "ftpdiag.demo.server", "203.0.113.2", "21", log=log)
        server.wait_for_listener(21)
        probe = client.inside(*FTPDIAG, "probe", "203.0.113.2")
        start_up = statistics.median(seconds(probe) for _ in range(3))
        firewall.nft(DATA_DROPPED)
        dropped = statistics.median(seconds(probe) for _ in range(3))
    text = f"{dropped:.2f} s, of which start-up and the open handshakes {start_up:.2f} s"
    return _promise("everything dropped", text, kept=dropped - start_up <= 4.5)


def _promise(what: str, measured: str, *, kept: bool) -> bool:
    print(f"{'kept  ' if kept else 'BROKEN'}  {what}: {measured}")
    return kept


if __name__ == "__main__":
    sys.exit(main())
