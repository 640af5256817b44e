import random
from collections.abc import Iterable
from pathlib import Path

import pytest
from scapy.layers.inet import ICMP, IP
from scapy.layers.l2 import Ether

from ftpdiag import facts
from ftpdiag.model import Flag, Packet, Segment, Vantage
from ftpdiag.recording import replay
from ftpdiag.recording.captures.scanner import scanner
from tests.recording.scanners import Record, as_pcap, as_pcapng, told
from tests.synthetic.crowd import ACK, FIN, PSH, RST, SECOND, SYN, Connection, crowd

BEGAN = 1_795_000_000 * SECOND
CLIENT, SERVER, STRANGER = "198.51.100.2", "203.0.113.2", "192.0.2.9"
DATA = 50001
HIGH, LOW = DATA >> 8, DATA & 255
HERE, THERE = CLIENT.replace(".", ","), SERVER.replace(".", ",")

ANNOUNCEMENTS = {
    "PORT": (0, f"PORT {HERE},{HIGH},{LOW}"),
    "EPRT": (0, f"EPRT |1|{CLIENT}|{DATA}|"),
    "LPRT": (0, f"LPRT 4,4,{HERE},2,{HIGH},{LOW}"),
    "PASV": (1, f"227 Entering Passive Mode ({THERE},{HIGH},{LOW})."),
    "EPSV": (1, f"229 Entering Extended Passive Mode (|||{DATA}|)"),
    "LPSV": (1, f"228 Entering Long Passive Mode (4,4,{THERE},2,{HIGH},{LOW})"),
}
"""Who says it, and what."""
ACTIVE = {"PORT", "EPRT", "LPRT"}


def talk(server_port: int = 21, at: int = BEGAN, client_port: int = 40000) -> Connection:
    """A control connection, logged in."""
    control = Connection(((CLIENT, client_port), (SERVER, server_port)), at, random.Random(at))
    control.open()
    for line in ("<220 ready", ">USER a", "<331 password?", ">PASS b", "<230 in"):
        control.say(int(line[0] == "<"), line[1:])
    return control


def call(at: int, method: str = "EPSV", port: int = DATA) -> Connection:
    """A data connection, unopened."""
    ends = ((SERVER, 20), (CLIENT, port)) if method in ACTIVE else ((CLIENT, 40001), (SERVER, port))
    return Connection(ends, at, random.Random(at))


def opened(path: Path, *connections: Connection, before: int = 1) -> set[tuple[str, int]]:
    """To whom connections were opened that are kept of a capture; unrelated packets come first."""
    records = sorted(one for connection in connections for one in connection.frames)
    path.write_bytes(as_pcap([*[(BEGAN - 1, bytes(60))] * before, *records]))
    return {
        (packet.destination.host, packet.destination.port)
        for packet in told(scanner(), [path]).packets
        if isinstance(packet, Segment) and packet.flags & (Flag.SYN | Flag.ACK) == Flag.SYN
    }


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
@pytest.mark.parametrize("method", ["PASV", "PORT"])
def test_announcements_after_tls_in_small_segments(path: Path, method: str, size: int) -> None:
    """After CCC (RFC 4217 §9) an announcement follows a TLS record that may have come in pieces: it is heard."""
    control = talk()
    sender, line = ANNOUNCEMENTS[method]
    said = line.replace(HERE, STRANGER.replace(".", ",")).replace(THERE, STRANGER.replace(".", ","))
    control.say(0, "AUTH TLS")
    control.say(1, "234 go")
    for end in (0, 1):
        record = b"\x17\3\3\0\x40" + random.Random(end).randbytes(64).replace(b"\n", b"A")
        for whole in (record, f"{said}\r\n".encode() if end == sender else b""):
            for at in range(0, len(whole), size):
                control.send(end, PSH | ACK, whole[at : at + size])
    data = Connection(((SERVER if method in ACTIVE else CLIENT, 4020), (STRANGER, DATA)), control.now, random.Random(1))
    data.open()
    assert opened(path, control, data) == {(SERVER, 21), (STRANGER, DATA)}


@pytest.mark.parametrize("port", [21, 2121])
@pytest.mark.parametrize("method", ANNOUNCEMENTS)
def test_announcements_split_anywhere(path: Path, method: str, port: int) -> None:
    """Wherever a line is cut into segments, and also when those come in reverse, the data connection is found."""
    sender, line = ANNOUNCEMENTS[method]
    whole = f"{line}\r\n".encode()
    for cut in range(len(whole)):
        control = talk(port)
        for part in (whole[:cut], whole[cut:]) if cut else (whole,):
            control.send(sender, PSH | ACK, part)
        if cut % 2:
            (first, one), (second, other) = control.frames[-2:]
            control.frames[-2:] = [(first, other), (second, one)]
        data = call(control.now + 1000, method)
        data.open()
        target = (CLIENT if method in ACTIVE else SERVER, DATA)
        assert target in opened(path, control, data)


@pytest.mark.parametrize("lost", range(3, 18))
def test_a_lost_packet(path: Path, lost: int) -> None:
    """Whichever packet of the dialogue the tap lost before it, the announcement is heard."""
    control = talk(2121)
    control.say(0, "EPSV")
    control.say(1, ANNOUNCEMENTS["EPSV"][1])
    data = call(control.now)
    data.open()
    del control.frames[lost if lost < len(control.frames) - 2 else 3]
    assert (SERVER, DATA) in opened(path, control, data)


def test_a_syn_that_overtook_its_announcement(path: Path) -> None:
    """A SYN that a tap saw before the announcement is remembered."""
    control = talk()
    data = call(control.now)
    data.open()
    data.send(1, ACK | PSH, bytes(100))
    control.now = data.now - 1000
    control.say(1, ANNOUNCEMENTS["EPSV"][1])
    assert (SERVER, DATA) in opened(path, control, data)


def test_a_rejected_syn_that_overtook_its_announcement(path: Path) -> None:
    """It is remembered also where no other packet of its connection comes, but an ICMP error that quotes it."""
    control = talk()
    data = call(control.now)
    data.send(0, SYN)
    syn = data.frames[0][1][14:]
    control.now = data.now + 1000
    control.say(1, ANNOUNCEMENTS["EPSV"][1])
    error = Ether() / IP(src="192.0.2.1", dst=CLIENT) / ICMP(type=3, code=1) / syn[:28]
    data.frames.append((control.now + 1000, bytes(error)))
    assert (SERVER, DATA) in opened(path, control, data)


@pytest.mark.parametrize("port", [21, 2121])
def test_tls_hides_the_announcements(path: Path, port: int) -> None:
    """From AUTH on every connection between the two hosts is kept, and none of others."""
    control = talk(port)
    control.say(0, "AUTH TLS")
    control.say(1, "234 go on")
    control.send(0, ACK | PSH, b"\x16\x03\x01\x00\x50" + bytes(80))
    active, passive = call(control.now, "PORT", 50002), call(control.now)
    stranger = Connection(((STRANGER, 40001), (SERVER, DATA + 5)), control.now, random.Random(1))
    for one in (active, passive, stranger):
        one.open()
    assert opened(path, control, active, passive, stranger) - {(SERVER, port)} == {(CLIENT, 50002), (SERVER, DATA)}


def test_cleared_control_connection(path: Path) -> None:
    """After TLS, what is announced in the clear is followed again, also at another host."""
    control = talk()
    control.say(0, "AUTH TLS")
    control.say(1, "234 go on")
    for _ in range(3):
        control.send(0, ACK | PSH, b"\x17\x03\x03\x00\x50" + bytes(80))
        control.send(1, ACK | PSH, b"\x17\x03\x03\x00\x50" + bytes(80))
    control.say(0, "PASV")
    control.say(1, f"227 Entering Passive Mode ({STRANGER.replace('.', ',')},{HIGH},{LOW}).")
    passive = Connection(((CLIENT, 40001), (STRANGER, DATA)), control.now, random.Random(1))
    passive.open()
    assert (STRANGER, DATA) in opened(path, control, passive)


def test_implicit_tls(path: Path) -> None:
    """On FTP's encrypted port nothing is ever announced, and every connection between the two hosts is kept."""
    control = Connection(((CLIENT, 40000), (SERVER, 990)), BEGAN, random.Random(1))
    control.open()
    control.send(0, ACK | PSH, b"\x16\x03\x01\x00\x50" + bytes(80))
    control.send(1, ACK | PSH, b"\x16\x03\x03\x00\x50" + bytes(80))
    passive = call(control.now)
    passive.open()
    assert (SERVER, DATA) in opened(path, control, passive)


def test_pairs_that_share_a_slot(path: Path) -> None:
    """An encrypted session that ends takes nothing from another whose hosts share its slot in the scanner."""
    here, there = Connection(((CLIENT, 40000), (SERVER, 21)), BEGAN, random.Random(1)), talk()
    here = Connection((("198.51.100.3", 40000), ("203.0.113.1", 21)), BEGAN, random.Random(1))
    here.open()
    for control in (here, there):
        control.say(1, "220 ready")
        control.say(0, "AUTH TLS")
        control.say(1, "234 go on")
    here.close(0)
    there.now += 20 * SECOND
    there.send(0, ACK | PSH, bytes(80))
    passive = call(there.now)
    passive.open()
    assert (SERVER, DATA) in opened(path, here, there, passive)


@pytest.mark.parametrize("ending", ["EPSV", "QUIT"])
def test_ports_are_retired(path: Path, ending: str) -> None:
    """Some seconds after the next negotiation, or the end, a port is anybody's again."""
    control = talk()
    control.say(1, ANNOUNCEMENTS["EPSV"][1])
    if ending == "EPSV":
        control.say(1, "229 Entering Extended Passive Mode (|||50009|)")
    else:
        control.close(0)
    others = [
        Connection((("192.0.2.7", port), (SERVER, 21)), control.now + 6 * port * SECOND, random.Random(port))
        for port in (1, 2)
    ]
    for other in others:
        other.open()
    late = Connection(((STRANGER, 40001), (SERVER, DATA)), others[-1].now, random.Random(2))
    late.open()
    assert (SERVER, DATA) not in opened(path, control, *others, late)


def test_a_long_transfer_keeps_its_port(path: Path) -> None:
    """A port is followed as long as its connection lasts, however long ago its session went on."""
    control = talk()
    control.say(1, ANNOUNCEMENTS["EPSV"][1])
    data = call(control.now)
    data.open()
    control.say(1, "229 Entering Extended Passive Mode (|||50009|)")
    for _ in range(60):
        data.now += SECOND
        data.send(1, ACK | PSH, bytes(1000))
    data.send(1, FIN | ACK)
    path.write_bytes(as_pcap(sorted(control.frames + data.frames)))
    packets = [one for one in told(scanner(), [path]).packets if isinstance(one, Segment)]
    assert sum(one.length + one.passed for one in packets if one.source.port == DATA) == 60_000


@pytest.mark.parametrize("end", [FIN | ACK, RST, 0])
@pytest.mark.parametrize("port", [21, 2121])
def test_a_client_port_used_again(path: Path, port: int, end: int) -> None:
    """A second session from the same port is another session, whether or not the end of the first was seen."""
    first = talk(port)
    if end:
        first.send(0, end)
    second = talk(port, at=first.now + SECOND)
    second.say(1, ANNOUNCEMENTS["EPSV"][1])
    second.say(0, "LIST")
    data = call(second.now)
    data.open()
    assert (SERVER, DATA) in opened(path, first, second, data)
    assert len(facts.derive(replay.record([path], Vantage.UNKNOWN)).sessions) == 2


def test_mail_and_chat(path: Path) -> None:
    """Of SMTP, POP3 and IRC a few packets are kept until they betray themselves, and no session is told."""
    records, truth = crowd(random.Random(4), 40, BEGAN, SECOND)
    ports = {25, 2525, 110, 6667}
    decoys = [one for one in records if {int.from_bytes(one[1][34:36]), int.from_bytes(one[1][36:38])} & ports]
    path.write_bytes(as_pcap(decoys))
    assert len(truth) == 40
    assert len(told(scanner(), [path]).packets) < 40 * 11
    assert not facts.derive(replay.record([path], Vantage.UNKNOWN)).sessions


def test_a_forgotten_dialogue_leaves_nothing(path: Path) -> None:
    """After a chat whose end was seen twice over, a session from the same port is found all the same."""
    chat = Connection(((CLIENT, 40000), (STRANGER, 6667)), BEGAN, random.Random(5))
    chat.open()
    chat.say(0, "USER a 0 * :b")
    chat.say(1, ":irc NOTICE * :one\r\n:irc NOTICE * :two\r\n:irc NOTICE * :three")
    chat.send(0, FIN | ACK)
    chat.send(1, RST)
    control = talk(2121, at=chat.now + 20 * SECOND)
    control.say(1, ANNOUNCEMENTS["EPSV"][1])
    data = call(control.now)
    data.open()
    assert (SERVER, DATA) in opened(path, chat, control, data)


def telling(packets: Iterable[Packet]) -> list[Packet]:
    """Without bare acknowledgements, of which more or fewer are kept."""
    opening = Flag.SYN | Flag.FIN | Flag.RST
    return [one for one in packets if not isinstance(one, Segment) or one.length or one.flags & opening]


@pytest.mark.parametrize("form", [as_pcap, as_pcapng])
@pytest.mark.parametrize("port", [21, 2121])
def test_ring_buffer_files(tmp_path: Path, form: object, port: int) -> None:
    """Wherever one file of a capture ends and the next begins, the same is kept."""
    assert callable(form)
    control = talk(port)
    control.say(1, ANNOUNCEMENTS["EPSV"][1])
    data = call(control.now)
    data.open()
    data.send(1, ACK | PSH, bytes(1000))
    data.send(1, FIN | ACK)
    records: list[Record] = [(BEGAN - 1, bytes(60)), *sorted(control.frames + data.frames)]
    paths = [tmp_path / name for name in ("0", "1", "2")]
    paths[0].write_bytes(form(records))
    whole = told(scanner(), paths[:1]).packets
    assert {one.source.port for one in whole} >= {port, DATA}
    for cut in range(1, len(records)):
        paths[1].write_bytes(form(records[:cut]))
        paths[2].write_bytes(form(records[cut:]))
        assert telling(told(scanner(), paths[1:]).packets) == telling(whole)


def test_a_syn_is_found_again_between_files_of_different_kinds(tmp_path: Path) -> None:
    """What a SYN was captured on is not mistaken for an interface of the next file."""
    control = talk(2121)
    control.say(1, ANNOUNCEMENTS["EPSV"][1])
    paths = [tmp_path / "one", tmp_path / "other"]
    paths[0].write_bytes(as_pcapng([(BEGAN, bytes(60)), *control.frames[:3]], links=(999, 1)))
    paths[1].write_bytes(as_pcap(control.frames[3:]))
    assert len(told(scanner(), paths).packets) <= len(control.frames)
