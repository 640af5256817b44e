"""An interface -> its frames by the socket that scapy has for this system, where there are no packet sockets."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from typing import Any

from ftpdiag.recording.clock import kept
from ftpdiag.recording.frames.packets import Frame

_FILTER = (
    "(tcp and ({hosts})) or icmp or icmp6"
    " or (tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0) or (ip6[6] == 6 and ip6[53] & 7 != 0)"
)
"""As close to the kernel filter as pcap-filter(7) comes; its `tcp[...]` is IPv4 only."""


class PortableSocket:
    """Watches an interface from its creation on, as far as scapy and libpcap can here."""

    dropped = 0
    """Not known: libpcap counts what it lost, scapy does not ask."""

    def __init__(self, interface: str, servers: Collection[str]) -> None:
        import scapy.layers.inet6  # noqa: F401, PLC0415 - a layer tells its link type once it is loaded
        from scapy.config import conf  # noqa: PLC0415

        hosts = " or ".join(f"host {server.partition('%')[0]}" for server in servers)
        self._link_types = conf.l2types.layer2num
        self._socket: Any = conf.L2listen(iface=interface, filter=_FILTER.format(hosts=hosts), promisc=False)
        self.select = self._socket.select
        self.fileno = self._socket.fileno
        self.close = self._socket.close

    def receive(self) -> Iterator[Frame]:
        """What has arrived; does not wait."""
        while self.select([self._socket], 0):
            layer, data, at = self._socket.recv_raw()
            if data:
                link_type = self._link_types.get(layer, -1)
                yield Frame(at=kept(float(at or time.time())), data=data, length=len(data), link_type=link_type)

    def shut(self) -> None:
        """Take nothing more: cannot be done here, and is needed only where traffic never pauses."""
