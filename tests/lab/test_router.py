"""A capture on all interfaces of a router, as `tcpdump -i any` makes it: each packet comes in, and goes out."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.lab.case import cases
from tests.lab.running import FTPDIAG, staged
from tests.lab.steady import steadily

pytestmark = pytest.mark.lab

CASES = {case.name: case for case in cases()}

ANY = """
import socket, struct, sys, time
tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
with open(sys.argv[1], "wb", buffering=0) as file:
    file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
    print("watching", flush=True)
    while True:
        packet, (_, kind, *_) = tap.recvfrom(65535)
        seconds, fraction = divmod(time.time(), 1)
        if kind in (0x0800, 0x86DD):
            file.write(struct.pack("<IIII", int(seconds), int(fraction * 1e6), len(packet), len(packet)) + packet)
"""
"""Writes what every interface receives and sends to a capture of raw IP."""


@pytest.mark.parametrize(
    ("name", "router", "cause", "dropped"),
    [
        ("passive-port-dropped-by-provider", "provider", "passive-port-dropped", True),
        ("active-inbound-dropped-by-provider", "provider", "active-inbound-dropped", True),
        ("passive-port-dropped-by-server-nat", "server-edge", "passive-port-dropped", True),
        ("passive-port-dropped-by-server", "provider", "passive-port-dropped", False),
    ],
)
def test_the_router_that_drops(name: str, router: str, cause: str, *, dropped: bool, tmp_path: Path) -> None:
    """A SYN that does not come out of it is lost there; one that does is lost farther on, and who knows where."""

    def captured() -> Path:
        folder = Path(mkdtemp(dir=tmp_path))
        with staged(CASES[name], folder) as scene:
            log = folder / "tap.log"
            with log.open("w") as said:
                scene.hosts[router].start(sys.executable, "-c", ANY, str(folder / "any.pcap"), log=said)
            while "watching" not in log.read_text():
                time.sleep(0.01)
            scene.probe("--no-follow-up")
        return folder / "any.pcap"

    done = subprocess.run(
        [*FTPDIAG, "replay", str(steadily(captured)), "--format", "json"], capture_output=True, text=True, check=False
    )
    found = [one for one in json.loads(done.stdout)["findings"] if one["cause"] == cause]
    told = {(one["location"], "between the two sides of a router" in one["summary"]) for one in found}
    assert (("path", True) in told) is dropped
    assert found
    assert dropped or not any(here for _, here in told)
