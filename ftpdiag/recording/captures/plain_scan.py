"""The scanner in plain Python: `_scan.c` makes the same decisions in the same order, and shows the same packets."""

from __future__ import annotations

import struct
from collections import Counter

from ftpdiag.recording.captures import glance
from ftpdiag.recording.captures.glance import LOOK, TCP, UDP, Tcp
from ftpdiag.recording.captures.scan import (
    HEAD,
    INTERFACES,
    LARGEST,
    PACKET_BLOCK,
    SLOTS,
    SPOKEN,
    Follow,
    Interfaces,
    Layer,
    Shown,
    Why,
)

_SYN, _SYN_FIN_RST = 0x02, 0x07
_WRAP, _TICKS = 1 << 32, 1 << 64
_FIELDS = 128
"""More bytes than the fields of a packet's headers extend over."""
_IPV4_FIELDS = "B5xHxB10xHH8xBB"
"""Version, fragment, protocol, ports, TCP's header length and flags."""


def _swapped(number: int) -> int:
    return number >> 8 | (number & 0xFF) << 8


_ODD = glance.VLAN_TAGS | glance.CARRIERS
_NUMBERS = (glance.IPV4, glance.IPV6, 0x3FFF, 0x8100)
_NETWORK = (_NUMBERS, _ODD, glance.CARRYING_PORTS)
_SWAPPED = (
    tuple(map(_swapped, _NUMBERS)),
    frozenset(map(_swapped, _ODD)),
    frozenset(map(_swapped, glance.CARRYING_PORTS)),
)
"""What a packet's big-endian numbers are when read as little-endian ones."""


class _Held:
    """The latest packet of a flow in one direction."""

    __slots__ = ("end", "key", "packet", "pending", "seq", "shown", "ticks")

    def __init__(self, key: bytes, packet: Shown, seq: int) -> None:
        self.key = key
        self.packet = packet
        self.seq = seq
        self.end = seq
        self.ticks = self.shown = packet[1]
        self.pending = False

    def follows(self, key: bytes, seq: int, ticks: int, units: int) -> bool:
        """Whether a packet carries on where it ended, without a pause, and less than a second after one was shown."""
        soon = (ticks - self.ticks) % _TICKS <= units // 5 and (ticks - self.shown) % _TICKS <= units
        return self.key == key and self.end == seq and soon

    def carry(self, packet: Shown, seq: int) -> None:
        """A packet that follows stands for it from now on."""
        passed = (self.packet[4] + seq - self.seq) % _WRAP if self.pending else 0
        number, ticks, interface, length, _, data = packet
        self.packet = number, ticks, interface, length, passed, data[:HEAD]
        self.seq, self.ticks, self.pending = seq, ticks, True


class Scanner:
    """The scanner in plain Python."""

    def __init__(self) -> None:
        self.number = 0
        """Packets seen so far."""
        self.ticks = self.interface = 0
        """Of the latest."""
        self._ports = bytearray(65536)
        self._swapped = bytearray(65536)
        """The same, by port numbers read in the other byte order."""
        self._pairs: Counter[int] = Counter()
        self._syns: dict[int, tuple[bytes, Shown]] = {}
        self._held: dict[int, _Held] = {}
        self._interfaces: Interfaces = ()

    def begin(self, pcapng: bool, swapped: bool, header: int, interfaces: Interfaces, /) -> None:  # noqa: FBT001 - as C
        """How the records that follow are written. `swapped`: with big-endian integers; `header`: bytes of each."""
        self._interfaces = interfaces[:INTERFACES]
        order = ">" if swapped else "<"
        self._pcapng = pcapng
        self._start = header
        record = "III8xI4x" if pcapng else f"4xIIHH{header - 16}x"
        self._ethernet = bool(interfaces) and all(layer is Layer.ETHERNET for layer, _ in self._interfaces)
        self._packet = struct.Struct(f"{order}{record}12xH{_IPV4_FIELDS}")
        self._tagged = struct.Struct(f"{order}2xH{_IPV4_FIELDS}")
        self._packet_v6 = struct.Struct(f"{order}6xB33xHH8xBB")
        self._block = struct.Struct(f"{order}II")
        self._record = struct.Struct(f"{order}{'7I' if pcapng else '4I'}")
        self._swap = not swapped
        self._spoken = frozenset(int.from_bytes(word, "little" if self._swap else "big") for word in SPOKEN)
        self._word = struct.Struct(f"{order}I")

    def follow(self, port: int, how: int, /) -> None:
        """Follow a port, or no longer (0)."""
        self._ports[port] = how
        self._swapped[_swapped(port)] = how

    def pair(self, one: bytes, other: bytes, more: int, /) -> None:
        """Show every SYN between two hosts, as long as more have asked for it (1) than have taken it back (-1)."""
        self._pairs[(_rest(one) + _rest(other)) % SLOTS] += more

    def scan(self, data: bytearray, at: int, end: int, /) -> tuple[int, int, list[Shown]]:
        """Go through the records from `at` on: where it stopped, `Why`, and what it shows."""
        found: list[Shown] = []
        while True:
            at = self._skim(data, at, end)
            if self._pcapng and end - at >= self._block.size:
                kind, size = self._block.unpack_from(data, at)
                if kind != PACKET_BLOCK or not 32 <= size <= LARGEST:
                    return at, Why.ODD, found
            if end - at < self._start:
                return at, Why.MORE, found
            size, ticks, interface, captured, length = self._header(data, at)
            if captured > (size - 32 if self._pcapng else LARGEST) or interface >= len(self._interfaces):
                return at, Why.ODD, found
            if end - at < size:
                return at, Why.MORE, found
            self.number += 1
            self.ticks, self.interface = ticks, interface
            start = at + self._start
            packet = (self.number, ticks, interface, length, 0, bytes(data[start : start + captured]))
            at += size
            if self._judge(packet, found):
                return at, Why.LOOK, found

    def _header(self, data: bytearray, at: int) -> tuple[int, int, int, int, int]:
        """Of the record at `at`: its size, clock ticks, interface, bytes captured, and length on the wire."""
        if self._pcapng:
            _, size, interface, high, low, captured, length = self._record.unpack_from(data, at)
            return size, high << 32 | low, interface, captured, max(length, captured)
        seconds, fraction, captured, length = self._record.unpack_from(data, at)
        ticks = seconds * self._interfaces[0][1] + fraction
        return self._start + captured, ticks, 0, captured, max(length, captured)

    def _skim(  # noqa: C901, PLR0912 - a call or two per packet would cost more than all of this
        self, data: bytearray, at: int, end: int
    ) -> int:
        """Pass over packets that are surely not wanted: most of them. Where the first other one begins."""
        if not (self._ethernet and self.number):
            return at
        fields, tagged, fields_v6 = self._packet.unpack_from, self._tagged.unpack_from, self._packet_v6.unpack_from
        word, spoken, ports = self._word.unpack_from, self._spoken, self._swapped if self._swap else self._ports
        (ipv4, ipv6, fragmented, vlan), odd, carrying = _SWAPPED if self._swap else _NETWORK
        pcapng, start, interfaces = self._pcapng, self._start, len(self._interfaces)
        behind = 0 if pcapng else start
        room = end - start - _FIELDS
        number, latest = self.number, at
        while at <= room:
            kind, size, interface, captured, ethertype, version, fragment, protocol, source, target, offset, flags = (
                fields(data, at)
            )
            after = at + size + behind
            if after > end:
                break
            if pcapng and (kind != PACKET_BLOCK or captured > size - 32 or interface >= interfaces):
                break
            ip = at + start + 14
            if ethertype == vlan:
                ethertype, version, fragment, protocol, source, target, offset, flags = tagged(data, ip)
                ip += 4
            if ethertype == ipv4:
                if version != 0x45 or fragment & fragmented:
                    break
                payload = ip + 20
            elif ethertype == ipv6:
                protocol, source, target, offset, flags = fields_v6(data, ip)
                payload = ip + 40
            elif ethertype in odd:
                break
            else:
                number += 1
                latest, at = at, after
                continue
            if protocol == TCP:
                payload += (offset >> 4) * 4
                if payload + 4 <= after and word(data, payload)[0] in spoken:
                    break
                followed = ports[source] | ports[target]
                if (followed or flags & _SYN) and (
                    followed != Follow.DATA
                    or flags & _SYN_FIN_RST
                    or not self._carries_on(number + 1, data, at, ip, payload)
                ):
                    break
            elif protocol != UDP or target in carrying:
                break
            number += 1
            latest, at = at, after
        if number > self.number:
            self.number = number
            _, self.ticks, self.interface, _, _ = self._header(data, latest)
        return at

    def _carries_on(self, number: int, data: bytearray, at: int, ip: int, payload: int) -> bool:
        """Hold the record at `at` back, which is a data connection's, if nothing more is to be done about it."""
        if data[ip] >> 4 == 4:
            key, header, end = bytes(data[ip + 12 : ip + 24]), ip + 20, ip + int.from_bytes(data[ip + 2 : ip + 4])
        else:
            key, header, end = bytes(data[ip + 8 : ip + 44]), ip + 40, ip + 40 + int.from_bytes(data[ip + 4 : ip + 6])
        held = self._held.get(_rest(key))
        if held is None or end < payload:
            return False
        _, ticks, interface, captured, length = self._header(data, at)
        seq = int.from_bytes(data[header + 4 : header + 8])
        start = at + self._start
        if start + captured < header + 14 or not held.follows(key, seq, ticks, self._interfaces[interface][1]):
            return False
        held.carry((number, ticks, interface, length, 0, bytes(data[start : start + captured])), seq)
        held.end = (seq + end - payload) % _WRAP
        return True

    def _judge(self, packet: Shown, found: list[Shown]) -> bool:
        """Show a packet, or not. Whether somebody must look before the scan goes on."""
        number, ticks, interface, length, _, data = packet
        layer = self._interfaces[interface][0]
        tcp = glance.tcp(data, length, layer) if layer and number > 1 else LOOK
        if tcp is None:
            return False
        if tcp is LOOK:
            found.append(packet)
            return True
        ports = data[tcp.header : tcp.header + 4]
        followed = self._ports[int.from_bytes(ports[:2])] | self._ports[int.from_bytes(ports[2:])]
        if tcp.flags & _SYN and not followed:
            key = _key(data, tcp)
            self._syns[_rest(key)] = key, (number, ticks, interface, length, 0, data[:HEAD])
            followed = Follow.CONTROL * self._paired(data, tcp)
        control = bool(followed & Follow.CONTROL)
        if followed and tcp.flags & _SYN_FIN_RST:
            self._release_flow(data, tcp, found)
            found.append(packet)
            return control or bool(tcp.flags & _SYN)
        if (control and tcp.size) or _speaks(data, tcp):
            self._supersede(packet, tcp, found)
            return True
        if followed:
            self._thin(packet, tcp, found)
        return False

    def _thin(self, packet: Shown, tcp: Tcp, found: list[Shown]) -> None:
        """Of a data connection's bulk: the first, one a second, both sides of a gap and of a pause of 0.2 s.

        What follows on in between is held back until its flow ends; the latest stands for it.
        """
        _, ticks, interface, _, _, data = packet
        units = self._interfaces[interface][1]
        key = _key(data, tcp)
        seq = int.from_bytes(data[tcp.header + 4 : tcp.header + 8])
        held = self._held.get(slot := _rest(key))
        if held and held.follows(key, seq, ticks, units):
            held.carry(packet, seq)
        else:
            if held and held.pending:
                found.append(held.packet)
            found.append(packet)
            held = self._held[slot] = _Held(key, packet, seq)
        held.end = (seq + tcp.size) % _WRAP

    def _supersede(self, packet: Shown, tcp: Tcp, found: list[Shown]) -> None:
        """Show a packet with payload; it says what a bare acknowledgement that is held back would have said."""
        data = packet[5]
        key = _key(data, tcp)
        held = self._held.get(slot := _rest(key))
        if held and held.key != key and held.pending:
            found.append(held.packet)
        found.append(packet)
        seq = int.from_bytes(data[tcp.header + 4 : tcp.header + 8])
        self._held[slot] = _Held(key, packet, seq)
        self._held[slot].end = (seq + tcp.size) % _WRAP

    def _release_flow(self, data: bytes, tcp: Tcp, found: list[Shown]) -> None:
        for key in (_key(data, tcp), _key(data, tcp, reverse=True)):
            held = self._held.get(slot := _rest(key))
            if held and held.key == key:
                if held.pending:
                    found.append(held.packet)
                del self._held[slot]

    def _paired(self, data: bytes, tcp: Tcp) -> bool:
        size, at = tcp.address_size, tcp.addresses
        one, other = data[at : at + size], data[at + size : at + 2 * size]
        return bool(self._pairs[(_rest(one) + _rest(other)) % SLOTS])

    def syn(self, key: bytes, /) -> Shown | None:
        """The latest SYN or SYN-ACK of a flow, by its addresses and ports as the packet holds them."""
        known, packet = self._syns.get(_rest(key), (b"", None))
        return packet if known == key else None

    def flush(self) -> list[Shown]:
        """What is still held back: nothing more will come."""
        found = [held.packet for _, held in sorted(self._held.items()) if held.pending]
        self._held.clear()
        return found


def _speaks(data: bytes, tcp: Tcp) -> bool:
    return tcp.size >= 4 and data[tcp.payload : tcp.payload + 4] in SPOKEN


def _rest(key: bytes) -> int:
    return int.from_bytes(key) % SLOTS


def _key(data: bytes, tcp: Tcp, *, reverse: bool = False) -> bytes:
    at, size, header = tcp.addresses, tcp.address_size, tcp.header
    one, other = data[at : at + size], data[at + size : at + 2 * size]
    source, target = data[header : header + 2], data[header + 2 : header + 4]
    return other + one + target + source if reverse else one + other + source + target
