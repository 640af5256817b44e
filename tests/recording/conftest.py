from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from scapy.packet import Packet

from tests.recording.namespace import ip, namespace, wait_for_carrier


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a test's capture is."""
    return tmp_path / "one.pcap"


@pytest.fixture
def network() -> Iterator[None]:
    """A namespace of our own."""
    with namespace():
        yield


@pytest.fixture
def cable(network: None) -> Iterator[Callable[[Packet], None]]:  # noqa: ARG001 - it is where the cable lies
    """Puts a frame on the far end of a cable whose near end is `near`."""
    ip("link add near type veth peer name far")
    ip("link set near up")
    ip("link set far up")
    wait_for_carrier("near", "far")
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as far:
        far.bind(("far", 0))

        def send(frame: Packet) -> None:
            far.send(bytes(frame))

        yield send
