"""A NAT64 (RFC 6146) without a helper for FTP: TCP to 64:ff9b::/96 comes out as IPv4, and the answers as IPv6.

Run as a program on a router, it translates headers (RFC 7915) on an interface of its own and prints `up`; a source NAT
beside it gives all clients the router's own address.
"""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
from ipaddress import ip_address

PREFIX = ip_address("64:ff9b::").packed[:12]
"""RFC 6052 §2.1."""

POOL = "192.168.64"
"""One address of it for each client, on the way to the source NAT."""

SETUP = f"""
link set nat64 up
route add {POOL}.0/24 dev nat64
-6 route add 64:ff9b::/96 dev nat64
"""

RULES = """
table ip nat64 {
    chain source {
        type nat hook postrouting priority srcnat
        ip saddr 192.168.64.0/24 masquerade
    }
    chain narrow {
        type filter hook forward priority filter
        oifname "nat64" tcp flags syn tcp option maxseg size set 1220
    }
}
"""
"""An IPv6 header is longer: a full segment would not fit any more."""

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
"""linux/if_tun.h."""

_TCP = 6


class Translator:
    """Who hides behind which address of the pool."""

    def __init__(self) -> None:
        self._pool: dict[bytes, bytes] = {}
        self._clients: dict[bytes, bytes] = {}

    def translated(self, packet: bytes) -> bytes | None:
        """The packet in the other family; none: it is not TCP, or nobody's."""
        return self._to_ipv4(packet) if packet[0] >> 4 == 6 else self._to_ipv6(packet)

    def _to_ipv4(self, packet: bytes) -> bytes | None:
        if packet[6] != _TCP or packet[24:36] != PREFIX:
            return None
        client = packet[8:24]
        if client not in self._pool:
            address = ip_address(f"{POOL}.{len(self._pool) + 1}").packed
            self._pool[client], self._clients[address] = address, client
        source, target, body = self._pool[client], packet[36:40], packet[40:]
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0x4000, packet[7], _TCP, 0) + source + target
        head = head[:10] + struct.pack("!H", _folded(head)) + head[12:]
        return head + _checked(body, source + target)

    def _to_ipv6(self, packet: bytes) -> bytes | None:
        start = (packet[0] & 0xF) * 4
        client = self._clients.get(packet[16:20])
        if packet[9] != _TCP or client is None:
            return None
        source, body = PREFIX + packet[12:16], packet[start : struct.unpack("!H", packet[2:4])[0]]
        head = struct.pack("!IHBB", 6 << 28, len(body), _TCP, packet[8]) + source + client
        return head + _checked(body, source + client)


def _checked(body: bytes, addresses: bytes) -> bytes:
    """The TCP segment with its checksum for these addresses."""
    body = body[:16] + b"\0\0" + body[18:]
    return body[:16] + struct.pack("!H", _folded(addresses + struct.pack("!II", _TCP, len(body)) + body)) + body[18:]


def _folded(data: bytes) -> int:
    """RFC 1071."""
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def main() -> None:
    """Translate until killed."""
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, _TUNSETIFF, struct.pack("16sH22x", b"nat64", _IFF_TUN | _IFF_NO_PI))
    for line in SETUP.strip().splitlines():
        subprocess.run(["ip", *line.split()], check=True)
    subprocess.run(["nft", "-f", "-"], input=RULES, text=True, check=True)
    print("up", flush=True)  # noqa: T201 - to whoever waits
    translator = Translator()
    while packet := os.read(tun, 65536):
        if out := translator.translated(packet):
            os.write(tun, out)


if __name__ == "__main__":
    main()
