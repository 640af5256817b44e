"""A command that tells more is the user's own, with something changed."""

from __future__ import annotations

import shlex

import pytest

from ftpdiag.model import CaptureFile, Source
from ftpdiag.next_probe import completed
from ftpdiag.target import target


def told(text: str, *typed: str) -> str:
    """After a probe of which this was typed, the target first."""
    (given,), *words = (tuple(shlex.split(one)) for one in typed)
    return completed(text, Source(target=target(given), typed=tuple(words)))


@pytest.mark.parametrize(
    ("text", "typed", "command"),
    [
        ("--timeout 20 $target", ("ftp.example.org",), "--timeout 20 ftp.example.org"),
        (
            "--timeout 20 $target",
            ("'ftp://alice@host:2121/in box/'", "--family 6", "--tls explicit", "--password-file secret"),
            "--timeout 20 'ftp://alice@host:2121/in box/' --family 6 --tls explicit --password-file secret",
        ),
        ("--tls none $target", ("ftps://host/a", "--tls explicit", "--tls implicit"), "--tls none ftp://host:990/a"),
        ("--tls implicit $target", ("ftpes://host",), "--tls implicit ftp://host"),
        ("--insecure $target", ("ftps://host/a",), "--insecure ftps://host/a"),
        ("--insecure $target", ("host", "--ca-file my.pem", "--hold 7"), "--insecure host --hold 7"),
        ("--ca-file CA.pem $target", ("host", "--insecure"), "--ca-file CA.pem host"),
        ("--tls explicit $target", ("host", "--also-port 2121"), "--tls explicit host"),
        ("--tls none $target", ("host", "--also-port 2121"), "--tls none host --also-port 2121"),
        ("$target --save a.pcap", ("host", "--no-sniff", "--hold 7"), "host --hold 7 --save a.pcap"),
        ("--timeout 20 $target", ("host", "--timeout 2"), "--timeout 20 host"),
        ("--timeout 20 $target", ("host", "--timeout 30"), "--timeout 120 host"),
        ("--timeout 20 $target", ("host", "--timeout 200"), "--timeout 300 host"),
    ],
)
def test_what_was_typed_stays(text: str, typed: tuple[str, ...], command: str) -> None:
    """Target and options are there, but for those that what is new replaces or does not go with."""
    assert told(f"Try:\nftpdiag probe {text}\nThen look.", *typed) == f"Try:\nftpdiag probe {command}\nThen look."


@pytest.mark.parametrize(
    ("text", "typed", "command"),
    [
        ("$target_file", ("host", "--verb list", "--user bob"), "ftp://host/path/to/file --user bob"),
        ("$target_file", ("ftp://al%40ice@[2001:db8::2]:2121",), "ftp://al%40ice@[2001:db8::2]:2121/path/to/file"),
        ("$target_file", ("ftps://host/pub/",), "ftps://host/path/to/file"),
        ("$target_implicit", ("ftp://alice@host:2121/a%20b", "--tls explicit"), "ftps://alice@host/a%20b"),
        ("$target_implicit", ("2001:db8::2",), "'ftps://[2001:db8::2]'"),
        ("$target_elsewhere", ("ftpes://host:22/pub/",), "ftpes://host:PORT/pub/"),
        ("$target_elsewhere", ("host", "--family 4"), "ftp://host:PORT --family 4"),
    ],
)
def test_another_target_of_the_same_server(text: str, typed: tuple[str, ...], command: str) -> None:
    """A file, the port of implicit TLS or another one: user and path stay, where they are not what changes."""
    assert shlex.split(told(f"ftpdiag probe {text}", *typed)) == ["ftpdiag", "probe", *shlex.split(command)]


def test_what_is_suggested_can_be_typed() -> None:
    """The address that a URL is made of is read as it was meant."""
    for given in ("ftp://al%40ice@[2001:db8::2]:2121//etc/a%20b%3Btype=i", "ftpes://host/%2525"):
        words = shlex.split(told("ftpdiag probe $target_elsewhere", given))[2]
        before, after = target(given), target(words.replace("PORT", "21"))
        assert (after.host, after.user, after.path, after.tls) == (before.host, before.user, before.path, before.tls)


def test_nobody_typed_a_target() -> None:
    """Of a capture, nothing is put into a command."""
    capture = Source(files=(CaptureFile(path="a.pcap", packets=1, bytes=1, link_type="Ethernet"),))
    assert completed("ftpdiag probe --insecure 192.0.2.1:21", capture) == "ftpdiag probe --insecure 192.0.2.1:21"
