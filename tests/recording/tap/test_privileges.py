from __future__ import annotations

import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ftpdiag.model import Packet
from ftpdiag.recording.tap import privileges
from ftpdiag.recording.tap.sniffer import Sniffer


def in_thread(action: Callable[[], None]) -> None:
    """Privileges are a thread's own: what is given up here is not given up by the other tests."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(action).result()


READ = f"{1 << 2:016x}"
"""CAP_DAC_READ_SEARCH."""


def status() -> dict[str, str]:
    """What the kernel says about this thread."""
    lines = Path("/proc/thread-self/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


@pytest.mark.lab
def test_dropped() -> None:
    """Nothing is left of root's rights but its user and the right to read; programs it starts regain none."""

    def act() -> None:
        privileges.drop()
        now = status()
        assert {now["CapEff"], now["CapPrm"]} == {READ}
        assert {now["CapInh"], now["CapAmb"]} == {"0" * 16}
        assert now["NoNewPrivs"] == "1"
        assert os.geteuid() == 0
        with pytest.raises(PermissionError):
            socket.socket(socket.AF_PACKET, socket.SOCK_RAW)

    in_thread(act)


@pytest.mark.lab
def test_sniffer_goes_on() -> None:
    """A sniffer that is open needs no right any more to start, to listen and to stop."""
    seen: list[Packet] = []

    def act() -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            sniffer = Sniffer(interface="lo", control_ports=(port,), servers=["127.0.0.1"], feed=seen.append)
            privileges.drop()
            with sniffer, socket.create_connection(("127.0.0.1", port)):
                pass

    in_thread(act)
    assert seen


def test_nothing_to_drop() -> None:
    """Twice is once, and an ordinary user has nothing to give up."""

    def act() -> None:
        privileges.drop()
        privileges.drop()
        assert status()["CapEff"] == (READ if os.geteuid() == 0 else "0" * 16)

    in_thread(act)


def test_other_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are no capabilities, nothing happens."""
    monkeypatch.setattr("sys.platform", "darwin")
    before = status()["CapEff"]
    privileges.drop()
    assert status()["CapEff"] == before
