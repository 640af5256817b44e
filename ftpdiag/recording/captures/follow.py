"""Packets that the scanner shows in, those that belong to FTP out; and what the scanner is to show next.

A control connection is known by what is said on it, on any port. Its announcements say where data connections will be
opened; once TLS hides them, every connection between its two hosts may be one. What is kept here may be too much,
never too little: the facts decide.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from functools import lru_cache, partial
from ipaddress import ip_address

from ftpdiag import ftp
from ftpdiag.model import Endpoint, Flag, IcmpError, Method, Packet, Segment
from ftpdiag.recording.captures.kept import Kept
from ftpdiag.recording.captures.scan import SLOTS, SPOKEN, Follow, Scanning
from ftpdiag.recording.captures.talk import CONTROL_PORTS, Direction, Talk

_GRACE = 5.0
"""Seconds for which a port is followed after its session has gone on: for what comes late."""

_UNPROVEN = 64
"""Packets of a dialogue that is perhaps FTP's. By then somebody has logged in, or it is something else."""

_FOREIGN = (b"EHLO", b"HELO", b"CAPA", b"STLS", b"NICK", b"+OK", b"* OK", b":")
"""How lines of SMTP, POP3, IRC and IMAP begin, and none of FTP."""
_PROOF = frozenset({b"331 ", b"230 ", b"234 ", b"226 ", b"257 ", b"TYPE", b"RETR", b"STOR", b"LIST", b"NLST", b"MLSD"})
_REPLIES = {b"227": Method.PASV, b"228": Method.LPSV, b"229": Method.EPSV}
_COMMANDS = {b"PORT": Method.PORT, b"EPRT": Method.EPRT, b"LPRT": Method.LPRT}
_TLS_BEGINS = b"234"
_PROTECTED = frozenset(one.encode() for one in ftp.PROTECTED)
_TLS_HANDSHAKE = b"\x16\x03"
"""How a record of a TLS handshake begins, as everything does on the encrypted port (RFC 8446 §5.1)."""
_TLS_TYPES = frozenset(bytes([one]) for one in range(0x14, 0x19))
"""How a record of any kind begins."""
_ANNOUNCES = re.compile(rb"22[789][ -]|(?:PORT|EPRT|LPRT) ", re.IGNORECASE)
_BEGINNING = 16
"""Bytes kept of what a packet of a data connection carries: by them shows what is none."""
_SYN, _SYN_ACK, _FIN_RST = int(Flag.SYN), Flag.SYN | Flag.ACK, Flag.FIN | Flag.RST

Recall = Callable[[Packet], Iterable[Segment]]
"""What is remembered of a packet's connection: its SYNs."""

Undo = Callable[["Follower"], None]
"""What a follower does later. It holds no follower, which would keep itself, and the scanner, for ever."""


class Follower:
    """Keeps what belongs to FTP, across all files of a capture."""

    def __init__(self, scanner: Scanning) -> None:
        self.packets = Kept()
        """Kept so far."""
        self.announced: set[int] = set()
        """The data ports that were announced so far."""
        self._expected_ports: AbstractSet[int] = frozenset()
        self._scanner = scanner
        self._talks: dict[tuple[Endpoint, Endpoint], Talk] = {}
        self._awaited: Counter[Endpoint] = Counter()
        self._callers: dict[Endpoint, set[Endpoint]] = {}
        """Who has been heard there."""
        self._dialling: set[Endpoint] = set()
        """Who has sent a SYN there: it may be answered from elsewhere."""
        self._latest: dict[Endpoint, float] = {}
        """When anybody was heard there last."""
        self._ports: Counter[tuple[int, Follow]] = Counter()
        self._pairs: Counter[frozenset[str]] = Counter()
        self._syns: dict[tuple[Endpoint, Endpoint], Segment] = {}
        self._undone: deque[tuple[float, Undo]] = deque()
        self._now = 0.0
        for port in CONTROL_PORTS:
            self._follow(port, Follow.CONTROL)

    def expect(self, ports: AbstractSet[int]) -> None:
        """Take a SYN to one of `ports` for a data connection's, though nobody announces it here."""
        self._expected_ports = ports
        for port in ports:
            self._follow(port, Follow.DATA)

    def take(self, packet: Packet, recall: Recall) -> bool:
        """Look at a packet; whether it is kept. `recall`: what the scanner remembers of its connection."""
        self._now = packet.at
        while self._undone and self._undone[0][0] < packet.at:
            self._undone.popleft()[1](self)
        if isinstance(packet, IcmpError):
            concerned = any(self._ports[port, how] for port in _ports(packet) for how in Follow)
            if concerned:
                if packet.destination in self._awaited:
                    self._called(packet.destination, packet.source, packet, recall)
                self.packets.add(packet)
            return concerned
        talk = self._talks.get((packet.source, packet.destination))
        opens = packet.flags & _SYN
        if talk is None or (opens and not packet.flags & Flag.ACK and talk.began != packet.seq):
            if talk:
                self._forget(talk, packet)
            talk = self._met(packet, recall)
        if talk:
            self.packets.add(packet)
            self._hear(talk, packet)
            return True
        if self._expected(packet, recall):
            short = len(packet.payload) <= _BEGINNING
            self.packets.add(packet if short else packet._replace(payload=packet.payload[:_BEGINNING]))
            return True
        if opens:
            self._remember(packet)
        return False

    def _met(self, segment: Segment, recall: Recall) -> Talk | None:
        """A control connection begins here, or is overheard."""
        overheard = segment.payload[:4] in SPOKEN
        meant = segment.source.port in CONTROL_PORTS or segment.destination.port in CONTROL_PORTS
        if not (overheard or meant):
            return None
        both = (segment.source, segment.destination)
        talk = self._talks[both] = self._talks[both[1], both[0]] = Talk(segment)
        if overheard and not meant:
            known = (self._syns.get(both), self._syns.get((both[1], both[0])))
            syns = [syn for syn in known if syn] or list(recall(segment))
            self._recalled(syns)
            talk.began = next((syn.seq for syn in syns if not syn.flags & Flag.ACK), segment.seq)
        self._follow(talk.port, Follow.CONTROL)
        return talk

    def _recalled(self, syns: Iterable[Segment]) -> None:
        for syn in syns:
            self.packets.add(syn)

    def _hear(self, talk: Talk, segment: Segment) -> None:
        talk.packets += 1
        if segment.flags & _FIN_RST and not talk.over:
            talk.over = True
            self._later(partial(Follower._forget, talk=talk, segment=segment))
        if segment.payload.startswith(_TLS_HANDSHAKE) and talk.proven:
            self._hide(talk, segment)
        if talk.encrypted and segment.payload[:1] in _TLS_TYPES:
            talk.streams[segment.source] = Direction()  # what follows TLS may be in the clear again (CCC)
        elif segment.payload:
            for line in talk.streams[segment.source].feed(segment):
                self._heard(talk, segment, _clear(line) if talk.encrypted else line.lstrip(b"\xff\xf4\xf2"))
        if talk.packets > _UNPROVEN and not (talk.proven or talk.over):
            self._forget(talk, segment)

    def _heard(self, talk: Talk, segment: Segment, line: bytes) -> None:
        word = line[:4].upper()
        talk.proven = talk.proven or word in _PROOF
        if method := _REPLIES.get(line[:3]) or _COMMANDS.get(word):
            talk.proven = True
            text = line.decode("latin-1")
            announced = ftp.announced_by(method, text if method in _REPLIES.values() else text[5:], segment.source.host)
            if announced:
                self._await(talk, dict.fromkeys((announced, announced.at_host(segment.source.host))))
        elif line[:3] == _TLS_BEGINS or word.rstrip() in _PROTECTED:
            self._hide(talk, segment)
        elif line.startswith(_FOREIGN) and not talk.proven:
            self._forget(talk, segment)

    def _hide(self, talk: Talk, segment: Segment) -> None:
        """TLS begins: every connection between the two hosts may be one of its data connections."""
        if not talk.encrypted:
            talk.encrypted = True
            self._pair(segment, 1)

    def _await(self, talk: Talk, endpoints: Iterable[Endpoint]) -> None:
        self._leave(talk)
        talk.awaited = tuple(endpoints)
        for endpoint in talk.awaited:
            self.announced.add(endpoint.port)
            self._awaited[endpoint] += 1
            self._follow(endpoint.port, Follow.DATA)

    def _leave(self, talk: Talk) -> None:
        for endpoint in talk.awaited:
            self._later(partial(Follower._done, endpoint=endpoint))
        talk.awaited = ()

    def _done(self, endpoint: Endpoint) -> None:
        alone = self._awaited[endpoint] == 1
        if alone and self._latest.get(endpoint, 0) > self._now - _GRACE:
            self._later(partial(Follower._done, endpoint=endpoint))  # it is still busy
            return
        self._awaited[endpoint] -= 1
        if alone:
            del self._awaited[endpoint]
            self._dialling.difference_update(self._callers.pop(endpoint, ()))
            self._latest.pop(endpoint, None)
        self._follow(endpoint.port, Follow.DATA, -1)

    def _expected(self, segment: Segment, recall: Recall) -> bool:
        """Whether a segment is a data connection's."""
        for endpoint, peer in ((segment.destination, segment.source), (segment.source, segment.destination)):
            if endpoint in self._awaited:
                self._called(endpoint, peer, segment, recall)
                return True
        opens = segment.flags & _SYN_ACK == _SYN
        foretold = segment.destination.port in self._expected_ports
        if opens and (foretold or frozenset({segment.source.host, segment.destination.host}) in self._pairs):
            self._awaited[segment.destination] += 1
            self._callers[segment.destination] = {segment.source}
            self._dialling.add(segment.source)
            self._latest[segment.destination] = segment.at
            self._follow(segment.destination.port, Follow.DATA)
            self._later(partial(Follower._done, endpoint=segment.destination))
            return True
        return segment.flags & _SYN_ACK == _SYN_ACK and segment.destination in self._dialling

    def _called(self, endpoint: Endpoint, peer: Endpoint, packet: Packet, recall: Recall) -> None:
        """A packet shows that `peer` has called there; where it is no SYN, that overtook the announcement."""
        callers = self._callers.setdefault(endpoint, set())
        opens = isinstance(packet, Segment) and packet.flags & _SYN_ACK == _SYN
        if peer not in callers and not opens:
            self._recalled(recall(packet))
        if opens:
            self._dialling.add(peer)
        callers.add(peer)
        self._latest[endpoint] = packet.at

    def _forget(self, talk: Talk, segment: Segment) -> None:
        """It is over, or was none of FTP's."""
        if talk.forgotten:
            return
        talk.forgotten = True
        both = (segment.source, segment.destination)
        if self._talks.get(both) is talk:
            del self._talks[both], self._talks[both[1], both[0]]
        self._leave(talk)
        if talk.encrypted:
            self._pair(segment, -1)
        self._follow(talk.port, Follow.CONTROL, -1)

    def _later(self, undo: Undo) -> None:
        self._undone.append((self._now + _GRACE, undo))

    def _follow(self, port: int, how: Follow, more: int = 1) -> None:
        self._ports[port, how] += more
        self._scanner.follow(port, sum(one for one in Follow if self._ports[port, one]))

    def _pair(self, segment: Segment, more: int) -> None:
        hosts = frozenset({segment.source.host, segment.destination.host})
        self._pairs[hosts] += more
        if not self._pairs[hosts]:
            del self._pairs[hosts]
        self._scanner.pair(_packed(segment.source.host), _packed(segment.destination.host), more)

    def _remember(self, segment: Segment) -> None:
        if len(self._syns) >= SLOTS:
            del self._syns[next(iter(self._syns))]
        self._syns[segment.source, segment.destination] = segment


def _clear(line: bytes) -> bytes:
    """What announces an endpoint: the rest of a TLS record that came in several segments may stand before it."""
    found = _ANNOUNCES.search(line)
    return line[found.start() :] if found else line


def keys(packet: Packet) -> tuple[bytes, bytes]:
    """By which a scanner remembers the SYNs of a packet's connection: addresses and ports as packets hold them."""
    source, target = ((_packed(one.host), one.port.to_bytes(2)) for one in (packet.source, packet.destination))
    return source[0] + target[0] + source[1] + target[1], target[0] + source[0] + target[1] + source[1]


def _ports(packet: Packet) -> tuple[int, int]:
    return packet.source.port, packet.destination.port


@lru_cache(maxsize=1024)
def _packed(host: str) -> bytes:
    return ip_address(host).packed
