"""A frame as captured -> the TCP segment or ICMP error in it, or nothing, whatever tunnels enclose it.

Whatever the bytes are, nothing here raises.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from socket import AF_INET, AF_INET6, inet_ntop
from typing import NamedTuple

from ftpdiag.model import TOO_BIG, Endpoint, Flag, IcmpError, Packet, Segment
from ftpdiag.recording.frames import icmp, ip
from ftpdiag.recording.frames.checksum import left_to_hardware
from ftpdiag.recording.frames.fragments import Reassembly
from ftpdiag.recording.frames.links import LINKS, RAW_IP, link_name
from ftpdiag.recording.frames.tunnels import innermost

__all__ = ["LINKS", "RAW_IP", "Body", "Frame", "assembled", "body", "datagrams", "link_name", "parse"]


class Frame(NamedTuple):
    """What a capture holds of one packet. `length` counts bytes on the wire; `data` may be cut short."""

    at: float
    data: bytes
    length: int
    link_type: int


class Body(NamedTuple):
    """Where in a frame's bytes lies what a segment carries, or the segment that an ICMP error quotes."""

    message: int
    """The first byte of the TCP or ICMP header, which its checksum covers too."""
    checksum: int
    start: int
    end: int
    """Behind the last byte that was captured; padding is not part of it."""


_TCP_HEADER, _ICMP_HEADER = 20, 8
_TCP_FIELDS = struct.Struct("!HHIIBBH").unpack_from
_SYN = int(Flag.SYN)
_END, _NOTHING, _MSS = 0, 1, 2
"""Kinds of TCP options (RFC 9293 §3.1)."""
_FAMILIES = {4: AF_INET, 16: AF_INET6}
_KEPT = 4096
"""Endpoints remembered: a session meets a few again and again, a busy link shows each of many once."""


def parse(frame: Frame, number: int, fragments: Reassembly | None = None) -> Packet | None:
    """What `frame`, packet `number` of its recording, says; none when it is neither TCP nor an error about TCP.

    With `fragments`, which remembers those that came before, a fragment that completes its packet tells what it says.
    """
    try:
        found = _innermost(frame)
        if found and found.fragment and fragments:
            whole = _completed(frame, found, fragments)
            return parse(whole, number, fragments) if whole else None
        if found is None or _continues(found):
            return None
        return _segment(frame, number, found) if found.protocol == ip.TCP else _error(frame, number, found)
    except (struct.error, IndexError):
        return None


def assembled(frame: Frame, fragments: Reassembly) -> Frame | None:
    """The frame, or the whole packet that its fragment completes; none where another fragment is still missing."""
    try:
        found = _innermost(frame)
    except (struct.error, IndexError):
        return frame
    if found is None or found.fragment is None:
        return frame
    whole = _completed(frame, found, fragments)
    return assembled(whole, fragments) if whole else None


def _completed(frame: Frame, found: ip.Ip, fragments: Reassembly) -> Frame | None:
    """The packet that a fragment completes, which may be a tunnel's, or a fragment itself."""
    data = fragments.feed(found, frame.data)
    return frame._replace(data=data, length=len(data), link_type=RAW_IP) if data else None


def datagrams(frame: Frame) -> tuple[ip.Ip, ip.Ip | None] | None:
    """The packet that no tunnel encloses, and the one that it quotes where it is an ICMP error about TCP."""
    try:
        found = _innermost(frame)
        if found is None or found.protocol == ip.TCP:
            return (found, None) if found else None
        error = _quoted(frame.data, found)
        return (found, error[1]) if error else None
    except (struct.error, IndexError):
        return None


def body(frame: Frame) -> Body | None:
    """Where the text lies in a frame that `parse` can read; none in any other."""
    try:
        found = _innermost(frame)
        if found is None or _continues(found):
            return None
        size = len(frame.data)
        if found.protocol == ip.TCP:
            start = _tcp_payload(frame.data, found)
            end = max(start, min(size, found.end)) if start is not None else 0
            return None if start is None else Body(found.payload, found.payload + 16, start, end)
        error = _quoted(frame.data, found)
        if error is None:
            return None
        quoted = error[1]
        offset = quoted.payload + 12
        header = (frame.data[offset] >> 4) * 4 if offset < size else 0
        start = quoted.payload + max(header, _TCP_HEADER)
        return Body(found.payload, found.payload + 2, start, min(size, found.end))
    except (struct.error, IndexError):
        return None


def _innermost(frame: Frame) -> ip.Ip | None:
    """The packet that no tunnel encloses."""
    link = LINKS.get(frame.link_type)
    at = link.ip_at(frame.data) if link else None
    outer = None if at is None else ip.read(frame.data, at, max(frame.length, len(frame.data)))
    return outer if outer is None or outer.protocol == ip.TCP else innermost(frame.data, outer)


def _continues(found: ip.Ip) -> bool:
    """A later fragment has no TCP header of its own."""
    return found.fragment is not None and found.fragment.offset > 0


def _segment(frame: Frame, number: int, found: ip.Ip) -> Segment | None:
    data = frame.data
    source, destination, seq, ack, offset, flags, window = _TCP_FIELDS(data, found.payload)
    header = (offset >> 4) * 4
    start = found.payload + header
    if header < _TCP_HEADER or start > found.end:
        return None
    return Segment(
        number=number,
        at=frame.at,
        source=_endpoint(found.source, source),
        destination=_endpoint(found.destination, destination),
        flags=flags & 0x1F,
        seq=seq,
        ack=ack,
        window=window,
        ttl=found.ttl,
        length=found.end - start,
        payload=data[start : found.end],
        checksum_left=flags & _SYN > 0 and _left_to_hardware(data, found),
        mss=_mss(data[found.payload + _TCP_HEADER : start]) if flags & _SYN else None,
    )


def _mss(options: bytes) -> int | None:
    """The maximum segment size among TCP options (RFC 9293 §3.1), unless they are cut short."""
    at = 0
    while at + 1 < len(options) and options[at] != _END:
        kind, size = options[at], 1 if options[at] == _NOTHING else options[at + 1]
        if kind == _MSS and size == 4 and at + 4 <= len(options):
            return int.from_bytes(options[at + 2 : at + 4])
        at += max(1, size)
    return None


def _left_to_hardware(data: bytes, found: ip.Ip) -> bool:
    checksum = data[found.payload + 16 : found.payload + 18]
    hosts = _host(found.source), _host(found.destination)
    return len(checksum) == 2 and left_to_hardware(int.from_bytes(checksum), *hosts, found.end - found.payload)


def _tcp_payload(data: bytes, found: ip.Ip) -> int | None:
    header = (data[found.payload + 12] >> 4) * 4
    start = found.payload + header
    return start if header >= _TCP_HEADER and start <= found.end else None


def _error(frame: Frame, number: int, found: ip.Ip) -> IcmpError | None:
    error = _quoted(frame.data, found)
    if error is None:
        return None
    reason, quoted = error
    source, destination = struct.unpack_from("!HH", frame.data, quoted.payload)
    seq = int.from_bytes(frame.data[quoted.payload + 4 : quoted.payload + 8])  # perhaps cut
    (mtu,) = struct.unpack_from("!I", frame.data, found.payload + 4)
    return IcmpError(
        number=number,
        at=frame.at,
        reporter=_host(found.source),
        ttl=found.ttl,
        reason=reason,
        source=_endpoint(quoted.source, source),
        destination=_endpoint(quoted.destination, destination),
        seq=seq,
        mtu=(mtu or None) if reason in TOO_BIG else None,
    )


def _quoted(data: bytes, found: ip.Ip) -> tuple[str, ip.Ip] | None:
    """What an ICMP error says, and the header of the TCP packet that it says it about."""
    reason = icmp.reason(found.protocol, data[found.payload], data[found.payload + 1])
    if reason is None:
        return None
    quoted = ip.read(data, found.payload + _ICMP_HEADER, len(data))
    inner = innermost(data, quoted) if quoted else None
    return (reason, inner) if inner and inner.protocol == ip.TCP and not _continues(inner) else None


@lru_cache(maxsize=_KEPT)
def _host(packed: bytes) -> str:
    return inet_ntop(_FAMILIES[len(packed)], packed)


@lru_cache(maxsize=_KEPT)
def _endpoint(packed: bytes, port: int) -> Endpoint:
    return Endpoint(host=_host(packed), port=port)
