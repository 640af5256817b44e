"""Which servers to watch -> the program that makes the kernel throw away every other packet.

It is for a cooked packet socket, where offset 0 is the IP header whatever the interface is. It keeps

- every SYN, FIN and RST of anybody, because a server may call back from an address we do not know,
- every other segment of a server's control ports, whole, and the beginning of every other segment of a server,
- every ICMP error that is not about UDP.

So unrelated traffic never fills the socket's buffer, and no SYN is lost to it.
"""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address

from ftpdiag.recording.tap.bpf import Assembler, Program

WHOLE = 0xFFFF
"""The longest packet that an IP header can announce (but for IPv6 jumbograms)."""
BEGINNING = 256
"""The longest usual headers (IPv6 40, TCP 60), and of a TLS hello all up to its session id and cipher suites."""

_ICMP, _TCP, _UDP, _ICMPV6 = 1, 6, 17, 58
_FRAGMENT, _OPTIONS = 44, (0, 43, 60)
"""IPv6 extension headers: hop-by-hop options, routing and destination options share one layout."""
_EXTENSIONS = 4
"""RFC 8200 §4.1 has four kinds of them, once each; a longer chain is kept, to be looked at."""
_FIN_SYN_RST = 0x07
_ERRORS, _ERRORS_V6 = (3, 11, 12), (1, 2, 3, 4)

_PACKET_TYPE = 0xFFFFF004
"""SKF_AD_OFF + SKF_AD_PKTTYPE: a load from here gets the packet's direction (linux/filter.h)."""
_OUTGOING = 4
_HARDWARE_TYPE = 0xFFFFF01C
"""SKF_AD_OFF + SKF_AD_HATYPE: the kind of interface."""
LOOPBACK = 772
"""ARPHRD_LOOPBACK (linux/if_arp.h)."""


def watching(servers: Collection[str], control_ports: Collection[int]) -> Program:
    """The filter described above. `servers` are numeric addresses."""
    addresses = [ip_address(server).packed for server in servers]
    asm = Assembler()
    asm.byte(0)
    asm.mask(0xF0)
    asm.when(0x40, "ipv4")
    asm.when(0x60, "ipv6")
    asm.goto("drop")
    _ipv4(asm)
    _ipv6(asm)
    _tcp(asm, "tcp4", [(at, address) for address in addresses if len(address) == 4 for at in (12, 16)], control_ports)
    _tcp(asm, "tcp6", [(at, address) for address in addresses if len(address) == 16 for at in (8, 24)], control_ports)
    asm.label("beginning")
    asm.keep(BEGINNING)
    asm.label("whole")
    asm.keep(WHOLE)
    asm.label("drop")
    asm.keep(0)
    return asm.program()


def nothing() -> Program:
    """A filter that keeps no packet."""
    asm = Assembler()
    asm.keep(0)
    return asm.program()


def outgoing(program: Program) -> Program:
    """`program` for the loopback, which shows each packet twice: once going out, once coming in."""
    asm = Assembler()
    asm.word(_PACKET_TYPE)
    asm.when(_OUTGOING, "continue")
    return _or_nothing(asm, program)


def beyond_loopback(program: Program) -> Program:
    """`program` for all interfaces at once but the loopback, which can be busy and leads to no other host."""
    asm = Assembler()
    asm.word(_HARDWARE_TYPE)
    asm.unless(LOOPBACK, "continue")
    return _or_nothing(asm, program)


def _or_nothing(asm: Assembler, program: Program) -> Program:
    """What does not jump to `continue` is not kept; `program` decides about the rest."""
    asm.keep(0)
    asm.label("continue")
    return asm.program() + program


def _ipv4(asm: Assembler) -> None:
    """Sets X to where the transport header is."""
    asm.label("ipv4")
    asm.half(6)
    asm.when_any_bit(0x1FFF, "drop")  # not the first fragment: no transport header
    asm.x_after_ipv4_header()
    asm.byte(9)
    asm.when(_TCP, "tcp4")
    asm.unless(_ICMP, "drop")
    asm.byte_after_x(0)
    for kind in _ERRORS:
        asm.when(kind, "error4")
    asm.goto("drop")
    asm.label("error4")
    asm.byte_after_x(8 + 9)  # the protocol in the quoted header
    asm.when(_UDP, "drop")
    asm.goto("whole")


def _ipv6(asm: Assembler) -> None:
    """Walks along the extension headers: X is where the next header is, the accumulator says which it is."""
    asm.label("ipv6")
    asm.x(40)
    asm.byte(6)
    for step in range(_EXTENSIONS):
        asm.when(_TCP, "tcp6")
        asm.when(_ICMPV6, "icmp6")
        asm.when(_FRAGMENT, f"fragment {step}")
        for kind in _OPTIONS:
            asm.when(kind, f"options {step}")
        asm.goto("drop")
        asm.label(f"fragment {step}")
        asm.half_after_x(2)
        asm.when_any_bit(0xFFF8, "drop")
        asm.label(f"options {step}")
        asm.byte_after_x(0)
        asm.remember()
        asm.byte_after_x(1)  # beyond the first 8 bytes, in units of 8; reserved and 0 in a fragment header
        asm.shift_left(3)
        asm.add(8)
        asm.add_x()
        asm.x_from_accumulator()
        asm.recall()
    asm.when(_TCP, "tcp6")
    asm.unless(_ICMPV6, "whole")
    asm.label("icmp6")
    asm.byte_after_x(0)
    for kind in _ERRORS_V6:
        asm.when(kind, "error6")
    asm.goto("drop")
    asm.label("error6")
    asm.byte_after_x(8 + 6)  # the next header in the quoted header
    asm.when(_UDP, "drop")
    asm.goto("whole")


def _tcp(asm: Assembler, label: str, addresses: list[tuple[int, bytes]], control_ports: Collection[int]) -> None:
    """X is where the TCP header is; each address comes with an offset at which it may stand in the IP header."""
    asm.label(label)
    asm.byte_after_x(13)
    asm.when_any_bit(_FIN_SYN_RST, "whole")
    for at, address in addresses:
        other = f"{label}: not {address.hex()} at {at}"
        for part in range(0, len(address), 4):
            asm.word(at + part)
            asm.unless(int.from_bytes(address[part : part + 4], "big"), other)
        asm.goto(f"{label}: a server")
        asm.label(other)
    asm.goto("drop")
    asm.label(f"{label}: a server")
    for port in (0, 2):
        asm.half_after_x(port)
        for control_port in control_ports:
            asm.when(control_port, "whole")
    asm.goto("beginning")
