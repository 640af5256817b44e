"""A recording, and the TLS secrets of its sessions -> the recording with their dialogue in clear text.

tshark decrypts: it knows every cipher and puts records together however their segments came; scapy needs `cryptography`
and every segment in order. It gets the control connections only, as far as they are kept, in a capture of its own.
"""

from __future__ import annotations

import base64
import re
import shutil
import struct
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct
from msgspec.structs import replace

from ftpdiag.ftp import CONTROL_PORT, IMPLICIT_TLS_PORT
from ftpdiag.model import CaptureFile, Flag, Packet, Recording, Segment
from ftpdiag.recording.captures import pcap
from ftpdiag.recording.captures.kept import Kept
from ftpdiag.recording.captures.scan import SPOKEN
from ftpdiag.recording.captures.stream import Unreadable
from ftpdiag.recording.frames.packets import RAW_IP, Frame
from ftpdiag.tcp import after

_HANDSHAKE = b"\x16\x03"
"""How a record of a TLS handshake begins (RFC 8446 §5.1)."""
_ASKS_FOR_TLS = re.compile(rb"^AUTH( +(?:TLS|SSL))(?=\r?\n)", re.IGNORECASE)
"""What tshark takes for a request in the one spelling of RFC 4217 §4 only; curl says SSL first."""
_RECORD = re.compile(rb"[\x14-\x17]\x03")
_SECRET = re.compile(r"^[A-Z_0-9]+ [0-9a-fA-F]{64} [0-9a-fA-F]+$", re.MULTILINE)
"""A line of a key log: label, the client's random, secret (RFC 9850)."""
_WRAP = 1 << 32


class _Control(Struct):
    """A control connection with TLS on it, or what may be one."""

    implicit: bool
    segments: list[Segment] = []
    begun: bool = False
    """TLS, that is."""

    @property
    def client(self) -> object:
        """Who opened it, or who says what clients say."""
        return next(
            (
                one.source if _is_client(one) else one.destination
                for one in self.segments
                if one.flags & Flag.SYN or one.payload[:4] in SPOKEN
            ),
            self.segments[0].source,
        )


def _is_client(segment: Segment) -> bool:
    if segment.flags & Flag.SYN:
        return not segment.flags & Flag.ACK
    return segment.payload[:1].isalpha()


def decrypted(recording: Recording, path: Path) -> Recording:
    """The recording, with the text of those sessions to which the key log at `path` has the secrets.

    What it has none to is said in `problems`. Raises `Unreadable` where there is no key log, or no tshark.
    """
    check(path)
    views = (recording.packets, *(tap.packets for tap in recording.taps))
    controls = [(index, control) for index, packets in enumerate(views) for control in _encrypted(packets)]
    texts = _texts([control for _, control in controls], path) if controls else []
    news: list[dict[int, Segment]] = [{} for _ in views]
    for (index, control), text in zip(controls, texts, strict=True):
        if text:
            news[index].update(_rewritten(control, text))
    packets, *taps = (_put(one, new) for one, new in zip(views, news, strict=True))
    return replace(
        recording,
        packets=packets,
        taps=tuple(replace(tap, packets=one) for tap, one in zip(recording.taps, taps, strict=True)),
        source=replace(recording.source, files=_told(recording.source.files, texts, path)),
    )


def check(path: Path) -> None:
    """Whether it can be used, before a long reading. Raises `Unreadable`."""
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise Unreadable(
            f"The key log {path} cannot be read ({error.strerror}): name a file that you may read."
        ) from error
    if not _SECRET.search(text):
        raise Unreadable(
            f"{path} is no key log: run the FTP client with SSLKEYLOGFILE=FILE in its environment, and name that FILE."
        )
    if not shutil.which("tshark"):
        raise Unreadable(
            "--keylog needs tshark, which decrypts TLS; install it (apt-get install tshark), or leave --keylog out."
        )


def _told(files: tuple[CaptureFile, ...], texts: Sequence[Mapping[int, bytes]], path: Path) -> tuple[CaptureFile, ...]:
    closed = sum(not text for text in texts)
    if not files or (texts and not closed):
        return files
    problem = f"{path} holds no keys for {closed} of {len(texts)} encrypted control connections."
    if not texts:
        problem = f"{path} was not needed: no encrypted control connection was captured."
    return (replace(files[0], problems=(*files[0].problems, problem)), *files[1:])


def _encrypted(packets: Sequence[Packet]) -> list[_Control]:
    """The control connections that TLS began on."""
    current: dict[frozenset[object], _Control] = {}
    known: list[_Control] = []
    spoken: set[int] = set()
    for segment in packets:
        if not isinstance(segment, Segment):
            continue
        ends = frozenset({segment.source, segment.destination})
        control = current.get(ends)
        opens = segment.flags & (Flag.SYN | Flag.ACK) == Flag.SYN
        if control is None or (opens and control.begun):
            control = current[ends] = _Control(
                implicit=IMPLICIT_TLS_PORT in {segment.source.port, segment.destination.port}
            )
            known.append(control)
        control.segments.append(segment)
        if segment.payload[:4] in SPOKEN:
            spoken.add(id(control))
        if segment.payload.startswith(_HANDSHAKE) and (control.implicit or id(control) in spoken):
            control.begun = True
    return [one for one in known if one.begun]


def _texts(controls: Sequence[_Control], path: Path) -> list[dict[int, bytes]]:
    """Of each control connection what its packets bring, by their numbers; empty where there is no key."""
    numbered = sorted(
        ((segment.number, index, segment) for index, one in enumerate(controls) for segment in one.segments),
        key=lambda each: each[:2],
    )
    order = list(dict.fromkeys(index for _, index, _ in numbered))
    with TemporaryDirectory() as folder:
        capture = Path(folder) / "control.pcap"
        with capture.open("wb") as file:
            pcap.write(file, (_frame(controls[index], index, segment) for _, index, segment in numbered))
        command = ["tshark", "-n", "-q", "-r", str(capture), "-o", f"tls.keylog_file:{path}"]
        for stream in range(len(order)):
            command += ["-z", f"follow,tls,yaml,{stream}"]
        result = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - no shell
    if result.returncode:
        raise Unreadable(
            f"tshark could not read the sessions ({result.stderr.decode(errors='replace').strip()[-200:]})."
        )
    texts: list[dict[int, bytes]] = [{} for _ in controls]
    for frame, data in _followed(result.stdout.decode("ascii", errors="replace")):
        number, index, _ = numbered[frame - 1]
        texts[index][number] = texts[index].get(number, b"") + data
    return texts


def _followed(text: str) -> Iterator[tuple[int, bytes]]:
    """What tshark writes as YAML: the number of a packet, and what it brought."""
    for entry in re.split(r"^  - packet: ", text, flags=re.MULTILINE)[1:]:
        number, _, rest = entry.partition("\n")
        encoded = re.search(r"data: !!binary \|\n((?: {6,}\S+\n?)+)", rest)
        if encoded:
            yield int(number), base64.b64decode(encoded[1])


def _frame(control: _Control, index: int, segment: Segment) -> Frame:
    """A segment as IPv4, between hosts that tell connections apart and ports that tell what is spoken."""
    asks = segment.source == control.client
    server = IMPLICIT_TLS_PORT if control.implicit else CONTROL_PORT
    hosts = [b"\x0a" + index.to_bytes(3), b"\x0b" + index.to_bytes(3)]
    ports = [40000, server]
    if not asks:
        hosts.reverse()
        ports.reverse()
    tcp = struct.pack("!HHIIBBHHH", *ports, segment.seq, segment.ack, 0x50, segment.flags, 64240, 0, 0)
    size = min(40 + segment.length, 0xFFFF)
    header = struct.pack("!BxHHHBBH4s4s", 0x45, size, 0, 0, 64, 6, 0, *hosts)
    data = header + tcp + _ASKS_FOR_TLS.sub(lambda said: b"AUTH" + b"TLS".rjust(len(said[1])), segment.payload)
    return Frame(at=segment.at, data=data, length=40 + segment.length, link_type=RAW_IP)


class _Side(Struct):
    encrypted: bool = False
    end: int | None = None
    """The sequence number behind what it has said."""


def _rewritten(control: _Control, texts: Mapping[int, bytes]) -> Iterator[tuple[int, Segment]]:
    """The segments with text in place of TLS; sequence numbers count that."""
    ends = {end: _Side() for one in control.segments for end in (one.source, one.destination)}
    for segment in control.segments:
        side, peer = ends[segment.source], ends[segment.destination]
        side.encrypted = side.encrypted or bool(_RECORD.match(segment.payload))
        new = segment._replace(ack=peer.end if peer.encrypted and peer.end is not None else segment.ack)
        if side.encrypted:
            text = texts.get(segment.number, b"")
            new = new._replace(seq=segment.seq if side.end is None else side.end, payload=text, length=len(text))
        end = (new.seq + bool(new.flags & Flag.SYN) + new.length) % _WRAP
        side.end = end if side.end is None or after(end, side.end) > 0 else side.end
        yield segment.number, new


def _put(packets: Sequence[Packet], news: Mapping[int, Segment]) -> Sequence[Packet]:
    return Kept(news.get(one.number, one) for one in packets)
