"""A conversation that shows an FTP session with all kinds of openings, as IP packets in order."""

from __future__ import annotations

from dataclasses import dataclass, field

from scapy.layers.inet import ICMP, IP, TCP
from scapy.layers.inet6 import ICMPv6DestUnreach, IPv6
from scapy.packet import Packet

BEGAN = 1_795_000_000.0
HOSTS = {4: ("198.51.100.2", "203.0.113.2", "198.18.0.1"), 6: ("2001:db8:1::2", "2001:db8:2::2", "2001:db8::1")}
"""Client, server, and a router between them."""
LISTING = b"-rw-r--r-- 1 ftp ftp 20 Nov 20 12:00 README\r\n" * 40


@dataclass
class Conversation:
    """Packets with their times, each some milliseconds after the one before."""

    family: int = 4
    packets: list[tuple[float, Packet]] = field(default_factory=list)
    now: float = BEGAN
    _sent: dict[tuple[str, int, int], int] = field(default_factory=dict)

    def at(self, host: str) -> str:
        """The address of `client`, `server` or `router`."""
        return HOSTS[self.family][("client", "server", "router").index(host)]

    def segment(self, source: str, sport: int, dport: int, flags: str, payload: bytes = b"") -> Packet:
        """Send a segment from one end to the other."""
        target = "server" if source == "client" else "client"
        seq = self._sent.get((source, sport, dport), 1000)
        ack = self._sent.get((target, dport, sport), 0) if flags != "S" else 0
        self._sent[source, sport, dport] = seq + len(payload) + ("S" in flags) + ("F" in flags)
        tcp = TCP(sport=sport, dport=dport, flags=flags, seq=seq, ack=ack, window=64240)
        packet = self._ip(source, target) / tcp / payload
        self._pass(packet)
        return packet

    def _ip(self, source: str, target: str) -> Packet:
        here, there = self.at(source), self.at(target)
        ttl = {"client": 64, "server": 61, "router": 254}[source]
        if self.family == 4:
            return IP(src=here, dst=there, ttl=ttl, id=len(self.packets) + 1)
        return IPv6(src=here, dst=there, hlim=ttl)

    def _pass(self, packet: Packet) -> None:
        self.now += 0.004
        self.packets.append((self.now, type(packet)(bytes(packet))))

    def open(self, opener: str, sport: int, dport: int) -> None:
        """SYN, SYN-ACK, ACK."""
        target = "server" if opener == "client" else "client"
        self.segment(opener, sport, dport, "S")
        self.segment(target, dport, sport, "SA")
        self.segment(opener, sport, dport, "A")

    def say(self, *lines: str) -> None:
        """`< 220 Hi` from the server, `> USER a` from the client."""
        for line in lines:
            text = f"{line[2:]}\r\n".encode()
            ends = ("server", 21, 40000) if line[0] == "<" else ("client", 40000, 21)
            self.segment(*ends, "PA", text)

    def reject(self, quoted: Packet) -> None:
        """A router's ICMP error: administratively prohibited."""
        message = ICMP(type=3, code=13) if self.family == 4 else ICMPv6DestUnreach(code=1)
        self._pass(self._ip("router", "client") / message / bytes(quoted)[:64])


Timed = list[tuple[float, Packet]]
"""Packets, each with its time."""


def conversation(family: int = 4) -> Timed:
    """A transfer in passive mode, one that a router rejects, one in active mode that nobody answers, and goodbye."""
    talk = Conversation(family=family)
    talk.open("client", 40000, 21)
    talk.say("< 220-Welcome", "< 220 ready", "> USER anonymous", "< 331 Password?", "> PASS secret", "< 230 In")
    talk.say("> EPSV", "< 229 Entering Extended Passive Mode (|||50001|)")
    talk.open("client", 40001, 50001)
    talk.say("> LIST", "< 150 Here it comes")
    talk.segment("server", 50001, 40001, "PA", LISTING[:1000])
    talk.segment("server", 50001, 40001, "PA", LISTING[1000:])
    talk.segment("server", 50001, 40001, "FA")
    talk.segment("client", 40001, 50001, "FA")
    talk.segment("server", 50001, 40001, "A")
    talk.say("< 226 Sent", "> EPSV", "< 229 Entering Extended Passive Mode (|||50002|)")
    talk.reject(talk.segment("client", 40002, 50002, "S"))
    argument = f"|{1 if family == 4 else 2}|{talk.at('client')}|50003|"
    talk.say(f"> EPRT {argument}", "< 200 EPRT understood", "> NLST")
    syn = talk.segment("server", 20, 50003, "S")
    for wait in (1, 3):
        talk.packets.append((talk.now + wait, syn))
    talk.now += 6
    talk.say("< 425 Nobody answers", "> QUIT", "< 221 Bye")
    talk.segment("server", 21, 40000, "FA")
    talk.segment("client", 40000, 21, "FA")
    return talk.packets
