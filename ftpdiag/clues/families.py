"""A session -> whether IPv6 is translated to IPv4 between its ends, and what shows it."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from msgspec import Struct

from ftpdiag.clues.addresses import only_to
from ftpdiag.model import Confidence, DataChannel, Evidence, Method, Vantage
from ftpdiag.senseless import of_another_family

WELL_KNOWN_PREFIX = ip_network("64:ff9b::/96")
"""RFC 6052 §2.1: what a NAT64 gives IPv4 servers, unless its network has a prefix of its own."""


_AT_THE_CLIENT = frozenset({Vantage.CLIENT, Vantage.BOTH})
"""Nothing lies before it that could translate."""


class Translated(Struct, frozen=True, kw_only=True):
    """That the client speaks IPv6 and the server IPv4."""

    confidence: Confidence
    evidence: Evidence


def translated(channel: DataChannel) -> Translated | None:
    """From the client's side by the address that the server sees, or by its own; from beyond by what is asked for."""
    session, announced = channel.session, channel.announced
    if session.family == 4:
        if session.method is not None or (session.place and session.place.vantage in _AT_THE_CLIENT):
            return None
        if announced is not None and _is_ipv6(announced.host):
            what = f"announces {announced}"
        elif channel.method is Method.EPSV and of_another_family(channel):
            what = "asks for a port on IPv6"
        else:
            return None
        text = f"The client {what}, while its control connection comes by IPv4."
        return Translated(confidence=Confidence.LIKELY, evidence=Evidence(text=text))
    named = (host for reply in channel.replies if not reply.positive for host in only_to(reply) if ":" not in host)
    seen_as = session.client_seen_as or next(named, None)
    if seen_as and ":" not in seen_as:
        text = f"The server sees the client at {seen_as}, an IPv4 address, while this connection is one of IPv6."
        return Translated(confidence=Confidence.PROVEN, evidence=Evidence(text=text))
    if made_by_nat64(session.server.host):
        text = (
            f"{session.server.host} is in {WELL_KNOWN_PREFIX}, the prefix of addresses that a NAT64 makes (RFC 6052)."
        )
        return Translated(confidence=Confidence.LIKELY, evidence=Evidence(text=text))
    return None


def made_by_nat64(host: str) -> bool:
    """An address of the prefix that everybody knows."""
    return ip_address(host.partition("%")[0]) in WELL_KNOWN_PREFIX


def _is_ipv6(host: str) -> bool:
    """And no IPv4 address in the words of IPv6 (RFC 4291 §2.5.5.2), which no NAT64 makes."""
    address = ip_address(host.partition("%")[0])
    return isinstance(address, IPv6Address) and address.ipv4_mapped is None
