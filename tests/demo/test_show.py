"""The demo, run as a user runs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import uuid4

import pytest

from ftpdiag.demo import show

pytestmark = pytest.mark.xdist_group("networks")

DEMO = (sys.executable, "-m", "ftpdiag", "demo")

ON_NETWORKS = (
    "FTP to 203.0.113.2 works, in passive and in active mode.",
    "Passive FTP to 203.0.113.2 works; active FTP is blocked by this machine's own firewall.",
    "Passive FTP to 203.0.113.2 is blocked",
)


def shown(command: Sequence[str], environ: Mapping[str, str] | None = None) -> str:
    """What the demo prints, its lines joined; it must end by itself, and well."""
    done = subprocess.run(
        command, env=environ, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return " ".join(done.stdout.split())


@pytest.mark.lab
def test_root_sees_three_networks(tmp_path: Path) -> None:
    """As root, three networks are probed: open, the client's firewall in the way, the server's firewall in the way.

    Nothing of them is left.
    """
    text = shown(DEMO, {**os.environ, "TMPDIR": str(tmp_path)})
    for sentence in ON_NETWORKS:
        assert sentence in text
    assert not [*tmp_path.iterdir()]


AS_ORDINARY_USER = """
mount -t tmpfs none /mnt
for part in python packages project; do
    mkdir /mnt/$part
    mount --bind "$1" /mnt/$part
    shift
done
export PATH=/usr/bin:/bin PYTHONPATH=/mnt/project:/mnt/packages LD_LIBRARY_PATH=/mnt/python/lib HOME=/mnt
exec setpriv --reuid=65534 --regid=65534 --clear-groups /mnt/python/bin/python3 -m ftpdiag demo
"""
"""Where nobody may read: this Python, its packages and this project may lie in a home of root's."""


@pytest.mark.lab
def test_an_ordinary_user_sees_the_same_networks() -> None:
    """An ordinary user, whose PATH on Debian lacks nft, gets the same networks in a user namespace of his own."""
    parts = (sys.base_prefix, sysconfig.get_path("purelib"), str(Path(__file__).parents[2]))
    text = shown(("unshare", "--mount", "sh", "-ec", AS_ORDINARY_USER, "sh", *parts))
    for sentence in ON_NETWORKS:
        assert sentence in text


def test_without_tools_a_server_on_loopback_and_a_capture_are_shown() -> None:
    """Where no networks can be built, the demo says why, and shows what it still can."""
    text = shown(DEMO, {**os.environ, "PATH": "/nonexistent"})
    assert re.search("No small networks today: .*unshare, nsenter is not installed", text)
    assert "works, in passive and in active mode." in text
    assert "[active-dropped-by-client-host]" in text


@pytest.mark.lab
def test_nothing_is_left_behind() -> None:
    """After the demo no process and no interface of it remains."""
    mark = f"FTPDIAG_DEMO={uuid4()}"
    before = sorted(Path("/sys/class/net").iterdir())
    shown(("env", mark, *DEMO))
    assert sorted(Path("/sys/class/net").iterdir()) == before
    assert [path for path in Path("/proc").glob("[0-9]*/environ") if mark in environment(path)] == []


def environment(path: Path) -> str:
    """The environment of a process; nothing where it has ended meanwhile."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def test_the_bundled_capture_is_one_of_the_lab() -> None:
    """The capture that ships is the lab's own, byte for byte."""
    recorded = Path(__file__).parents[2] / "captures/active-dropped-by-client-host-pyftpdlib/client.pcap"
    assert show.CAPTURE.read_bytes() == recorded.read_bytes()
