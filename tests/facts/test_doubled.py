from __future__ import annotations

from pathlib import Path

import pytest

from ftpdiag.facts import derive
from ftpdiag.model import CaptureFile, Packet, Recording, Source, Vantage
from ftpdiag.recording.replay import record
from tests.make_captures import CAPTURES
from tests.test_facts import CLIENT, SERVER, SYN, Tape

CASE = CAPTURES / "passive-port-dropped-by-server-edge"
BEHIND_NAT = CAPTURES / "active-address-refused-server-nat"
AT_CLIENT, BETWEEN, AT_SERVER = "client.pcap", "middle.pcap", "server.pcap"


def cautions(*files: Path) -> tuple[str, ...]:
    """What is said of files that are read as one capture, by the last of them."""
    return derive(record(files, Vantage.UNKNOWN)).source.files[-1].cautions


@pytest.mark.parametrize("folder", [CASE, BEHIND_NAT], ids=lambda one: one.name)
def test_captures_of_two_places(folder: Path) -> None:
    """Files that hold the same handshakes, a NAT between them or not, are said to; the SYN tells which is whose."""
    (told,) = cautions(folder / AT_SERVER, folder / AT_CLIENT)
    assert f"{folder / AT_SERVER} and {folder / AT_CLIENT} hold the same connections" in told
    assert f"\nftpdiag replay --client {folder / AT_CLIENT} --server {folder / AT_SERVER}" in told


@pytest.mark.parametrize(
    ("folder", "counts"),
    [(CASE, "in which their packets stand more than once."), (BEHIND_NAT, "so 4 sessions count as 8.")],
    ids=lambda one: getattr(one, "name", ""),
)
def test_what_counts_twice(folder: Path, counts: str) -> None:
    """Around a NAT each session is another one; elsewhere it is the same, with more packets."""
    (told,) = cautions(folder / AT_SERVER, folder / AT_CLIENT)
    assert counts in told


def test_captures_of_three_places() -> None:
    """The one between them has its name, too."""
    (told,) = cautions(CASE / BETWEEN, CASE / AT_SERVER, CASE / AT_CLIENT)
    assert f"--client {CASE / AT_CLIENT} --middle {CASE / BETWEEN} --server {CASE / AT_SERVER}" in told


def test_which_end_is_not_known(tmp_path: Path) -> None:
    """Where a SYN had gone as far in both, nobody can tell whose is which."""
    copy = tmp_path / "copy.pcap"
    copy.write_bytes((CASE / AT_CLIENT).read_bytes())
    (told,) = cautions(CASE / AT_CLIENT, copy)
    assert told.endswith("\nftpdiag replay --client FILE --server FILE")


def test_a_file_that_is_named_twice() -> None:
    """It was not made at two places."""
    assert cautions(CASE / AT_CLIENT, CASE / AT_CLIENT) == ("A file is named twice, and counts twice: leave one out.",)


def test_captures_of_one_place() -> None:
    """Files with connections of their own are one capture."""
    assert cautions(CASE / AT_CLIENT, BEHIND_NAT / AT_CLIENT) == ()


def test_repeated_syn() -> None:
    """A SYN that is repeated in the next file of a ring is no second capture of it."""
    tape = Tape()
    tape.segment(CLIENT, SERVER, SYN)
    tape.sent.clear()
    tape.now += 1
    packets = tape.connect().say("S: 220 Hi", "C: USER a", "S: 331 Go on").packets
    files = tuple(
        CaptureFile(path=name, packets=count, bytes=1, link_type="Ethernet")
        for name, count in (("one.pcap", 1), ("two.pcap", len(packets) - 1))
    )
    recording = Recording(source=Source(files=files), vantage=Vantage.MIDDLE, began=1.0, packets=tuple(packets))
    (session,) = derive(recording).sessions
    assert session.openings[0].tries == 2
    assert not any("same connections" in one for one in derive(recording).source.files[-1].cautions)


def test_both_sides_of_a_nat() -> None:
    """Of a capture on all interfaces of a NAT it is said which connections it holds twice, under which addresses."""
    inside = SERVER.at_host("10.2.0.2")
    translated = {SERVER: inside, CLIENT: CLIENT}
    passed = Tape().connect().say("S: 220 Hi", "C: USER a", "S: 331 Go on").packets
    packets: list[Packet] = []
    for one in passed:
        beyond = one._replace(
            source=translated[one.source], destination=translated[one.destination], ttl=one.ttl - 1, at=one.at + 0.0001
        )
        packets += [side._replace(number=len(packets) + place) for place, side in enumerate((one, beyond), 1)]
    file = CaptureFile(path="any.pcap", packets=len(packets), bytes=1, link_type="Ethernet")
    recording = Recording(source=Source(files=(file,)), vantage=Vantage.MIDDLE, began=1.0, packets=tuple(packets))
    facts = derive(recording)
    assert [one.server for one in facts.sessions] == [SERVER, inside]
    (told,) = (one for one in facts.source.files[0].cautions if "NAT" in one)
    assert told.startswith("It holds 1 session on both sides of a NAT")
    assert f"beyond it {SERVER.host} is {inside.host}." in told
