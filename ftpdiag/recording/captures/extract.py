"""The frames of a capture that show FTP, and the facts -> a small capture: the evidence, fit to be shown to others.

The control connections' packets, of data connections the headers alone, and ICMP errors about either, as raw IP without
link layer and tunnels. What passed on a data connection between two packets that are kept is written as one segment
without contents, as a network card hands it out: no byte is missing from the count. Passwords are blanked. Checksums
that were right are right; one that was left to the network card is left to it on a SYN, where it tells who captured.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import BinaryIO

from ftpdiag.model import Endpoint, Facts, Flag, Packet, Recording, Segment
from ftpdiag.recording.captures import pcap
from ftpdiag.recording.captures.anonymous import Anonymous, names
from ftpdiag.recording.captures.rewriting import Edit, Rewritten
from ftpdiag.recording.frames import checksum
from ftpdiag.recording.frames.blanking import Half, Passwords, Span
from ftpdiag.recording.frames.ip import ICMP, ICMPV6, TCP, Ip
from ftpdiag.recording.frames.packets import RAW_IP, Frame, datagrams

_LONGEST = 0xFFFF
_WRAP = 1 << 32
_NOP, _SACK = 1, 5
"""TCP options (RFC 9293 §3.1, RFC 2018)."""
_CHECKSUM = slice(16, 18)
_ICMP_HEADER = 8

_Pair = frozenset[Endpoint]


def write(
    file: BinaryIO, recording: Recording, frames: Mapping[int, Frame], facts: Facts, anonymous: Anonymous | None = None
) -> None:
    """Write a pcap file of what shows `facts`. `frames`: what was captured, by packet number."""
    controls, data = _connections(facts)
    talks = _Talks(controls)
    wanted: list[tuple[Packet, _Talk | None]] = []
    for packet in recording.packets:
        pair = frozenset({packet.source, packet.destination})
        if pair in controls:
            wanted.append((packet, talks.of(packet)))
        elif pair in data:
            wanted.append((packet, None))
    talks.rewrite(anonymous)
    rewritten = (_Writer(packet, frames[packet.number], talk, anonymous) for packet, talk in wanted)
    pcap.write(file, (frame for one in rewritten if (frame := one.frame())))


def _connections(facts: Facts) -> tuple[dict[_Pair, Endpoint], set[_Pair]]:
    """The control connections, each with its client; and the data connections."""
    controls = {frozenset({one.client, one.server}): one.client for one in facts.sessions if one.client}
    data = {frozenset({one.opener, one.target}) for channel in facts.channels for one in channel.openings}
    data |= {frozenset({one.local, one.remote}) for channel in facts.channels for one in channel.carriages}
    data |= {
        frozenset(ends) for ends in facts.expiring
    }  # without them a walk would look like a client that never tried
    return controls, data


class _Talk:
    """One control connection: what each side said, and what it is to have said."""

    def __init__(self, client: Endpoint) -> None:
        self.client = client
        self.halves: dict[Endpoint, Half] = {}
        self.told: dict[Endpoint, Rewritten] = {}

    def add(self, segment: Segment) -> None:
        opening = bool(segment.flags & Flag.SYN)
        if segment.source not in self.halves:
            self.halves[segment.source] = Half((segment.seq + opening) % _WRAP, from_start=opening)
        self.halves[segment.source].add(segment)

    def another(self, segment: Segment) -> bool:
        """Whether a connection begins anew, between the same ports."""
        half = self.halves.get(segment.source)
        first = segment.flags & (Flag.SYN | Flag.ACK) == Flag.SYN
        return bool(half and first and half.first != (segment.seq + 1) % _WRAP)

    def rewrite(self, anonymous: Anonymous | None) -> None:
        asked = self.halves.get(self.client)
        named = {name for _, text, _ in asked.runs() for name in names(text)} if asked and anonymous else set[bytes]()
        passwords = Passwords()
        for source, half in sorted(self.halves.items(), key=lambda side: side[0] != self.client):
            if source == self.client:
                edits = _edits(passwords.asked, anonymous.asked if anonymous else None)
            else:
                edits = _edits(passwords.answered, partial(anonymous.answered, names=named) if anonymous else None)
            self.told[source] = Rewritten(half, edits)

    @property
    def shifts(self) -> bool:
        return any(one.shifts for one in self.told.values())


def _edits(
    hidden: Callable[[bytes, bool], Iterable[Span]], renamed: Callable[[bytes], Iterable[Edit]] | None
) -> Callable[[bytes, bool], list[Edit]]:
    """How to change what one side says."""

    def edits(text: bytes, missing: bool) -> list[Edit]:  # noqa: FBT001 - as Half says it
        blanks = (Edit(*span, b"*" * (span.stop - span.start)) for span in hidden(text, missing))
        return [*blanks, *(renamed(text) if renamed else ())]

    return edits


class _Talks:
    """The control connections of a capture."""

    def __init__(self, clients: Mapping[_Pair, Endpoint]) -> None:
        self._clients = clients
        self._open: dict[_Pair, _Talk] = {}
        self._all: list[_Talk] = []

    def of(self, packet: Packet) -> _Talk:
        pair = frozenset({packet.source, packet.destination})
        talk = self._open.get(pair)
        if talk is None or (isinstance(packet, Segment) and talk.another(packet)):
            talk = self._open[pair] = _Talk(self._clients[pair])
            self._all.append(talk)
        if isinstance(packet, Segment):
            talk.add(packet)
        return talk

    def rewrite(self, anonymous: Anonymous | None) -> None:
        for talk in self._all:
            talk.rewrite(anonymous)


class _Writer:
    """One packet, as it is written."""

    def __init__(self, packet: Packet, frame: Frame, talk: _Talk | None, anonymous: Anonymous | None) -> None:
        self._packet = packet
        self._frame = frame
        self._data = frame.data
        self._talk = talk
        self._anonymous = anonymous

    def frame(self) -> Frame | None:
        """None where its headers cannot be read again."""
        found = datagrams(self._frame)
        if found is None:
            return None
        outer, quoted = found
        if isinstance(self._packet, Segment):
            message, length = self._segment(self._packet, outer)
        elif quoted:
            message = self._error(outer, quoted)
            length = len(message)
        else:
            return None
        header = self._header(outer, length)
        return Frame(at=self._packet.at, data=header + message, length=len(header) + length, link_type=RAW_IP)

    def _header(self, ip: Ip, length: int) -> bytes:
        """An IP header without options, over a message of so many bytes on the wire."""
        data, at = self._data, ip.start
        source, destination = self._address(ip.source), self._address(ip.destination)
        if len(source) == 16:
            size = length if length <= _LONGEST else 0
            return data[at : at + 4] + struct.pack("!HBB", size, ip.protocol, ip.ttl) + source + destination
        size = 20 + length if 20 + length <= _LONGEST else 0
        first = struct.pack(
            "!BBH2sBxBB", 0x45, data[at + 1], size, data[at + 4 : at + 6], data[at + 6] & 0x40, ip.ttl, ip.protocol
        )
        total = checksum.of_message(first + bytes(2) + source + destination)
        return first + struct.pack("!H", total) + source + destination

    def _address(self, packed: bytes) -> bytes:
        return self._anonymous.packed(packed) if self._anonymous else packed

    def _pseudo(self, ip: Ip, length: int, protocol: int) -> bytes:
        return checksum.pseudo_header(self._address(ip.source), self._address(ip.destination), length, protocol)

    def _segment(self, segment: Segment, ip: Ip) -> tuple[bytes, int]:
        """TCP header and payload, and their length on the wire."""
        size = ip.end - ip.payload - segment.length
        old = self._data[ip.payload : ip.payload + size]
        header = self._tcp_header(old, segment.source, segment.destination, segment.seq - segment.passed)
        told = self._talk.told.get(segment.source) if self._talk else None
        if told:
            at = segment.seq + bool(segment.flags & Flag.SYN)
            payload, length = told.payload(at, segment.payload), told.length(at, segment.length)
        else:
            payload, length = b"", segment.length + segment.passed
        before = checksum.pseudo_header(ip.source, ip.destination, size + segment.length)
        after = self._pseudo(ip, size + length, TCP)
        if len(header) == size:
            left = struct.unpack("!H", old[_CHECKSUM])[0] == checksum.unfinished(before)
            whole = len(payload) == length
            if segment.passed or (left and (segment.flags & Flag.SYN or not whole)):
                value = checksum.unfinished(after)
            elif left:
                value = checksum.of_message(after, _cleared(header) + payload)
            else:
                was = before + _cleared(old) + (segment.payload if told else b"")
                value = _updated(old, was, after + _cleared(header) + payload)
            header[_CHECKSUM] = struct.pack("!H", value)
        return bytes(header) + payload, size + length

    def _tcp_header(self, old: bytes, source: Endpoint, destination: Endpoint, seq: int) -> bytearray:
        """As captured, perhaps cut short, with the numbers that fit what is told."""
        header = bytearray(old)
        told = self._talk.told if self._talk else {}
        if source in told:
            seq = told[source].seq(seq)
        struct.pack_into("!I", header, 4, seq % _WRAP)
        if destination in told and len(header) >= 14 and header[13] & Flag.ACK:
            (ack,) = struct.unpack_from("!I", header, 8)
            struct.pack_into("!I", header, 8, told[destination].seq(ack))
        if self._talk and self._talk.shifts:
            _without_sack(header)
        return header

    def _error(self, ip: Ip, quoted: Ip) -> bytes:
        """The ICMP message; of what it quotes, the headers."""
        data = self._data
        at = quoted.payload
        size = (data[at + 12] >> 4) * 4 if at + 12 < len(data) else 0
        old = data[at : min(at + max(size, 8), quoted.end, ip.end)]
        packet = self._packet
        (seq,) = struct.unpack_from("!I", old, 4)
        inner = self._tcp_header(old, packet.source, packet.destination, seq)
        header = self._header(quoted, quoted.end - quoted.payload)
        message = bytearray(data[ip.payload : ip.payload + _ICMP_HEADER] + header + inner)
        message[2:4] = bytes(2)
        pseudo = self._pseudo(ip, len(message), ICMPV6) if ip.protocol != ICMP else b""
        message[2:4] = struct.pack("!H", checksum.of_message(pseudo, bytes(message)))
        return bytes(message)


def _cleared(header: bytes | bytearray) -> bytes:
    """With a checksum of zero."""
    return bytes(header[:16]) + bytes(2) + bytes(header[18:])


def _updated(header: bytes, before: bytes, after: bytes) -> int:
    (old,) = struct.unpack("!H", header[_CHECKSUM])
    return old if before == after else checksum.updated(old, before, after)


def _without_sack(header: bytearray) -> None:
    """Selective acknowledgments would name bytes that have moved."""
    at = 20
    while at + 1 < len(header) and header[at]:
        size = 1 if header[at] == _NOP else max(2, header[at + 1])
        if header[at] == _SACK:
            end = min(at + size, len(header))
            header[at:end] = bytes([_NOP]) * (end - at)
        at += size
