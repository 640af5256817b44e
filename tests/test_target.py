"""What users call a server, and what is wrong with it in one sentence."""

from __future__ import annotations

import re

import pytest

from ftpdiag.model import Tls
from ftpdiag.target import target

TARGETS = [
    ("ftp.example.org", ("ftp.example.org", 21, None, None, None)),
    ("ftp.example.org:2121", ("ftp.example.org", 2121, None, None, None)),
    ("203.0.113.2", ("203.0.113.2", 21, None, None, None)),
    ("203.0.113.2:2121", ("203.0.113.2", 2121, None, None, None)),
    ("2001:db8::15", ("2001:db8::15", 21, None, None, None)),
    ("::1", ("::1", 21, None, None, None)),
    ("[2001:db8::15]", ("2001:db8::15", 21, None, None, None)),
    ("[2001:db8::15]:2121", ("2001:db8::15", 2121, None, None, None)),
    ("::ffff:192.0.2.1", ("192.0.2.1", 21, None, None, None)),
    ("ftp://ftp.example.org", ("ftp.example.org", 21, None, None, None)),
    ("FTP://ftp.example.org", ("ftp.example.org", 21, None, None, None)),
    ("ftp://ftp.example.org/", ("ftp.example.org", 21, None, None, None)),
    ("ftp://alice@ftp.example.org:2121/pub/a.txt", ("ftp.example.org", 2121, "alice", "pub/a.txt", None)),
    ("[::ffff:192.0.2.1]:2121", ("192.0.2.1", 2121, None, None, None)),
    ("ftp://alice@[2001:db8::15]:2121/pub/", ("2001:db8::15", 2121, "alice", "pub/", None)),
    ("ftp://al%40ice@ftp.example.org/a%20b", ("ftp.example.org", 21, "al@ice", "a b", None)),
    ("ftp://ftp.example.org/%2Fetc/motd", ("ftp.example.org", 21, None, "/etc/motd", None)),
    ("ftp://ftp.example.org/a@b:c", ("ftp.example.org", 21, None, "a@b:c", None)),
    ("ftp://ftp.example.org/a.txt;type=i", ("ftp.example.org", 21, None, "a.txt", None)),
    ("ftp://ftp.example.org/a.txt;type=A", ("ftp.example.org", 21, None, "a.txt", None)),
    ("ftp://ftp.example.org/pub;type=d", ("ftp.example.org", 21, None, "pub/", None)),
    ("ftp://ftp.example.org/;type=d", ("ftp.example.org", 21, None, None, None)),
    ("ftp://ftp.example.org/a.txt;1", ("ftp.example.org", 21, None, "a.txt;1", None)),
    ("ftp://ftp.example.org/a.txt%3Btype=i", ("ftp.example.org", 21, None, "a.txt;type=i", None)),
    ("alice@ftp.example.org", ("ftp.example.org", 21, "alice", None, None)),
    ("ftp.example.org/pub/", ("ftp.example.org", 21, None, "pub/", None)),
    ("ftps://ftp.example.org", ("ftp.example.org", 990, None, None, Tls.IMPLICIT)),
    ("ftps://ftp.example.org:21", ("ftp.example.org", 21, None, None, Tls.IMPLICIT)),
    ("ftpes://ftp.example.org", ("ftp.example.org", 21, None, None, Tls.EXPLICIT)),
    ("büro.example", ("büro.example", 21, None, None, None)),
    ("my_host", ("my_host", 21, None, None, None)),
]


@pytest.mark.parametrize(("given", "expected"), TARGETS)
def test_target(given: str, expected: tuple[str, int, str | None, str | None, Tls | None]) -> None:
    """Every way to write a target that people use is understood."""
    found = target(given)
    assert (found.host, found.port, found.user, found.path, found.tls) == expected
    assert found.given == given


NO_TARGETS = [
    ("", "is no target"),
    (":21", "is no target"),
    ("ftp://", "is no target"),
    ("ftp:///pub", "is no target"),
    ("alice@", "is no target"),
    ("host:", "is no target"),
    ("host:ftp", "is no target"),
    ("two words", "is no target"),
    ("fe80::1%eth0", "is a link-local address"),
    ("[fe80::1]:2121", "is a link-local address"),
    ("host\n", "is no target"),
    ("[203.0.113.2]", "is no target"),
    ("[ftp.example.org]:21", "is no target"),
    ("[2001:db8::15", "is no target"),
    ("one:two:three", "is no target"),
    ("2001:db8:::15", "is no target"),
    ("a..b", "is no target"),
    ("x" * 64, "is no target"),
    ("300.1.1.1", "300.1.1.1 is no IPv4 address"),
    ("ftp://203.0.113.2.9/pub", "203.0.113.2.9 is no IPv4 address"),
    ("host:0", "0 is no port"),
    ("host:65536", "65536 is no port"),
    ("ftp://host/a.txt;type=x", ";type=x is no type of FTP"),
    ("ftp://host/a.txt;type=", ";type= is no type of FTP"),
    ("http://host", "http:// is not FTP"),
    ("sftp://host", "sftp:// is not FTP"),
    ("ftp://alice:s3cret@host", "visible to every user"),
    ("alice:s3cret@host", "visible to every user"),
    ("alice:s3c/ret@host", "is no target"),
    ("ftp://al%0Aice@host", "control characters"),
    ("ftp://host/a%0D%0ADELE%20b", "control characters"),
]


@pytest.mark.parametrize(("given", "words"), NO_TARGETS)
def test_no_target(given: str, words: str) -> None:
    """What is no target is said in one sentence, which never shows a password."""
    with pytest.raises(ValueError, match=re.escape(words)) as caught:
        target(given)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "s3c" not in sentence


def test_colon_of_a_name() -> None:
    """What follows a colon may be a password, unless it is written as %3A."""
    assert target("ftp://ali%3Ace@host").user == "ali:ce"


def test_an_ipv6_address_may_end_like_one_of_ipv4() -> None:
    """RFC 4291 §2.2: the last four bytes as numbers, as NAT64 addresses are written."""
    assert target("64:ff9b::203.0.113.2").host == "64:ff9b::203.0.113.2"
    assert target("[64:ff9b::203.0.113.2]:21").port == 21
