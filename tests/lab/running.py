"""A case -> its network, up; and the probe, run in it from the client as a user would."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from subprocess import CompletedProcess

from ftpdiag.demo.network import Host, Network
from tests.lab import layout, nat64, proxy, server
from tests.lab.case import Case
from tests.lab.site import Site

FTPDIAG = (sys.executable, "-m", "ftpdiag")

NEEDED = "The lab needs root, and the servers and packages that `./run tests` fetches."


def runnable() -> bool:
    """Networks can be built here, and the servers are there."""
    return os.geteuid() == 0 and server.UNPACKED.is_dir() and find_spec("trustme") is not None


LOOK_UP = """
mount --bind "$1" /etc/hosts
shift
exec "$@"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The network of a case, with all that is wrong in it."""

    case: Case
    folder: Path
    """Of this run alone; the client's home."""
    site: Site
    hosts: Mapping[str, Host]

    def probe(self, *options: str) -> CompletedProcess[str]:
        """Run the probe of the case from the client, with more options; that it ended well is the caller's to ask."""
        return self.hosts["client"].run(
            *("env", f"HOME={self.folder}"),
            *self._knowing_names(),
            *("setpriv", f"--bounding-set={','.join(f'-{name}' for name in self.case.without) or '+all'}"),
            *(*FTPDIAG, "probe", self.case.target, *options),
            *(option.format(ca=self.site.authority) for option in self.case.options),
        )

    def _knowing_names(self) -> tuple[str, ...]:
        """Runs a command where the names of the case have their addresses."""
        if not self.case.names:
            return ()
        lines = (f"{one} {name}\n" for name, addresses in self.case.names.items() for one in addresses)
        return "unshare", "--mount", "sh", "-ec", LOOK_UP, "look-up", str(self.site.write("hosts", "".join(lines)))


@contextmanager
def staged(case: Case, folder: Path) -> Iterator[Scene]:
    """Build the network of a case for as long as the block runs; `folder` keeps what its programs write."""
    site = Site(folder / "site")
    with Network() as network:
        hosts = layout.build(network, case.layout)
        if case.server is not None:
            server.start(hosts["server"], site, case.server)
        if case.second_server is not None:
            server.start(hosts["second-server"], Site(folder / "second"), case.second_server)
        for name, answers in case.proxies.items():
            with (folder / "proxy.log").open("w") as log:
                hosts[name].start(sys.executable, "-m", proxy.__name__, json.dumps(dict(answers)), log=log)
            hosts[name].wait_for_listener(proxy.PORT)
        if case.nat64:
            _translate(hosts[case.nat64], folder / "nat64.log")
        for name, changes in case.routes.items():
            hosts[name].ip(*changes)
        for name, ruleset in case.firewall.items():
            hosts[name].nft(ruleset)
        yield Scene(case=case, folder=folder, site=site, hosts=hosts)


def _translate(router: Host, path: Path) -> None:
    """Return once the NAT64 is up."""
    with path.open("w") as log:
        process = router.start(sys.executable, "-m", nat64.__name__, log=log)
    while "up" not in path.read_text():
        if process.poll() is not None:
            raise OSError(f"the NAT64 ended: {path.read_text()}")
        time.sleep(0.01)
