"""An interface or all, and the servers of interest -> their packets, handed on as they come, and the frames to save.

The socket collects from the moment it is open, before any thread runs and before scapy is imported: what a probe
does after that is seen, and the right to sniff can be given up at once.
"""

from __future__ import annotations

import os
import shlex
import socket
import sys
import time
from collections.abc import Callable, Collection
from pathlib import Path
from threading import Event
from types import SimpleNamespace, TracebackType
from typing import TYPE_CHECKING, Self

from ftpdiag.model import Flag, Packet, Segment
from ftpdiag.recording.frames.packets import Frame, parse
from ftpdiag.recording.tap.kernel_filter import watching
from ftpdiag.recording.tap.packet_socket import PacketSocket
from ftpdiag.recording.tap.portable_socket import PortableSocket

if TYPE_CHECKING:
    from scapy.sendrecv import AsyncSniffer

ON_ITS_WAY = 0.005
"""Seconds for what another processor is still handing to the tap; it takes microseconds."""
_PLENTY = 20_000
"""Frames after which data segments are no longer kept: some 10 MB."""
_DECISIVE = Flag.SYN | Flag.FIN | Flag.RST
_START = 10.0
"""Seconds that scapy's thread gets to start, on a machine with a lot else to do."""


class CannotSniff(Exception):  # noqa: N818 - a lack of rights or of an interface, not an error
    """Nothing will be seen. Its text is one sentence: what, why, and how to grant it."""


class Sniffer:
    """Watches one interface, or all but the loopback where none is named (Linux only).

    Enter it to be handed packets, leave it when the last of interest was sent.
    """

    def __init__(
        self,
        *,
        interface: str | None,
        control_ports: Collection[int],
        servers: Collection[str],
        feed: Callable[[Packet], None],
    ) -> None:
        """Open the socket; `servers` are numeric addresses. `feed` is called in scapy's thread, and last on leaving."""
        self.frames: list[Frame] = []
        """What was seen, in the order and by the numbers in which it was fed (the first is 1)."""
        self._feed = feed
        self._control_ports = frozenset(control_ports)
        self._failure: BaseException | None = None
        self._socket = _open(interface, control_ports, servers)
        self._scapy: AsyncSniffer | None = None

    @property
    def dropped(self) -> int:
        """Frames of interest that the kernel could not keep, so far; if any, what was not seen proves nothing."""
        return self._socket.dropped

    def __enter__(self) -> Self:
        try:
            from scapy.config import conf  # noqa: PLC0415 - a quarter of a second, for those who sniff

            conf.route_autoload = conf.route6_autoload = False  # the routing table, which costs half as much again
            from scapy.sendrecv import AsyncSniffer  # noqa: PLC0415 - ditto
        except ImportError as error:  # the sockets tell something all the same
            raise CannotSniff(f"Packets were not watched: scapy cannot be used ({error}).") from error
        started = Event()
        session = SimpleNamespace(recv=self._receive)
        self._scapy = AsyncSniffer(
            opened_socket=self._socket, session=lambda: session, store=False, started_callback=started.set
        )
        self._scapy.start()
        if not started.wait(_START):
            self._socket.close()
            failure = self._scapy.exception
            raise CannotSniff(f"Packets were not watched: scapy did not start ({failure}).") from failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._scapy is not None
        try:
            time.sleep(ON_ITS_WAY)
            self._socket.shut()
            self._scapy.stop()
            self._receive(self._socket)
        finally:
            self.close()
        if self._failure and error is None:
            raise self._failure

    def close(self) -> None:
        """Give the socket up; for a sniffer that is not entered."""
        self._socket.close()

    def _receive(self, source: PacketSocket | PortableSocket) -> tuple[()]:
        """Take what has arrived; nothing is left for scapy to do with it, and no error of ours is its to report."""
        try:
            for frame in source.receive():
                packet = parse(frame, len(self.frames) + 1)
                if packet and not self._superfluous(packet):
                    self.frames.append(frame)
                    self._feed(packet)
        except BaseException as failure:  # noqa: BLE001 - raised again on leaving
            self._failure = self._failure or failure
        return ()

    def _superfluous(self, packet: Packet) -> bool:
        """The middle of a transfer, where there is plenty of it: the sockets know what it carried."""
        if len(self.frames) < _PLENTY or not isinstance(packet, Segment) or packet.flags & _DECISIVE:
            return False
        return self._control_ports.isdisjoint({packet.source.port, packet.destination.port})


def _open(
    interface: str | None, control_ports: Collection[int], servers: Collection[str]
) -> PacketSocket | PortableSocket:
    what = f"Packets on {interface}" if interface else "Packets"
    try:
        if hasattr(socket, "AF_PACKET"):
            return PacketSocket(interface, watching(servers, control_ports))
        assert interface is not None
        return PortableSocket(interface, servers)
    except PermissionError as error:
        raise CannotSniff(f"{what} were not watched: {_how_to_grant()}.") from error
    except Exception as error:  # scapy's have no common base
        reason = getattr(error, "strerror", None) or error
        raise CannotSniff(f"{what} were not watched: {reason}.") from error


def _how_to_grant() -> str:
    if getattr(os, "geteuid", lambda: 0)() == 0:
        return "this container or service lacks the capability NET_RAW; start it with `--cap-add NET_RAW`"
    return f"an ordinary user may not sniff; run `sudo {_command()} …`"


def _command() -> str:
    """In full: the PATH of sudo knows no virtual environment."""
    given = Path(sys.argv[0]).absolute()
    is_script = given.name == "ftpdiag" and os.access(given, os.X_OK)
    return shlex.quote(str(given)) if is_script else f"{shlex.quote(sys.executable)} -m ftpdiag"
