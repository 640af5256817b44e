"""A host of the lab -> what passed it, as a capture file: all interfaces, each packet once, passwords blanked.

Run as a program it watches until its standard input ends: `tap.py FILE CONTROL_PORT…`.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from select import select
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ftpdiag.demo.network import Host
    from ftpdiag.recording.frames.packets import Frame

SERVERS = (
    *("203.0.113.2", "203.0.113.3", "10.2.0.2", "2001:db8:5::2", "64:ff9b::203.0.113.2"),
    *("203.0.113.1", "2001:db8:5::1"),
)
"""What the server of a case may be called, on either side of a NAT, or of a proxy on its edge."""

_ON_ITS_WAY = 0.05
"""Seconds for what is still under way when the client is done: a RST or FIN to a server that goes on."""


@contextmanager
def tapped(host: Host, path: Path, control_ports: Collection[int]) -> Iterator[None]:
    """Watch `host` for as long as the block runs, then write the capture."""
    program = subprocess.Popen(
        host.inside(sys.executable, "-m", __name__, str(path), *map(str, control_ports)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert program.stdin is not None
    assert program.stdout is not None
    with program:
        if program.stdout.readline() != b"watching\n":
            raise OSError(f"the tap at {host.name} did not start")
        yield
        program.stdin.close()
        said = program.stdout.read()
    if program.returncode or said != b"0\n":
        raise OSError(f"the tap at {host.name} lost packets or failed: {said.decode()}")


def _watch(path: Path, control_ports: Collection[int]) -> int:
    """How many packets were lost."""
    from ftpdiag.recording.captures import capture  # noqa: PLC0415 - by the program only
    from ftpdiag.recording.tap.kernel_filter import watching  # noqa: PLC0415 - ditto
    from ftpdiag.recording.tap.packet_socket import PacketSocket  # noqa: PLC0415 - ditto

    socket = PacketSocket(None, watching(SERVERS, control_ports))
    print("watching", flush=True)  # noqa: T201 - to whoever waits
    frames: list[Frame] = []
    while not select([sys.stdin], [], [], 0)[0]:
        select([sys.stdin, socket], [], [])
        frames += socket.receive()
    select([], [], [], _ON_ITS_WAY)
    frames += socket.receive()
    with path.open("wb") as file:
        capture.write(file, frames, control_ports=control_ports)
    dropped = socket.dropped
    socket.close()
    return dropped


if __name__ == "__main__":
    print(_watch(Path(sys.argv[1]), [int(port) for port in sys.argv[2:]]))  # noqa: T201 - to whoever waits
