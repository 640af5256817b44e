"""An interface, or all of them, and a filter -> the frames that pass, without their link header (Linux, packet(7)).

The socket is cooked (SOCK_DGRAM): the kernel strips the link header of any kind of interface, so every frame is raw IP.
"""

from __future__ import annotations

import ctypes
import errno
import os
import select
import socket
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from ftpdiag.recording.clock import kept, now
from ftpdiag.recording.frames.packets import RAW_IP, Frame
from ftpdiag.recording.tap.bpf import Program, attach
from ftpdiag.recording.tap.copies import Copies
from ftpdiag.recording.tap.kernel_filter import LOOPBACK, WHOLE, beyond_loopback, nothing, outgoing

_BUFFER = 32 << 20
"""The kernel doubles it: room for 27,000 SYNs at 2.3 KB each with its bookkeeping, while Python is busy elsewhere."""
_EVERY_PROTOCOL = 3
"""ETH_P_ALL: a socket of one protocol does not see what leaves."""
_IP_ETHERTYPES = frozenset({0x0800, 0x86DD})

# What Python does not name: linux/if_packet.h, asm-generic/socket.h.
_SOL_PACKET, _STATISTICS, _AUXILIARY = 263, 6, 8
_SO_RCVBUFFORCE, _SO_TIMESTAMPNS = 33, 35
_AUXILIARY_DATA = struct.Struct("II12x")
"""`struct tpacket_auxdata`: its second word is the length before the filter cut the packet."""
_TIMESPEC = struct.Struct("ll")
_ANCILLARY = socket.CMSG_SPACE(_AUXILIARY_DATA.size) + socket.CMSG_SPACE(_TIMESPEC.size)


_ADDRESS = struct.Struct("HHi12x")
"""`struct sockaddr_ll`: family, protocol in network order, interface by index."""
_EVERY_INTERFACE = 0


class PacketSocket:
    """Watches from its creation on; all interfaces but the loopback where none is named.

    Opening it needs CAP_NET_RAW, nothing else does.
    """

    def __init__(self, interface: str | None, program: Program) -> None:
        self._dropped = 0
        self._copies = Copies()
        self._data = bytearray(WHOLE)
        # Protocol 0 receives nothing: nothing is queued before both the filter and the interface are set.
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        try:
            attach(self._socket, nothing())
            self._socket.setblocking(False)  # noqa: FBT003 - its only form
            self._socket.setsockopt(_SOL_PACKET, _AUXILIARY, 1)
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            self._enlarge_buffer()
            self._bind(interface)
            attach(self._socket, self._adapted(program, interface))
        except BaseException:
            self._socket.close()
            raise

    def receive(self) -> Iterator[Frame]:
        """What has arrived; does not wait."""
        while True:
            try:
                size, ancillary, _, address = self._socket.recvmsg_into([self._data], _ANCILLARY)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENETDOWN:
                    raise
                self._dropped += 1  # the interface was down, and nobody knows what we missed
                continue
            if address[1] in _IP_ETHERTYPES:
                frame = self._frame(size, ancillary)
                if not self._copies.repeats(frame, address[0]):
                    yield frame

    def _bind(self, interface: str | None) -> None:
        if interface is not None:
            self._socket.bind((interface, _EVERY_PROTOCOL))
            return
        # Python's bind() wants a name.
        address = _ADDRESS.pack(socket.AF_PACKET, socket.htons(_EVERY_PROTOCOL), _EVERY_INTERFACE)
        if ctypes.CDLL(None, use_errno=True).bind(self._socket.fileno(), address, len(address)):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    def _adapted(self, program: Program, interface: str | None) -> Program:
        if interface is None:
            return beyond_loopback(program)
        return outgoing(program) if self._socket.getsockname()[3] == LOOPBACK else program

    def _frame(self, size: int, ancillary: Iterable[tuple[int, int, bytes]]) -> Frame:
        at, length = now(), size
        for level, kind, value in ancillary:
            if (level, kind) == (_SOL_PACKET, _AUXILIARY):
                length = _AUXILIARY_DATA.unpack(value)[1]
            elif (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
                seconds, nanoseconds = _TIMESPEC.unpack(value)
                at = kept(seconds + nanoseconds / 1_000_000_000)
        return Frame(at=at, data=bytes(self._data[:size]), length=length, link_type=RAW_IP)

    def shut(self) -> None:
        """Take nothing more; what has arrived stays to be received."""
        attach(self._socket, nothing())

    @property
    def dropped(self) -> int:
        """Frames that passed the filter and found the buffer full, so far."""
        with suppress(OSError):  # closed: the last count stands
            # Reading the kernel's counters clears them.
            self._dropped += struct.unpack("II", self._socket.getsockopt(_SOL_PACKET, _STATISTICS, 8))[1]
        return self._dropped

    def fileno(self) -> int:
        """Its descriptor, for select()."""
        return self._socket.fileno()

    def close(self) -> None:
        """Stop watching."""
        _ = self.dropped
        self._socket.close()

    @staticmethod
    def select(sockets: Sequence[PacketSocket], remain: float | None = None) -> list[PacketSocket]:
        """Wait until some of `sockets` have something, `remain` seconds at most; scapy's sniffer asks for it."""
        return select.select(sockets, [], [], remain)[0]

    def _enlarge_buffer(self) -> None:
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
        except PermissionError:  # without CAP_NET_ADMIN, as much as net.core.rmem_max allows
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
