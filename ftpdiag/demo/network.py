"""Hosts and wires, asked for by name -> network namespaces in which commands run.

Nothing stays behind. A host is a PID namespace as well, and its first process reads a pipe that only we hold: when that
closes, at the end of the `with` or by our own death, the kernel ends all processes of the host, then its interfaces.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_interface, ip_network
from pathlib import Path
from types import TracebackType
from typing import IO, Self

SETTINGS: Mapping[str, int | str] = {
    "ipv4/conf/all/rp_filter": 0,
    "ipv4/conf/default/rp_filter": 0,
    "ipv4/icmp_ratelimit": 0,
    "ipv6/icmp/ratelimit": 0,
    "ipv6/conf/default/accept_ra": 0,
    "ipv6/conf/default/router_solicitations": 0,
    "ipv6/conf/default/accept_dad": 0,
    "ipv4/ip_local_reserved_ports": "50000-50100",
}
"""Every path is allowed, every error is reported each time, and IPv6 adds no traffic of its own.

Nobody calls from a port that servers offer for data: a rule against those ports would stop the answers.
"""

FORWARDING = {"ipv4/ip_forward": 1, "ipv6/conf/all/forwarding": 1}

BOOT = """
ip link set lo up
for setting; do
    file=/proc/sys/net/${setting%=*}
    if [ -e "$file" ]; then echo "${setting#*=}" > "$file"; fi
done
exec cat
"""
"""The life of a host. `cat` says back what it hears, so an echo means: up."""


class NetworkUnavailableError(Exception):
    """No network can be built on this machine; the message says what refused."""


class Host:
    """A machine of the network. Built by `Network.host`."""

    def __init__(self, name: str, settings: Mapping[str, int | str]) -> None:
        self.name = name
        assignments = [f"{path}={value}" for path, value in settings.items()]
        try:
            self._holder = subprocess.Popen(
                ["unshare", "--net", "--pid", "--fork", "--kill-child", "sh", "-ec", BOOT, name, *assignments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        except OSError as error:
            raise NetworkUnavailableError(f"unshare cannot be run: {error.strerror}") from error
        self._started: list[subprocess.Popen[str]] = []

    @property
    def pid(self) -> int:
        """A process that lives as long as the host, in its network namespace."""
        return self._holder.pid

    def run(self, *command: str, given: str = "", timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a command here to its end, `given` on its standard input."""
        return subprocess.run(
            self.inside(*command), input=given, capture_output=True, text=True, timeout=timeout, check=False
        )

    def start(self, *command: str, log: IO[str]) -> subprocess.Popen[str]:
        """Start a command here that lasts until the network ends; what it prints goes to `log`."""
        process = subprocess.Popen(
            self.inside(*command), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, text=True
        )
        self._started.append(process)
        return process

    def ip(self, *lines: str) -> None:
        """Configure the host in the words of `ip -batch`, one command a line: `address add …`, `route add …`."""
        self._configure("ip", "-batch", "-", given="\n".join(lines))

    def nft(self, ruleset: str) -> None:
        """Load an nftables ruleset."""
        self._configure("nft", "-f", "-", given=ruleset)

    def wait_for_listener(self, port: int, patience: float = 10) -> None:
        """Return once something here listens on the TCP port; TimeoutError if nothing comes to."""
        deadline = time.monotonic() + patience
        while not self._listens(port):
            if time.monotonic() > deadline:
                raise TimeoutError(f"nothing listens on port {port} of {self.name} after {patience} s")
            time.sleep(0.005)

    def wait_until_up(self) -> None:
        """Return once the host is ready to be wired."""
        stdin, stdout, stderr = self._pipes()
        with suppress(BrokenPipeError):
            stdin.write("\n")
            stdin.flush()
        if stdout.readline() != "\n":
            raise NetworkUnavailableError(stderr.read().strip() or "unshare made no namespace")

    def end(self) -> None:
        """Close the pipe: everything that runs here ends."""
        stdin, stdout, stderr = self._pipes()
        with suppress(BrokenPipeError):
            stdin.close()
        for process in (self._holder, *self._started):
            process.wait()
        stdout.close()
        stderr.close()

    def _pipes(self) -> tuple[IO[str], IO[str], IO[str]]:
        holder = self._holder
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stderr is not None
        return holder.stdin, holder.stdout, holder.stderr

    def inside(self, *command: str) -> list[str]:
        """A command as this machine must call it to run it here."""
        namespaces = f"/proc/{self.pid}/ns"
        return ["nsenter", f"--net={namespaces}/net", f"--pid={namespaces}/pid_for_children", "--", *command]

    def _configure(self, *command: str, given: str) -> None:
        done = self.run(*command, given=given)
        if done.returncode:
            raise NetworkUnavailableError(f"{command[0]} on {self.name}: {done.stderr.strip()}\n{given}")

    def _listens(self, port: int) -> bool:
        # proc_net_tcp(5): the local address is HEX:PORT, and state 0A is LISTEN.
        tables = (Path(f"/proc/{self.pid}/net/{table}") for table in ("tcp", "tcp6"))
        rows = [line.split() for table in tables if table.exists() for line in table.read_text().splitlines()[1:]]
        return any(row[1].endswith(f":{port:04X}") and row[3] == "0A" for row in rows)


class Network:
    """A set of hosts. Leaving the `with` ends them all."""

    def __init__(self) -> None:
        self._hosts: list[Host] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for host in self._hosts:
            host.end()

    def host(self, name: str) -> Host:
        """Add a host."""
        return self._add(Host(name, SETTINGS))

    def router(self, name: str) -> Host:
        """Add a host that forwards."""
        return self._add(Host(name, {**SETTINGS, **FORWARDING}))

    def link(self, first: Host, second: Host, *subnets: str) -> None:
        """Lay a wire; `first` gets the first address of each subnet, `second` the second.

        The interface at each end is named after the host at the other.
        """
        done = subprocess.run(
            ["ip", "link", "add", second.name, "netns", str(first.pid), "type", "veth",
             "peer", "name", first.name, "netns", str(second.pid)],
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise NetworkUnavailableError(f"no wire between {first.name} and {second.name}: {done.stderr.strip()}")
        for place, (here, there) in enumerate(((first, second), (second, first)), start=1):
            addresses = (ip_interface((ip_network(subnet)[place], ip_network(subnet).prefixlen)) for subnet in subnets)
            here.ip(f"link set {there.name} up", *(f"address add {address} dev {there.name}" for address in addresses))

    def _add(self, host: Host) -> Host:
        self._hosts.append(host)
        host.wait_until_up()
        return host
