from __future__ import annotations

import random
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP
from scapy.layers.inet6 import ICMPv6DestUnreach, IPv6
from scapy.packet import Packet

from ftpdiag.recording.captures import capture
from ftpdiag.recording.frames.blanking import blanked
from ftpdiag.recording.frames.packets import RAW_IP, Frame
from tests.growth import seconds

SECRET = b"hunter2!"
STARS = b"*" * len(SECRET)
TO_SERVER = (IP(src="198.51.100.2", dst="203.0.113.2"), IPv6(src="2001:db8::2", dst="2001:db8:1::2"))
TO_CLIENT = (IP(src="203.0.113.2", dst="198.51.100.2"), IPv6(src="2001:db8:1::2", dst="2001:db8::2"))


def frames(packets: list[Packet]) -> list[Frame]:
    """As the sniffer would have kept them."""
    return [Frame(at=1.0, data=bytes(one), length=len(one), link_type=RAW_IP) for one in packets]


def commands(*pieces: tuple[int, bytes], ip: Packet = TO_SERVER[0], syn: bool = True) -> list[Packet]:
    """A client's segments: offset in the dialogue, and bytes."""
    opening = [ip / TCP(sport=40000, dport=21, flags="S", seq=(1 << 32) - 3)] if syn else []
    said = [
        ip
        / TCP(sport=40000, dport=21, flags="PA", seq=((1 << 32) - 2 + at) % (1 << 32), options=[("NOP", None)] * 4)
        / text
        for at, text in pieces
    ]
    return opening + said


def saved(packets: list[Packet], port: int = 21) -> list[bytes]:
    """The payloads after blanking, once lengths and checksums are known to be right."""
    before = frames(packets)
    after = list(blanked(before, control_ports=(port,)))
    payloads = []
    for old, new in zip(before, after, strict=True):
        assert (len(old.data), old.length, old.at) == (len(new.data), new.length, new.at)
        packet = type(IP(old.data) if old.data[0] >> 4 == 4 else IPv6(old.data))(new.data)
        expected = packet.copy()
        del expected[TCP].chksum
        assert type(packet)(bytes(expected))[TCP].chksum == packet[TCP].chksum
        payloads.append(bytes(packet[TCP].payload))
    return payloads


@pytest.mark.parametrize("ip", TO_SERVER, ids=["IPv4", "IPv6"])
@pytest.mark.parametrize(
    ("said", "left"),
    [
        (b"PASS hunter2!\r\n", b"PASS ********\r\n"),
        (b"pass hunter2!\n", b"pass ********\n"),
        (b"ACCT  hunter2!\r\n", b"ACCT  ********\r\n"),
        (b"NOOP\r\nPASS hunter2!\r\nSYST\r\n", b"NOOP\r\nPASS ********\r\nSYST\r\n"),
        (b"\xff\xf4\xff\xf2PASS hunter2!\r\n", b"\xff\xf4\xff\xf2PASS ********\r\n"),
        (b"PASS hunter 2!\r\n", b"PASS *********\r\n"),
        (b"PASS hunter2!", b"PASS ********"),
        (b"SITE PSWD hunter2! n3w\r\n", b"SITE PSWD ************\r\n"),
        (b"site \tchpass bob n3w\r\n", b"site \tchpass *******\r\n"),
        (b"CPWD hunter2!\r\n", b"CPWD ********\r\n"),
        (b"SITE CHMOD 644 a\r\n", b"SITE CHMOD 644 a\r\n"),
        (b"PASS hunter2!\r\nCWD /hunter2!/in\r\n", b"PASS ********\r\nCWD /********/in\r\n"),
        (b"USER guest\r\nPASS guest\r\nRETR guest", b"USER guest\r\nPASS *****\r\nRETR *****"),
        (b"PASS A\r\nTYPE A\r\nRETR A\r\n", b"PASS *\r\nTYPE A\r\nRETR *\r\n"),
        (b"PASS pasv\r\nPASV\r\n", b"PASS ****\r\nPASV\r\n"),
        (b"PASS quit\r\nNOOP\r\nQUIT\r\nUSER quit", b"PASS ****\r\nNOOP\r\nQUIT\r\nUSER ****"),
        (b"PASS list\r\nLIST\tlist\r\n", b"PASS ****\r\nLIST\t****\r\n"),
        (b"PASV\r\n", b"PASV\r\n"),
        (b"CWD COMPASS north\r\n", b"CWD COMPASS north\r\n"),
    ],
)
def test_one_segment(ip: Packet, said: bytes, left: bytes) -> None:
    """A password becomes asterisks, also where it is said again as a name; everything else stays."""
    assert saved(commands((0, said), ip=ip))[1] == left


@pytest.mark.parametrize("ip", TO_SERVER, ids=["IPv4", "IPv6"])
@given(cuts=st.sets(st.integers(1, 26), max_size=8), order=st.randoms(use_true_random=False))
def test_cut_anywhere(ip: Packet, cuts: set[int], order: random.Random) -> None:
    """However the dialogue is cut, reordered and repeated, no byte of the password is left and no other is lost."""
    text = b"USER me\r\nPASS hunter2!\r\nQUIT\r\n"
    bounds = [0, *sorted(cuts), len(text)]
    pieces = [(start, text[start:stop]) for start, stop in pairwise(bounds)]
    pieces += [(4, text[4:20])]
    order.shuffle(pieces)
    clean = text.replace(SECRET, STARS)
    assert saved(commands(*pieces, ip=ip))[1:] == [clean[at : at + len(piece)] for at, piece in pieces]


def test_missing_beginning() -> None:
    """After a gap, and at the start of a connection seen from its middle, the rest of the line is blanked."""
    assert saved(commands((0, b"PASS hun"), (10, b"r2!\r\nSYST\r\n")))[1:] == [b"PASS ***", b"****\nSYST\r\n"]
    assert saved(commands((0, b"nter2!\r\nSYST\r\n"), syn=False)) == [b"*******\nSYST\r\n"]


def test_port_used_again() -> None:
    """A new connection between the same endpoints starts a new dialogue."""
    again = TO_SERVER[0] / TCP(sport=40000, dport=21, flags="S", seq=5000)
    text = TO_SERVER[0] / TCP(sport=40000, dport=21, flags="PA", seq=5001) / b"SS hunter2!\r\n"
    assert saved([*commands((0, b"PA")), again, text])[-1] == b"SS hunter2!\r\n"


@pytest.mark.parametrize("ip", TO_CLIENT, ids=["IPv4", "IPv6"])
def test_echo(ip: Packet) -> None:
    """A server that repeats the password, in pieces even, is blanked too."""
    login = commands((0, b"PASS hunter2!\r\n"), ip=TO_SERVER[TO_CLIENT.index(ip)])
    reply = [
        ip / TCP(sport=21, dport=40000, flags="PA", seq=at) / text
        for at, text in ((0, b"530 not hunt"), (12, b"er2!\r\n500 'PASS hunter2!': what?\r\n"))
    ]
    assert saved(login + reply)[-2:] == [b"530 not ****", b"****\r\n500 'PASS ****************\r\n"]


@pytest.mark.parametrize("ip", TO_CLIENT, ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("echo", [b"hunter2!", b"HUNTER2!"])
def test_echo_of_what_was_stripped(ip: Packet, echo: bytes) -> None:
    """A server may strip the blanks around a password, or put it in upper case, before it repeats it."""
    login = commands((0, b"PASS hunter2! \r\n"), ip=TO_SERVER[TO_CLIENT.index(ip)])
    reply = ip / TCP(sport=21, dport=40000, flags="PA", seq=0) / (b"530 not <" + echo + b">\r\n")
    assert saved([*login, reply])[-1] == b"530 not <********>\r\n"


def test_passwords_of_another_session() -> None:
    """What one client said in confidence may be said aloud to another."""
    reply = (
        IP(src="203.0.113.2", dst="198.51.100.3") / TCP(sport=21, dport=40000, flags="PA", seq=0) / b"220 welcome\r\n"
    )
    assert saved([*commands((0, b"PASS welcome\r\n")), reply])[-1] == b"220 welcome\r\n"


def test_short_password_that_is_a_reply_code() -> None:
    """The codes of replies, and the numbers of an endpoint, stay."""
    reply = TO_CLIENT[0] / TCP(sport=21, dport=40000, flags="PA", seq=0)
    said = b"230 230!\r\n227 (10,0,0,1,2,30)\r\n"
    assert saved([*commands((0, b"PASS 230\r\nPASS 1\r\n")), reply / said])[-1] == said.replace(b" 230!", b" ***!")


def test_many_logins() -> None:
    """The time it takes grows with the number of logins, and not with its square."""

    def taken(logins: int) -> float:
        pieces = [(15 * number, b"PASS hunter2!\r\n") for number in range(logins)]
        reply = TO_CLIENT[0] / TCP(sport=21, dport=40000, flags="PA", seq=0) / b"530 No.\r\n"
        captured = frames([*commands(*pieces), reply])
        return seconds(lambda: list(blanked(captured, control_ports=(21,))))

    assert taken(2000) < 8 * taken(500)


def test_another_port() -> None:
    """A password command on a port that is not the control port is blanked as well."""
    assert saved(commands((0, b"PASS hunter2!\r\n")), port=2121)[1] == b"PASS ********\r\n"


def test_icmp_quote() -> None:
    """What an ICMP error quotes behind the TCP header is blanked, and its checksum holds."""
    for ip, back, message in (
        (*[TO_SERVER[0], TO_CLIENT[0]], ICMP(type=3, code=13)),
        (*[TO_SERVER[1], TO_CLIENT[1]], ICMPv6DestUnreach(code=1)),
    ):
        (quoted,) = commands((0, b"PASS hunter2!\r\n"), ip=ip, syn=False)
        error = back / message / quoted
        (after,) = blanked(frames([error]), control_ports=(21,))
        assert SECRET not in after.data
        packet = type(back)(after.data)
        expected = packet.copy()
        field = "chksum" if back.version == 4 else "cksum"
        delattr(expected.payload, field)
        assert getattr(type(back)(bytes(expected)).payload, field) == getattr(packet.payload, field)


def test_snapped() -> None:
    """A segment whose end was not captured keeps a checksum that fits its whole."""
    whole = frames(commands((0, b"PASS hunter2!\r\nSYST\r\n"), syn=False))[0]
    short = Frame(at=1.0, data=whole.data[:-6], length=whole.length, link_type=RAW_IP)
    ((long,), (cut,)) = (list(blanked([one], control_ports=(21,))) for one in (whole, short))
    assert long.data[:-6] == cut.data


def test_offloaded_checksum() -> None:
    """A checksum that the network card was to complete is completed."""
    opening, packet = commands((0, b"PASS hunter2!\r\n"))
    partial = sum(int.from_bytes(bytes(packet)[at : at + 2], "big") for at in range(12, 20, 2)) + 6
    partial += len(packet) - 20
    packet[TCP].chksum = (partial & 0xFFFF) + (partial >> 16)
    assert saved([opening, packet])[1] == b"PASS ********\r\n"


def test_wrong_checksum_stays_wrong() -> None:
    """A segment that arrived damaged still shows it."""
    (packet,) = commands((0, b"USER me\r\nPASS hunter2!\r\n"), syn=False)
    packet[TCP].chksum = 0x1234
    (after,) = blanked(frames([packet]), control_ports=(21,))
    right = IP(after.data)
    del right[TCP].chksum
    assert IP(after.data)[TCP].chksum != IP(bytes(right))[TCP].chksum


def test_unreadable_left_out() -> None:
    """What cannot be read cannot be blanked, and is not saved."""
    fragment = IP(src="198.51.100.2", dst="203.0.113.2", frag=2, proto=6) / SECRET
    assert not list(blanked(frames([fragment]), control_ports=(21,)))


@given(st.lists(st.tuples(st.integers(0, 60), st.binary(max_size=40)), max_size=6))
def test_never_raises(pieces: list[tuple[int, bytes]]) -> None:
    """Whatever is said, lengths and checksums hold."""
    saved(commands(*pieces))


def test_tcpdump_agrees(tmp_path: Path) -> None:
    """To tcpdump every checksum is right, and it finds no password."""
    path = tmp_path / "saved.pcap"
    packets = [*commands((0, b"PASS hun"), (8, b"ter2!\r\n")), *commands((0, b"PASS hunter2!\r\n"), ip=TO_SERVER[1])]
    with path.open("wb") as file:
        capture.write(file, frames(packets), control_ports=(21,))
    shown = subprocess.run(["tcpdump", "-nvvAr", path], capture_output=True, text=True, check=True).stdout
    assert shown.count("(correct)") == len(packets)
    assert SECRET not in path.read_bytes()
    assert "PASS ***" in shown
