"""Bytes that nobody has chosen in, captures out; and what must hold for each."""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from ftpdiag.cause import Cause
from ftpdiag.diagnosis import diagnose
from ftpdiag.discovery import declarations
from ftpdiag.facts import derive
from ftpdiag.model import Recording, Vantage
from ftpdiag.recording import replay
from ftpdiag.recording.captures import extract
from ftpdiag.recording.captures.anonymous import Anonymous
from ftpdiag.recording.captures.scan import Scanning
from ftpdiag.recording.captures.stream import Unreadable
from ftpdiag.recording.frames.packets import LINKS, Frame
from ftpdiag.report.format import Format
from ftpdiag.report.look import Colour, Detail, Look
from tests.lab.case import CAPTURES
from tests.recording.files import block, interface, section
from tests.recording.scanners import SCANNERS, Record, as_pcap
from tests.synthetic.crowd import ACK, RST, SECOND, SYN, Connection

BEGAN = 1_795_000_000
CAUSES = declarations("ftpdiag.causes", Cause)
FORMATS = declarations("ftpdiag.formats", Format)
LOOK = Look(width=80, colour=Colour.ANSI, detail=Detail.EVERYTHING)
SECRET = "x-Secret-x"

SECRETS = (f"\r\nPASS {SECRET}\r\n", f"\r\nSITE PSWD old {SECRET}\r\n")

CLIENT, SERVER = ("198.51.100.2", 40001), ("203.0.113.2", 21)

WORDS = (
    *("220 ready", "220-Hello", "220 ", "331 Password?", "230 In.", "200 OK", "125 Now.", "150 Here.", "226 Done."),
    *("227 Entering Passive Mode (203,0,113,2,195,81).", "229 Extended (|||50001|)", "229 (|||)", "227 256,1,1,1,1,1"),
    *("425 No.", "421 Timeout.", "500 What?", "530 No.", "234 Go ahead.", "211-Features:", " AUTH TLS", "211 End"),
    *(
        "USER u",
        *SECRETS,
        "PASV",
        "EPSV",
        "EPSV ALL",
        "PORT 198,51,100,2,156,66",
        "EPRT |1|198.51.100.2|40002|",
    ),
    *(
        "EPRT |2|::1|40002|",
        "LIST",
        "RETR a",
        "STOR b",
        "QUIT",
        "AUTH TLS",
        "PBSZ 0",
        "PROT P",
        "ABOR",
        "STAT",
        "REST 1",
    ),
    *("\x16\x03\x01\x02\x00\x01", "\xff\xf4\xff\xf2", "\x00", ""),
)
"""What is said on control connections, good and bad."""


def files(data: bytes) -> bytes:
    """The bytes of a file as they are."""
    return data


def headers(data: bytes) -> bytes:
    """Frames of the link type that the first byte chooses; each begins with its length."""
    links = sorted(LINKS)
    frames: list[Record] = []
    at = 1
    while at < len(data):
        size = data[at] * 2
        frames.append((BEGAN * SECOND + 1000 * len(frames), data[at + 1 : at + 1 + size]))
        at += 1 + size
    return as_pcap(frames, link_type=links[data[0] % len(links)] if data else 1)


def dialogues(data: bytes) -> bytes:
    """A dialogue: each byte chooses who says which word, how it is cut, or which data connection is tried."""
    control = Connection((CLIENT, SERVER), BEGAN * SECOND, random.Random(0))
    control.open()
    others: list[Connection] = []
    held = {0: b"", 1: b""}
    whole = True
    for one, other in zip(data[::2], data[1::2], strict=False):
        sender = one & 1
        if one >= 0xF0:
            others.append(_data(control.now, other))
            continue
        if one >= 0xE0:
            control.seq[sender] += other - 128  # lost, or sent again
            whole = False
            continue
        word = WORDS[other % len(WORDS)]
        if word in SECRETS and (sender or not whole):
            continue  # nobody could tell it from another word
        held[sender] += word.encode("latin-1") + (b"" if one & 2 else b"\n" if one & 4 else b"\r\n")
        if one & 8:
            continue
        step = max(1, (one >> 4) * 7) if one & 16 else 1400
        for cut in range(0, len(held[sender]), step):
            control.send(sender, ACK, held[sender][cut : cut + step])
        held[sender] = b""
    return as_pcap(sorted(frame for connection in (control, *others) for frame in connection.frames))


def _data(at: int, how: int) -> Connection:
    ends = ((CLIENT[0], 40003), (SERVER[0], 50001)) if how & 1 else ((SERVER[0], 20), (CLIENT[0], 40002))
    data = Connection(ends, at, random.Random(how))
    data.send(0, SYN)
    if how & 2:
        data.send(1, RST | ACK)
    elif how & 4:
        data.send(1, SYN | ACK)
        data.send(0, ACK)
        data.send(how >> 3 & 1, ACK, b"x" * how)
        data.close(how >> 4 & 1)
    return data


def clocks(data: bytes) -> bytes:
    """Logins on two interfaces, whose clocks begin with what they count in and where from; then each reading."""
    content = section("<")
    for number in range(2):
        unit, offset = struct.unpack_from("<Bq", data.ljust(18, b"\0"), 9 * number)
        content += interface("<", options=struct.pack("<HHBxxxHHqHH", 9, 1, unit, 14, 8, offset, 0, 0))
    for number in range(2):
        control = Connection(((CLIENT[0], 40000 + number), SERVER), BEGAN * SECOND, random.Random(number))
        control.open()
        control.say(1, "220 ready")
        control.say(0, "USER u")
        for place, (_, frame) in enumerate(control.frames):
            low, high = struct.unpack_from("<II", data.ljust(200, b"\x11"), 18 + 8 * (9 * number + place))
            content += block("<", 6, struct.pack("<IIIII", number, high, low, len(frame), len(frame)) + frame)
    return content


TARGETS: dict[str, Callable[[bytes], bytes]] = {
    "files": files,
    "headers": headers,
    "dialogues": dialogues,
    "clocks": clocks,
}


def check(content: bytes) -> None:
    """A capture is read by both scanners alike, and reported in every way, or one sentence says why not."""
    with TemporaryDirectory(dir="/dev/shm") as folder:
        path = Path(folder) / "capture"
        path.write_bytes(content)
        told = [_recorded(path, scanner()) for scanner in SCANNERS.values()]
        first, second = (one if isinstance(one, str) else one[0] for one in told)
        assert first == second, "the scanners disagree"
        if not isinstance(told[0], str):
            _report(*told[0])


def _recorded(path: Path, scanner: Scanning) -> tuple[Recording, dict[int, Frame]] | str:
    frames: dict[int, Frame] = {}
    try:
        return replay.record([path], Vantage.UNKNOWN, scanner, frames), frames
    except Unreadable as sentence:
        return str(sentence)


def _report(recording: Recording, frames: dict[int, Frame]) -> None:
    diagnosis = diagnose(derive(recording), CAUSES)
    for one in FORMATS:
        text = one.render(diagnosis, LOOK, ())
        assert SECRET not in text, "a password is shown"
    for names in (None, Anonymous()):
        file = io.BytesIO()
        extract.write(file, recording, frames, diagnosis.facts, names)
        struct.unpack_from("<I", file.getvalue())


def corpus(target: str) -> Iterator[bytes]:
    """What to begin with."""
    if target == "files":
        small = (path for path in sorted(CAPTURES.glob("*/*.pcap*")) if path.stat().st_size < 20_000)
        yield from (path.read_bytes() for path in small)
    elif target == "headers":
        for number, link in enumerate(sorted(LINKS)):
            for path in CAPTURES.glob("synthetic-*/*.pcap"):
                content = path.read_bytes()
                if len(content) < 60_000 and struct.unpack_from("<I", content, 20)[0] == link:
                    yield bytes([number]) + b"".join(_framed(content))
    else:
        rng = random.Random(0)
        yield from (rng.randbytes(size) for size in (2, 20, 60, 200))


def _framed(content: bytes) -> Iterator[bytes]:
    at = 24
    while at + 16 <= len(content):
        size = struct.unpack_from("<I", content, at + 8)[0]
        frame = content[at + 16 : at + 16 + min(size, 510)]
        frame += bytes(len(frame) % 2)
        yield bytes([len(frame) // 2]) + frame
        at += 16 + size
