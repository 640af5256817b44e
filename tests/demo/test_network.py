import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ftpdiag.demo.network import Host, Network, NetworkUnavailableError

pytestmark = [pytest.mark.lab, pytest.mark.xdist_group("networks")]  # they count processes, so one at a time

LISTENER = "import socket; socket.create_server(('::', 2121), family=socket.AF_INET6, dualstack_ipv6=True).accept()"
CALLER = "import socket, sys; print(socket.create_connection((sys.argv[1], 2121), 2).getsockname()[0])"
CHOOSER = "import socket; chosen = socket.socket(); chosen.bind(('', 0)); print(chosen.getsockname()[1])"


def _routed(network: Network) -> tuple[Host, Host, Host]:
    client, router, server = network.host("client"), network.router("router"), network.host("server")
    network.link(router, client, "198.51.100.0/30", "2001:db8:1::/64")
    network.link(router, server, "203.0.113.0/30", "2001:db8:2::/64")
    client.ip("route add default via 198.51.100.1", "route add default via 2001:db8:1::1")
    server.ip("route add default via 203.0.113.1", "route add default via 2001:db8:2::1")
    return client, router, server


@pytest.mark.parametrize(
    ("family", "server_address", "client_address"),
    [("ip", "203.0.113.2", "198.51.100.2"), ("ip6", "2001:db8:2::2", "2001:db8:1::2")],
)
def test_hosts_reach_each_other_through_a_router_until_its_firewall_objects(
    tmp_path: Path, family: str, server_address: str, client_address: str
) -> None:
    """The same call gets through, then does not, and between the two only a ruleset was loaded."""
    with Network() as network, (tmp_path / "log").open("w") as log:
        client, router, server = _routed(network)
        server.start(sys.executable, "-c", LISTENER, log=log)
        server.wait_for_listener(2121)
        assert client.run(sys.executable, "-c", CALLER, server_address).stdout == f"{client_address}\n"
        router.nft(f"table {family} f {{\n chain c {{\n type filter hook forward priority 0; policy drop\n }}\n}}")
        assert "timed out" in client.run(sys.executable, "-c", CALLER, server_address).stderr


def test_nobody_calls_from_a_port_that_servers_offer_for_data() -> None:
    """The kernel passes by 50000-50100, so that a rule against these ports stops no answer to a control connection."""
    narrow = "echo 50000 50101 > /proc/sys/net/ipv4/ip_local_port_range"
    with Network() as network:
        host = network.host("host")
        host.run("sh", "-c", narrow)
        assert host.run(sys.executable, "-c", CHOOSER).stdout == "50101\n"


def test_waiting_for_a_listener_that_never_comes_ends() -> None:
    """A server that did not start is an error with its host's name, not a hang."""
    with Network() as network, pytest.raises(TimeoutError, match="port 21 of lonely"):
        network.host("lonely").wait_for_listener(21, patience=0.1)


def test_a_network_ends_with_everything_that_runs_in_it(tmp_path: Path) -> None:
    """Leaving the `with` ends what was started there, also what put itself in the background."""
    with Network() as network, (tmp_path / "log").open("w") as log:
        host = network.host("host")
        host.run("sh", "-c", "exec >/dev/null 2>&1; setsid sleep 4242 &")
        started = host.start("sleep", "4242", log=log)
        _expect_sleepers(2)
    assert started.poll() is not None
    _expect_sleepers(0)


def test_a_network_dies_with_its_owner() -> None:
    """Even an owner that is killed leaves no process behind."""
    script = (
        "from ftpdiag.demo.network import Network; import time\n"
        "with Network() as network:\n"
        "    host = network.host('orphan'); host.run('sh', '-c', 'exec >/dev/null 2>&1; sleep 4242 &')\n"
        "    print(flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        owner.stdout.readline()
        _expect_sleepers(1)
        os.kill(owner.pid, signal.SIGKILL)
    _expect_sleepers(0)


def test_what_the_machine_does_not_allow_is_said() -> None:
    """Without the right to make namespaces there is one error, in unshare's own words."""
    script = "from ftpdiag.demo.network import Network\nwith Network() as network: network.host('no')"
    done = subprocess.run(
        ["setpriv", "--bounding-set=-all", sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1].endswith(
        f"{NetworkUnavailableError.__name__}: unshare: unshare failed: Operation not permitted"
    )


def _expect_sleepers(number: int) -> None:
    """So many of the processes that these tests start come to be alive."""
    deadline = time.monotonic() + 5
    while _sleepers() != number and time.monotonic() < deadline:
        time.sleep(0.01)
    assert _sleepers() == number


def _sleepers() -> int:
    commands = (path.joinpath("cmdline") for path in Path("/proc").iterdir() if path.name.isdigit())
    return sum(_read(command) == b"sleep\x004242\x00" for command in commands)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it ended meanwhile
        return b""
