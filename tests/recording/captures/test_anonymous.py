from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftpdiag.recording.captures.anonymous import Anonymous, names
from ftpdiag.recording.captures.rewriting import Edit, apart

RUN = Anonymous(bytes(range(32)))
V4, V6 = st.ip_addresses(v=4), st.ip_addresses(v=6)


def other(address: str) -> str:
    """What stands for an address."""
    return RUN.text(address.encode()).decode()


def changed(text: bytes, edits: list[Edit]) -> bytes:
    """The text with its edits."""
    for edit in reversed(list(apart(edits))):
        text = text[: edit.start] + edit.text + text[edit.stop :]
    return text


def shared(one: str, another: str) -> int:
    """Leading bits that two addresses share."""
    first, second = ip_address(one), ip_address(another)
    return first.max_prefixlen - (int(first) ^ int(second)).bit_length()


@given(st.one_of(st.tuples(V4, V4), st.tuples(V6, V6)))
def test_prefixes_are_preserved(pair: tuple[object, object]) -> None:
    """Two addresses share as many leading bits afterwards as before, and no two become one."""
    one, another = map(str, pair)
    assert shared(other(one), other(another)) == shared(one, another)


KINDS = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"]


@pytest.mark.parametrize("kind", [*KINDS, "fc00::/7", "fe80::/10", "2001:db8::/32"])
@given(st.data())
def test_what_is_private_stays_private_and_nothing_else_becomes_so(kind: str, data: st.DataObject) -> None:
    """A fault may be that an address is of a kind that nobody else can reach."""
    network = ip_network(kind)
    inside = data.draw(st.ip_addresses(network=network))
    anywhere = data.draw(st.ip_addresses(v=network.version))
    assert ip_address(other(str(inside))) in network
    assert (ip_address(other(str(anywhere))) in network) == (anywhere in network)


def test_a_run_of_its_own() -> None:
    """Another run gives other addresses: two extracts cannot be compared."""
    assert (
        Anonymous().text(b"198.18.0.1") != Anonymous().text(b"198.18.0.1") or Anonymous().text(b"8.8.8.8") != b"8.8.8.8"
    )
    assert (other("0.0.0.0"), other("255.255.255.255"), other("::1")) == ("0.0.0.0", "255.255.255.255", "::1")


COMMANDS = [
    (b"USER alice\r\n", b"USER xxxxx\r\n"),
    (b"USER anonymous\r\n", b"USER anonymous\r\n"),
    (b"TYPE I\r\n", b"TYPE I\r\n"),
    (b"RETR /home/alice/pay slip.pdf\r\n", b"RETR /xxxx/xxxxx/xxx xxxx.xxx\r\n"),
    (b"LIST -la\r\n", b"LIST -la\r\n"),
    (b"LIST -la secret\r\n", b"LIST -la xxxxxx\r\n"),
    (b"PORT 10,0,0,2,195,80\r\n", b"PORT %s,195,80\r\n" % other("10.0.0.2").replace(".", ",").encode()),
    (b"EPRT |1|10.0.0.2|50000|\r\n", b"EPRT |1|%s|50000|\r\n" % other("10.0.0.2").encode()),
    (b"EPRT |2|2001:db8::2|50000|\r\n", b"EPRT |2|%s|50000|\r\n" % other("2001:db8::2").encode()),
    (b"LPRT 4,4,10,0,0,2,2,195,80\r\n", b"LPRT 4,4,%s,2,195,80\r\n" % other("10.0.0.2").replace(".", ",").encode()),
]


@pytest.mark.parametrize(("said", "told"), COMMANDS)
def test_commands(said: bytes, told: bytes) -> None:
    """Users and files have no names; endpoints have other addresses, and their own ports."""
    assert changed(said, RUN.asked(said)) == told


REPLIES = [
    (b"220 ftp.example.org FTP server (vsFTPd 3.0.3)\r\n", b"220 xxx.xxxxxxx.xxx FTP server (vsFTPd 3.0.3)\r\n"),
    (b"331 Password required for alice.\r\n", b"331 Password required for xxxxx.\r\n"),
    (b'257 "/home/alice" is here\r\n', b'257 "/xxxx/xxxxx" is here\r\n'),
    (b"150 Opening pay.pdf (538 bytes).\r\n", b"150 Opening xxx.xxx (538 bytes).\r\n"),
    (b"230-Dear Bob\r\n230 In\r\n", b"230-Dear Bob\r\n230 In\r\n"),
    (b"230-\r\n Dear Bob\r\n230 In\r\n", b"230-\r\n xxxx xxx\r\n230 In\r\n"),
    (b"227 Entering Passive Mode (10,0,0,2,195,80).\r\n",
     b"227 Entering Passive Mode (%s,195,80).\r\n" % other("10.0.0.2").replace(".", ",").encode()),
    (b" Connected to ::ffff:10.0.0.2\r\n", b" Connected to ::ffff:%s\r\n" % other("10.0.0.2").encode()),
    (b"229 Entering Extended Passive Mode (|||50001|)\r\n", b"229 Entering Extended Passive Mode (|||50001|)\r\n"),
    (b"234 Go\r\n\x16\x03\x03\x00\x7a\x02certificate", b"234 Go\r\n\x16\x03\x03\x00\x7a\x02" + bytes(11)),
]  # fmt: skip


@pytest.mark.parametrize(("said", "told"), REPLIES)
def test_replies(said: bytes, told: bytes) -> None:
    """What a server repeats of the client's words, host names, and what TLS carries, is gone; its product stays."""
    known = names(b"USER alice\r\nRETR /home/alice/pay.pdf\r\n")
    assert changed(said, RUN.answered(said, known)) == told


def test_a_megabyte_without_a_space_takes_no_longer_than_its_bytes() -> None:
    """A hostile server does not keep the extract from being written."""
    for text in (b"a" * 1_000_000, b"a." * 500_000, b"1:" * 500_000, b'"' * 1_000_000, b"1," * 500_000):
        RUN.answered(text, [b"alice"])
