"""A frame's bytes and its link type -> where the IP header lies in it, or nothing. The only file that knows link types.

A new link type is one entry of `LINKS`. Whatever the bytes are, nothing is raised but `struct.error` and `IndexError`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import NamedTuple


class Link(NamedTuple):
    """A link type: its name, and where the IP header starts in a frame's bytes (none: the frame carries no IP)."""

    name: str
    ip_at: Callable[[bytes], int | None]


RAW_IP = 101
"""The link type of a frame that begins with its IP header."""

_ETHERTYPE = struct.Struct("!H").unpack_from
_IP_ETHERTYPES = frozenset({0x0800, 0x86DD})
_TAGS = {0x8100: 4, 0x88A8: 4, 0x9100: 4, 0x9200: 4, 0x8909: 8}
"""802.1Q, 802.1ad, two older QinQ, Cisco TrustSec: the length in bytes, with the next EtherType at the end."""
_LENGTHS = range(0x0600)
"""In place of an EtherType, the length of what follows (IEEE 802.3): a logical link control header."""
_MPLS = frozenset({0x8847, 0x8848})
_PPPOE_SESSION = 0x8864
_PPP_IP = frozenset({0x21, 0x57})
_PPP_MPLS = frozenset({0x281, 0x283})
_SNAP = b"\xaa\xaa\x03"
_ORGANISATIONS = frozenset({b"\0\0\0", b"\0\0\xf8"})
"""RFC 1042, and 802.1H bridge tunnels: an EtherType follows."""


def link_name(link_type: int) -> str:
    """A link type in words."""
    return LINKS[link_type].name if link_type in LINKS else f"link type {link_type}"


def after_ethertype(data: bytes, at: int) -> int | None:
    """Where IP starts behind the EtherType at `at`."""
    return behind(_ETHERTYPE(data, at)[0], data, at + 2)


def behind(ethertype: int, data: bytes, at: int) -> int | None:
    """Where IP starts in what `ethertype` says begins at `at`, whatever tags, labels and sessions come first."""
    if ethertype in _IP_ETHERTYPES:
        return at
    if size := _TAGS.get(ethertype):
        return after_ethertype(data, at + size - 2)
    if ethertype in _MPLS:
        return after_mpls(data, at)
    if ethertype == _PPPOE_SESSION:
        return after_ppp(data, at + 6)
    return _after_llc(data, at) if ethertype in _LENGTHS else None


def after_ethernet(data: bytes, at: int = 0) -> int | None:
    """Where IP starts in an Ethernet frame."""
    return behind(_ETHERTYPE(data, at + 12)[0], data, at + 14)


def after_mpls(data: bytes, at: int) -> int | None:
    """RFC 3032: labels of four bytes up to the bottom of the stack; then IP, or Ethernet in a pseudowire (RFC 4448)."""
    while not data[at + 2] & 1:
        at += 4
    at += 4
    match data[at] >> 4:
        case 4 | 6:
            return at
        case 0:
            return after_ethernet(data, at + 4)
        case _:
            return None


def after_ppp(data: bytes, at: int = 0) -> int | None:
    """RFC 1661 §2, RFC 1662 §3.1: address and control may lead (pppd writes the direction in place of the address).

    A protocol number below 256 may be one byte.
    """
    if data[at] in {0x00, 0x01, 0xFF} and data[at + 1] == 0x03:
        at += 2
    compressed = data[at] & 1
    protocol = data[at] if compressed else struct.unpack_from("!H", data, at)[0]
    at += 1 if compressed else 2
    if protocol in _PPP_MPLS:
        return after_mpls(data, at)
    return at if protocol in _PPP_IP else None


def _after_pppoe(data: bytes) -> int | None:
    """RFC 2516 §4: six bytes, then PPP; also as a link type of its own."""
    return after_ppp(data, 6)


def _after_llc(data: bytes, at: int) -> int | None:
    known = data[at : at + 3] == _SNAP and data[at + 3 : at + 6] in _ORGANISATIONS
    return after_ethertype(data, at + 6) if known else None


def _after_wlan(data: bytes, at: int = 0, *, padded: int = 1) -> int | None:
    """IEEE 802.11 §9.2: data frames that are not encrypted. `padded`: the header's length is a multiple of it."""
    control, flags = data[at], data[at + 1]
    kind, subtype = control >> 2 & 3, control >> 4
    if kind != 2 or subtype & 4 or flags & 0x40:
        return None  # not data, data without payload, or encrypted
    size = 30 if flags & 3 == 3 else 24
    aggregated = False
    if subtype & 8:
        aggregated = bool(data[at + size] & 0x80)
        size += 6 if flags & 0x80 else 2
    size += -size % padded
    return _after_llc(data, at + size + (14 if aggregated else 0))


def _after_radiotap(data: bytes) -> int | None:
    """https://www.radiotap.org: a header of any length; its flags tell whether the frame's own header is padded."""
    (size,) = struct.unpack_from("<H", data, 2)
    (present,) = word = struct.unpack_from("<I", data, 4)
    at = 8
    while word[0] >> 31:
        word = struct.unpack_from("<I", data, at)
        at += 4
    if present & 1:
        at += -at % 8 + 8  # a time stamp
    padded = present & 2 and data[at] & 0x20
    return _after_wlan(data, size, padded=4 if padded else 1)


def _after_prism(data: bytes) -> int | None:
    """The older Prism header has 144 bytes; AVS starts with a magic number and tells its length."""
    return _after_avs(data) if data[:2] == b"\x80\x21" else _after_wlan(data, 144)


def _after_avs(data: bytes) -> int | None:
    return _after_wlan(data, struct.unpack_from("!I", data, 4)[0])


def _after_ppi(data: bytes) -> int | None:
    """Per-packet information: its length and the link type of what follows."""
    size, link_type = struct.unpack_from("<HI", data, 2)
    if link_type == 105:
        return _after_wlan(data, size)
    return after_ethernet(data, size) if link_type == 1 else None


def _at(offset: int) -> Callable[[bytes], int]:
    """IP behind a header of `offset` bytes; IP names its version itself."""
    return lambda _data: offset


def _ethertype_at(offset: int) -> Callable[[bytes], int | None]:
    return lambda data: after_ethertype(data, offset)


def _after_cooked_v2(data: bytes) -> int | None:
    """The EtherType stands first in a header of 20 bytes; behind the header follows what it names."""
    return behind(struct.unpack_from("!H", data)[0], data, 20)


def _after_pflog(data: bytes) -> int:
    """OpenBSD's firewall log: a header that tells its length, padded to four bytes."""
    return data[0] + -data[0] % 4


LINKS: Mapping[int, Link] = {
    0: Link("BSD loopback", _at(4)),
    1: Link("Ethernet", after_ethernet),
    9: Link("PPP", after_ppp),
    12: Link("raw IP", _at(0)),
    14: Link("raw IP", _at(0)),
    50: Link("PPP", after_ppp),
    51: Link("PPPoE", _after_pppoe),
    RAW_IP: Link("raw IP", _at(0)),
    104: Link("Cisco HDLC", _ethertype_at(2)),
    105: Link("IEEE 802.11", _after_wlan),
    108: Link("OpenBSD loopback", _at(4)),
    113: Link("Linux cooked", _ethertype_at(14)),
    117: Link("OpenBSD pflog", _after_pflog),
    119: Link("IEEE 802.11 with Prism", _after_prism),
    127: Link("IEEE 802.11 with radiotap", _after_radiotap),
    163: Link("IEEE 802.11 with AVS", _after_avs),
    166: Link("PPP", after_ppp),
    192: Link("per-packet information", _after_ppi),
    204: Link("PPP", after_ppp),
    228: Link("raw IPv4", _at(0)),
    229: Link("raw IPv6", _at(0)),
    276: Link("Linux cooked v2", _after_cooked_v2),
}
"""By number (https://www.tcpdump.org/linktypes.html); 12 and 14 are what some systems write for raw IP."""
