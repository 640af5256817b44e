from __future__ import annotations

import socket
from contextlib import suppress
from ctypes.util import find_library
from types import SimpleNamespace

import pytest

from ftpdiag.model import Flag, Packet, Segment
from ftpdiag.recording.tap import sniffer
from ftpdiag.recording.tap.sniffer import Sniffer


@pytest.mark.lab
@pytest.mark.usefixtures("network")
@pytest.mark.skipif(not find_library("pcap"), reason="scapy's own filter needs libpcap")
def test_instead_of_a_packet_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are no packet sockets, scapy's own socket serves the sniffer."""
    monkeypatch.setattr(sniffer, "socket", SimpleNamespace())
    seen: list[Packet] = []
    with (
        Sniffer(interface="lo", control_ports=(21,), servers=["127.0.0.1"], feed=seen.append),
        socket.socket() as caller,
        suppress(ConnectionRefusedError),
    ):
        caller.connect(("127.0.0.1", 4711))
    assert {packet.flags for packet in seen if isinstance(packet, Segment)} == {Flag.SYN, Flag.RST | Flag.ACK}
