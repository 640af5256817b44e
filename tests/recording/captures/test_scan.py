import random
import struct
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftpdiag.model import Endpoint, Vantage
from ftpdiag.recording import replay
from ftpdiag.recording.captures import scan
from ftpdiag.recording.captures import scanner as faster
from ftpdiag.recording.captures.scan import SLOTS, Follow, Layer, Scanning, Shown
from ftpdiag.tcp import Connections
from tests.lab.case import CAPTURES
from tests.recording.files import block, interface, section
from tests.recording.scanners import (
    SCANNERS,
    Record,
    as_nanoseconds,
    as_pcap,
    as_pcapng,
    both,
    standard_input,
    told,
)
from tests.synthetic import crowd
from tests.synthetic.crowd import ACK, FIN, RST, SECOND, SYN, frame

FOLDERS = sorted({path.parent for path in CAPTURES.glob("*/*.pcap*")})
BEGAN = 1_795_000_000 * SECOND
CROWD, TRUTH = crowd.crowd(random.Random(3), 12, BEGAN, 5 * SECOND)
SMALL = [one for one in CROWD if len(one[1]) < 200 or one[0] % 7 == 0][:200]
"""A beginning with gaps."""
SENDER, RECEIVER = ("198.51.100.2", 40001), ("203.0.113.2", 50001)

FILES = {
    "pcap": as_pcap(CROWD),
    "pcap-swapped": as_pcap(CROWD, order=">"),
    "pcap-nanoseconds": as_nanoseconds(CROWD),
    "pcap-snapped": as_pcap(CROWD, snap=60),
    "pcapng": as_pcapng(CROWD),
    "pcapng-swapped": as_pcapng(CROWD, order=">"),
    "pcapng-interfaces": as_pcapng(CROWD, links=(1, 1, 1)),
    "pcapng-many-interfaces": as_pcapng(CROWD, links=(1,) * 300),
}

scanners = pytest.mark.parametrize("scanner", SCANNERS.values(), ids=SCANNERS)


def test_the_fast_one_is_used() -> None:
    """Where the scanner in C was built, it is the one that is used."""
    assert type(faster.scanner()) is SCANNERS["c"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_they_agree_on_every_capture(folder: Path) -> None:
    """Both show the same packets of every capture of the project, and the same recording, of which reports are made."""
    files = sorted(folder.glob("*.pcap*"))
    both(*files)
    one, other = (replay.record(files, Vantage.UNKNOWN, scanner()) for scanner in SCANNERS.values())
    assert one == other


@pytest.mark.parametrize("name", FILES)
def test_they_agree_on_a_crowd(path: Path, name: str) -> None:
    """In every format and byte order both show the same packets, a small part of all."""
    path.write_bytes(FILES[name])
    found = both(path)
    assert found.files[0].packets == len(CROWD)
    assert not found.files[0].cautions
    assert len(found.shown) < len(CROWD) / 4


@pytest.mark.parametrize("link_type", [0, 1, 12, 101, 108, 113, 127, 228, 229, 276, 999])
@pytest.mark.parametrize("cut", [0, 3, 8, 12, 13, 14, 15, 16])
def test_they_agree_on_every_layer(path: Path, link_type: int, cut: int) -> None:
    """Whatever bytes stand before the packet, whether or not the link type is right, both show the same."""
    path.write_bytes(as_pcap([(at, data[cut:]) for at, data in SMALL], link_type=link_type))
    both(path)
    path.write_bytes(as_pcapng([(at, data[cut:]) for at, data in SMALL], links=(link_type, 1)))
    both(path)


@scanners
@pytest.mark.parametrize("name", ["pcap", "pcapng", "pcapng-interfaces"])
@pytest.mark.parametrize("size", [5, 7, 16, 28, 61, 4096])
def test_portions(path: Path, scanner: type[Scanning], name: str, size: int) -> None:
    """However little of the file is at hand at a time, the same is shown as of the whole."""
    content = FILES[name][: 40_000 if size < 100 else 1_000_000]
    path.write_bytes(content)
    whole = told(scanner(), [path])
    with standard_input(content, size) as stdin:
        cut = told(scanner(), [stdin])
    assert (cut.shown, cut.packets, cut.files[0].bytes) == (whole.shown, whole.packets, whole.files[0].bytes)


ODD_BYTES = st.tuples(st.integers(0, len(SMALL) - 1), st.integers(0, 80), st.integers(0, 255))
INTERESTING = st.sampled_from([0, 4, 6, 17, 41, 44, 58, 0x45, 0x46, 0x60, 0x81, 0x88, 21, 0xFF])


@given(
    st.lists(ODD_BYTES | st.tuples(st.integers(0, len(SMALL) - 1), st.integers(10, 60), INTERESTING), max_size=60),
    st.lists(st.integers(0, len(SMALL) - 1), max_size=20),
    st.sampled_from([as_pcap, as_nanoseconds, as_pcapng]),
    st.sampled_from("<>"),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_they_agree_on_mutated_packets(
    path: Path, changes: list[tuple[int, int, int]], cuts: list[int], form: object, order: str
) -> None:
    """Headers with wrong bytes, and packets cut short anywhere, are shown by both or by neither."""
    records = [(at, bytearray(data)) for at, data in SMALL]
    for index, place, byte in changes:
        data = records[index][1]
        data[place % len(data)] = byte
    for index in cuts:
        del records[index][1][index % 90 :]
    assert callable(form)
    path.write_bytes(form(((at, bytes(data)) for at, data in records), order=order))
    both(path)


@given(
    st.lists(st.tuples(st.integers(24, 14_999), st.integers(0, 255)), min_size=1, max_size=10),
    st.sampled_from(["pcap", "pcap-swapped", "pcapng", "pcapng-interfaces", "pcapng-many-interfaces"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_they_agree_on_damage(path: Path, changes: list[tuple[int, int]], name: str) -> None:
    """Of a damaged file both read the same, and complain of the same."""
    content = bytearray(FILES[name][:15_000])
    for place, byte in changes:
        content[place] = byte
    path.write_bytes(content)
    both(path)


@given(st.binary(max_size=400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_they_agree_on_rubbish(path: Path, rubbish: bytes) -> None:
    """Of bytes that are no records both make the same."""
    for beginning in (FILES["pcap"][:400], section("<") + interface("<")):
        path.write_bytes(beginning + rubbish)
        both(path)


def test_an_interface_that_is_not_described(path: Path) -> None:
    """A packet that names an interface which the file does not describe is damage to both, wherever it stands."""
    content = as_pcapng(CROWD[:200])
    nowhere = block("<", 6, struct.pack("<IIIII", 7, 0, 0, 60, 60) + bytes(12) + b"\x08\x06" + bytes(46))
    path.write_bytes(content + nowhere + content)
    assert "names interface 7" in both(path).files[0].cautions[0]


# --- a data connection is thinned ------------------------------------------------------------------------------------


def segment(seq: int, flags: int = ACK, payload: bytes = b"", *, back: bool = False) -> bytes:
    """Of a data connection; `back`: from the receiver."""
    ends = (RECEIVER, SENDER) if back else (SENDER, RECEIVER)
    return frame(*ends, (seq % (1 << 32), 0, flags), payload)


def scanned(scanner: Scanning, records: list[Record]) -> list[Shown]:
    """What is shown of packets when the receiver's port is followed as data; the first is none of theirs."""
    data = bytearray(as_pcap([(BEGAN, bytes(60)), *records])[24:])
    scanner.begin(False, False, 16, ((Layer.ETHERNET, SECOND),))  # noqa: FBT003 - as C
    scanner.follow(RECEIVER[1], Follow.DATA)
    shown: list[Shown] = []
    at, why = 0, 1
    while why != scan.Why.MORE:
        at, why, more = scanner.scan(data, at, len(data))
        shown += more
    return (shown + scanner.flush())[1:]


def bulk(packets: int, *, start: int = 1001, size: int = 100, apart: int = 1000) -> list[Record]:
    """Segments in order, a millisecond apart."""
    return [(BEGAN + number * apart, segment(start + number * size, payload=bytes(size))) for number in range(packets)]


def passed(shown: list[Shown]) -> int:
    """Payload bytes that shown segments carry, and those that passed before each."""
    return sum(one[4] + one[3] - 54 for one in shown)


@scanners
def test_bulk_is_thinned(scanner: type[Scanning]) -> None:
    """Of five hundred segments in order two are shown, and the second tells of all between them."""
    shown = scanned(scanner(), bulk(500))
    assert [(one[0], one[4]) for one in shown] == [(2, 0), (501, 49_800)]
    assert passed(shown) == 50_000


@scanners
def test_one_a_second(scanner: type[Scanning]) -> None:
    """A long transfer shows at least one packet a second, and a pause of more than 0.2 s shows both its sides."""
    shown = scanned(scanner(), bulk(100, apart=100_000))
    assert 10 <= len(shown) <= 22
    assert passed(shown) == 10_000
    first, later = bulk(10), bulk(10, start=2001)
    paused = first + [(at + 300_000, data) for at, data in later]
    assert [one[0] for one in scanned(scanner(), paused)] == [2, 11, 12, 21]


@scanners
def test_the_end_releases_what_is_held(scanner: type[Scanning]) -> None:
    """FIN and RST are shown, behind the latest segments of both directions."""
    for flags in (FIN | ACK, RST):
        records = [*bulk(10), (BEGAN + 10_000, segment(2001, flags))]
        assert [one[0] for one in scanned(scanner(), records)] == [2, 11, 12]


@scanners
@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_bytes_are_exact(path: Path, scanner: type[Scanning], data: st.DataObject) -> None:
    """Whatever the tap lost, saw twice or out of order: the bytes that passed are those of all segments, each once."""
    start = data.draw(st.sampled_from([1001, (1 << 32) - 5000]))
    records = bulk(120, start=start)
    for index in sorted(data.draw(st.sets(st.integers(0, 119), max_size=20)), reverse=True):
        match data.draw(st.sampled_from(["lost", "again", "later"])):
            case "lost":
                del records[index]
            case "again":
                records.insert(data.draw(st.integers(0, len(records))), records[index])
            case "later":
                records.insert(data.draw(st.integers(0, len(records))), records.pop(index))
    frames = [data for _, data in records]
    opening = [segment(start - 1, SYN), segment(0, SYN | ACK, back=True), segment(start)]
    ends = [segment(start + 12_000, FIN | ACK)]
    asked = frame(("198.51.100.2", 40000), ("203.0.113.2", 21), (1, 0, ACK), b"EPSV\r\n")
    answered = frame(("203.0.113.2", 21), ("198.51.100.2", 40000), (1, 0, ACK), b"229 Yes (|||50001|)\r\n")
    everything = [asked, answered, *opening, *frames, *ends]
    path.write_bytes(as_pcap((BEGAN + number * 100, one) for number, one in enumerate(everything)))
    seen = {one[38:42] for one in frames}
    connections = Connections(told(scanner(), [path]).packets)
    sender = Endpoint(host=SENDER[0], port=SENDER[1])
    (connection,) = (one for one in connections if one.opener == sender)
    assert connection.sent_by(sender) == 100 * len(seen)


@scanners
def test_unfollowed(scanner: type[Scanning]) -> None:
    """A port that is followed no longer shows nothing more, but a line that FTP begins with."""
    one = scanner()
    assert scanned(one, bulk(3))
    one.follow(RECEIVER[1], 0)
    data = bytearray(as_pcap([*bulk(5), (BEGAN, segment(9, payload=b"220 ready\r\n"))])[24:])
    assert [shown[0] for shown in one.scan(data, 0, len(data))[2]] == [4 + 1 + 5]


@cache
def colliding() -> tuple[tuple[str, int], tuple[str, int]]:
    """Two openers whose connections to the receiver share a slot: keys that differ by the table's size."""
    first = (SENDER[0], 1)
    for port in range(2, 65536):
        for low in range(256):
            host = f"198.51.{low}.2"
            if host != SENDER[0] and _slot(host, port) == _slot(*first):
                return first, (host, port)
    raise AssertionError


def _slot(host: str, port: int) -> int:
    one = frame((host, port), RECEIVER, (0, 0, 0), b"")
    return int.from_bytes(one[26:38]) % SLOTS


@scanners
def test_slots_collide(scanner: type[Scanning]) -> None:
    """Where two flows share a slot, their bytes are exact all the same, and of two SYNs the later is remembered."""
    openers = colliding()
    records: list[Record] = []
    for number in range(40):
        for opener in openers:
            numbers = (1001 + (number // 4 * 4 + number % 4) * 100, 0, ACK)
            records.append((BEGAN + number * 1000, frame(opener, RECEIVER, numbers, bytes(100))))
    records.sort(key=lambda one: (one[0] // 4000, one[1][26:36]))
    shown = scanned(scanner(), records)
    assert passed(shown) == 8000
    assert len(shown) > 20

    one = scanner()
    syns = [frame(opener, RECEIVER, (7, 0, SYN), b"") for opener in openers]
    data = bytearray(as_pcap([(BEGAN, bytes(60)), *((BEGAN, syn) for syn in syns)])[24:])
    one.begin(False, False, 16, ((Layer.ETHERNET, SECOND),))  # noqa: FBT003 - as C
    at, why, _ = one.scan(data, 0, len(data))
    while why != scan.Why.MORE:
        at, why, _ = one.scan(data, at, len(data))
    remembered = [one.syn(syn[26:38]) for syn in syns]
    assert remembered[0] is None
    assert remembered[1] is not None
    assert remembered[1][5] == syns[1]


@scanners
def test_pairs(scanner: type[Scanning]) -> None:
    """Every SYN between two hosts is shown while they are a pair, whoever opens."""
    one = scanner()
    hosts = (bytes([198, 51, 100, 2]), bytes([203, 0, 113, 2]))
    syns = [(BEGAN, segment(1, SYN)), (BEGAN, segment(1, SYN, back=True))]
    one.pair(*hosts, 1)
    one.follow(RECEIVER[1], 0)
    data = bytearray(as_pcap([(BEGAN, bytes(60)), *syns])[24:])
    one.begin(False, False, 16, ((Layer.ETHERNET, SECOND),))  # noqa: FBT003 - as C
    shown: list[Shown] = []
    at, why = 0, 1
    while why != scan.Why.MORE:
        at, why, more = one.scan(data, at, len(data))
        shown += more
    assert [found[0] for found in shown] == [1, 2, 3]
    one.pair(*hosts, -1)
    assert not one.scan(data, 16 + 60, len(data))[2]


def test_ethernet_and_ip_differ(path: Path) -> None:
    """Where the EtherType says IPv6 and the packet IPv4, both look at the packet."""
    odd = [(at, data[:12] + b"\x86\xdd" + data[14:]) for at, data in CROWD if data[12:14] == b"\x08\0"]
    path.write_bytes(as_pcap(odd))
    assert both(path).packets
