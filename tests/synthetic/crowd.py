"""Many FTP sessions at once, and services that only begin like it: Ethernet frames with their times, and the truth."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import NamedTuple

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
SECOND = 1_000_000
"""Times are in microseconds."""
SEGMENT = 1448
FILE = random.Random(5).randbytes(1 << 16)
"""What files are made of."""

Timed = list[tuple[int, bytes]]


class Channel(NamedTuple):
    """What is true of a data connection."""

    method: str
    announced: tuple[str, int]
    answer: str
    to_client: int
    to_server: int


@dataclass
class Session:
    """What is true of a session."""

    client: tuple[str, int]
    server: tuple[str, int]
    channels: list[Channel] = field(default_factory=list)

    @property
    def row(self) -> tuple[object, ...]:
        """To be compared."""
        return self.client, self.server, tuple(self.channels)


@dataclass
class Connection:
    """Two ends, the first of which opens."""

    ends: tuple[tuple[str, int], tuple[str, int]]
    now: int
    rng: random.Random
    vlan: bytes = b""
    frames: Timed = field(default_factory=list)
    seq: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.seq = [self.rng.getrandbits(32), self.rng.getrandbits(32)]

    def send(self, sender: int, flags: int, payload: bytes = b"") -> None:
        """A segment from one end, some time after the one before."""
        self.now += self.rng.randint(60, 900)
        seq, ack = self.seq[sender], self.seq[1 - sender] if flags & ACK else 0
        source, target = self.ends[sender], self.ends[1 - sender]
        self.frames.append((self.now, frame(source, target, (seq, ack, flags), payload, self.vlan)))
        self.seq[sender] = (seq + len(payload) + bool(flags & (SYN | FIN))) % (1 << 32)

    def open(self) -> None:
        """SYN, SYN-ACK, ACK."""
        self.send(0, SYN)
        self.send(1, SYN | ACK)
        self.send(0, ACK)

    def say(self, sender: int, line: str) -> None:
        """A line, and its acknowledgement."""
        self.send(sender, PSH | ACK, f"{line}\r\n".encode())
        self.send(1 - sender, ACK)

    def close(self, sender: int) -> None:
        """FIN of both."""
        self.send(sender, FIN | ACK)
        self.send(1 - sender, FIN | ACK)
        self.send(sender, ACK)


def frame(
    source: tuple[str, int], target: tuple[str, int], numbers: tuple[int, int, int], payload: bytes, vlan: bytes = b""
) -> bytes:
    """A TCP segment in Ethernet. `numbers`: sequence, acknowledgement, flags."""
    seq, ack, flags = numbers
    here, there = ip_address(source[0]).packed, ip_address(target[0]).packed
    size = 20 + len(payload)
    if len(here) == 4:
        header = struct.pack("!BxHHHBBH4s4s", 0x45, 20 + size, seq & 0xFFFF, 0x4000, 64, 6, 0, here, there)
    else:
        header = struct.pack("!IHBB16s16s", 0x60000000, size, 6, 64, here, there)
    ethertype = b"\x08\0" if len(here) == 4 else b"\x86\xdd"
    tcp = struct.pack("!HHIIBBHHH", source[1], target[1], seq, ack, 0x50, flags, 64240, 0, 0)
    return b"\2" + there[-4:] + b"\0\2" + here[-4:] + b"\0" + vlan + ethertype + header + tcp + payload


def crowd(rng: random.Random, sessions: int, began: int, span: int) -> tuple[Timed, list[Session]]:
    """Sessions that begin within `span`, with as many decoys: frames in order of time, and the truth in order of it."""
    frames: Timed = []
    told: list[tuple[int, Session]] = []
    for number in range(sessions):
        at = began + rng.randrange(span)
        more, session = _session(rng, at, number)
        frames += more
        told.append((at, session))
        frames += _decoy(rng, began + rng.randrange(span))
    return sorted(frames), [session for _, session in sorted(told, key=lambda one: one[0])]


def _session(rng: random.Random, at: int, number: int) -> tuple[Timed, Session]:
    family = 6 if rng.random() < 0.25 else 4
    if family == 6:
        hosts = (f"2001:db8:aa::{number % 0xFFFF + 1:x}", f"2001:db8:bb::{rng.randint(1, 0xFFFF):x}")
    else:
        hosts = (f"172.16.{number >> 8 & 255}.{number & 255}", f"198.51.{rng.randrange(256)}.{rng.randint(1, 254)}")
    port = 21 if rng.random() < 0.7 else 2121
    vlan = b"\x81\0\0\x2a" if rng.random() < 0.05 else b""
    client, server = (hosts[0], rng.randint(32768, 60999)), (hosts[1], port)
    control = Connection((client, server), at, rng, vlan)
    session = Session(client, server)
    frames = list(control.frames)
    control.open()
    for line in rng.choice((("220 (vsFTPd 3.0.5)",), ("220-Welcome", " to a server", "220 ready"))):
        control.say(1, line)
    control.say(0, f"USER user{number}")
    control.say(1, "331 Please specify the password.")
    control.say(0, "PASS secret")
    control.say(1, "230 Login successful.")
    for transfer in range(rng.choice((1, 1, 2, 3, 5))):
        frames += _transfer(control, session, transfer)
    control.say(0, "QUIT")
    control.say(1, "221 Goodbye.")
    control.close(1)
    return frames + control.frames, session


def _transfer(control: Connection, session: Session, number: int) -> Timed:
    """One negotiation, what became of it, and the truth into `session`."""
    rng = control.rng
    method = rng.choice(("EPRT", "EPSV") if ":" in session.client[0] else ("PORT", "PASV", "EPRT", "EPSV"))
    active = method in {"PORT", "EPRT"}
    answer = rng.choices(("accepted", "refused", "silent", "absent"), (70, 12, 12, 6))[0]
    upload = rng.random() < 0.3
    announced = (session.client if active else session.server)[0], rng.randint(32768, 60999)
    _announce(control, method, announced, session)
    control.say(0, f"{'STOR' if upload else 'RETR'} file{number}.bin")
    callers = (session.server[0], 20 if active and session.server[1] == 21 else rng.randint(1024, 32767))
    opener = callers if active else (session.client[0], callers[1] if callers[1] != 20 else 4020)
    data = Connection((opener, announced), control.now, rng, control.vlan)
    size = 0
    if answer == "accepted":
        size = int(2 ** rng.uniform(9, 20.5))
        data.open()
        control.now = data.now
        control.say(1, "150 Opening BINARY mode data connection.")
        data.now = control.now
        _carry(data, int(active) if upload else int(not active), size)
        control.now = data.now
        control.say(1, "226 Transfer complete.")
    else:
        _fail(data, answer)
        control.now = max(control.now, data.now)
        control.now += 0 if answer == "refused" else 5 * SECOND
        control.say(1, "425 Failed to establish connection.")
    told = _told(method, announced, session)
    session.channels.append(Channel(method, told, answer, 0 if upload else size, size if upload else 0))
    return data.frames


def _announce(control: Connection, method: str, endpoint: tuple[str, int], session: Session) -> None:
    host, port = endpoint
    numbers = f"{host.replace('.', ',')},{port >> 8},{port & 255}"
    match method:
        case "PORT":
            control.say(0, f"PORT {numbers}")
            control.say(1, "200 PORT command successful.")
        case "EPRT":
            control.say(0, f"EPRT |{2 if ':' in host else 1}|{host}|{port}|")
            control.say(1, "200 EPRT command successful.")
        case "PASV":
            control.say(0, "PASV")
            if port % 10 == 0:  # a NAT that does not help: the address is a private one
                numbers = f"192,168,1,9,{port >> 8},{port & 255}"
            line = f"227 Entering Passive Mode ({numbers}).\r\n".encode()
            cut = port % len(line) if port % 7 == 0 else 0
            for part in (line[:cut], line[cut:]) if cut else (line,):
                control.send(1, PSH | ACK, part)
            control.send(0, ACK)
        case "EPSV":
            control.say(0, "EPSV")
            control.say(1, f"229 Entering Extended Passive Mode (|||{port}|)")
    assert session.client


def _told(method: str, endpoint: tuple[str, int], session: Session) -> tuple[str, int]:
    """The endpoint in the announcement's own words."""
    if method == "PASV" and endpoint[1] % 10 == 0:
        return "192.168.1.9", endpoint[1]
    return (session.server[0], endpoint[1]) if method == "EPSV" else endpoint


def _carry(data: Connection, sender: int, size: int) -> None:
    for sent in range(0, size, SEGMENT):
        start = sent % (len(FILE) - SEGMENT)
        data.send(sender, ACK, FILE[start : start + min(SEGMENT, size - sent)])
        if sent // SEGMENT % 2:
            data.send(1 - sender, ACK)
    data.close(sender)


def _fail(data: Connection, answer: str) -> None:
    if answer == "refused":
        data.send(0, SYN)
        data.seq[1] = 0
        data.send(1, RST | ACK)
    elif answer == "silent":
        for wait in (0, 1, 2, 4):
            data.now += wait * SECOND
            data.send(0, SYN)
            data.seq[0] -= 1


_DECOYS = (
    (25, ("<220 mx ESMTP", ">EHLO me", "<250-mx", "<250 SIZE", ">MAIL FROM:<a@b>", "<250 ok", ">QUIT", "<221 bye")),
    (2525, ("<220-mx waits", "<220 mx", ">HELO me", "<250 ok", ">QUIT", "<221 bye")),
    (110, ("<+OK ready", ">USER a", "<+OK", ">PASS b", "<+OK", ">STAT", "<+OK 2 320", ">QUIT", "<+OK")),
    (6667, (">USER a 0 * :b", "<:irc NOTICE * :one\r\n:irc NOTICE * :two", ">NICK a", "<:irc 001 a :hi", ">QUIT")),
)


def _decoy(rng: random.Random, at: int) -> Iterator[tuple[int, bytes]]:
    """Mail and chat."""
    port, lines = rng.choice(_DECOYS)
    client = f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randint(1, 254)}", rng.randint(32768, 60999)
    talk = Connection((client, (f"198.51.100.{rng.randint(1, 254)}", port)), at, rng)
    talk.open()
    for line in lines:
        talk.say(int(line[0] == "<"), line[1:])
    talk.close(0)
    yield from talk.frames
