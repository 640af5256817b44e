"""The words of the command line, and what is wrong with them in one sentence each."""

from __future__ import annotations

import getpass
import re
import sys
from pathlib import Path

import pytest

from ftpdiag import options
from ftpdiag.model import Experiment, Method, Target, Tls
from ftpdiag.recording.plan import Dialling, Plan, Sniffing, Trust, Waiting
from ftpdiag.session import Account
from tests.certificates import authority

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
    target = options.target(given)
    assert (target.host, target.port, target.user, target.path, target.tls) == expected
    assert target.given == given


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
        options.target(given)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "s3c" not in sentence


def test_password_behind_the_user() -> None:
    """`--user alice:s3cret`, as curl takes it, is declined as the same words in a target are; %3A is a colon."""
    with pytest.raises(ValueError, match="visible to every user") as caught:
        planned(user="alice:s3cret")
    assert "s3c" not in str(caught.value)
    assert options.target("ftp://ali%3Ace@host").user == "ali:ce"


def planned(given: str = "ftp.example.org", **changes: object) -> Plan:
    """The plan that some options describe, the others at their defaults."""
    settings: dict[str, object] = {
        "user": None,
        "password_file": None,
        "methods": [],
        "family": "any",
        "encryptions": [],
        "ca_file": None,
        "insecure": False,
        "verb": None,
        "timeout": 5.0,
        "patience": False,
        "hold": None,
        "samples": None,
        "also_port": None,
        "dial_announced": False,
        "active_address": None,
        "active_ports": None,
        "interface": None,
        "no_sniff": False,
        "save": None,
    }
    return options.plan(given=given, **{**settings, **changes})  # type: ignore[arg-type]  # each change is of its type


def test_defaults() -> None:
    """Without options: anonymous, what is worth asking, both families, LIST, verified, sniffed where allowed."""
    plan = planned()
    assert plan == Plan(
        target=Target(given="ftp.example.org", host="ftp.example.org", port=21),
        account=Account(),
    )
    assert (plan.families, plan.encryptions, plan.verb, plan.timeout) == ((4, 6), None, "LIST", 5.0)
    assert (plan.trust, plan.waiting, plan.dialling, plan.sniffing) == (
        Trust.SYSTEM,
        Waiting.OUR_VERDICT,
        Dialling.CONTROL_HOST,
        Sniffing.WHERE_ALLOWED,
    )


CHOICES = [
    ({"methods": ["epsv", "PORT", "epsv"]}, "methods", (Method.EPSV, Method.PORT)),
    ({"family": "6"}, "families", (6,)),
    ({"given": "203.0.113.2"}, "families", (4,)),
    ({"given": "2001:db8::1"}, "families", (6,)),
    ({"encryptions": [Tls.NONE, Tls.EXPLICIT]}, "encryptions", (Tls.NONE, Tls.EXPLICIT)),
    ({"given": "ftps://host"}, "encryptions", (Tls.IMPLICIT,)),
    ({"given": "ftps://host", "encryptions": [Tls.EXPLICIT]}, "encryptions", (Tls.EXPLICIT,)),
    ({"insecure": True}, "trust", Trust.NOTHING),
    ({"patience": True}, "waiting", Waiting.SERVERS_VERDICT),
    ({"samples": 40}, "samples", 40),
    ({"samples": 40}, "experiments", (Experiment.PORT_SAMPLES,)),
    ({"dial_announced": True}, "dialling", Dialling.ANNOUNCED_TOO),
    ({"no_sniff": True}, "sniffing", Sniffing.OFF),
    ({"given": "ftp://host/pub/"}, "verb", "LIST"),
    ({"given": "ftp://host/pub/a"}, "verb", "RETR"),
    ({"given": "ftp://host/pub/a", "verb": "list"}, "verb", "LIST"),
    ({"verb": "stor"}, "verb", "STOR"),
    ({"active_address": "192.0.2.7"}, "active_address", "192.0.2.7"),
    ({"active_address": "2001:DB8::7"}, "active_address", "2001:db8::7"),
    ({"active_ports": "50000-50002"}, "active_ports", range(50000, 50003)),
    ({"active_ports": "50000"}, "active_ports", range(50000, 50001)),
    ({"interface": "lo"}, "interface", "lo"),
    ({"timeout": 2.5}, "timeout", 2.5),
    ({"hold": 300.0}, "hold", 300.0),
    ({"hold": 300.0}, "experiments", (Experiment.HELD_TRANSFER, Experiment.LATER_TRANSFER)),
    ({"also_port": 2121}, "control_ports", (21, 2121)),
    ({"also_port": 2121}, "experiments", (Experiment.OTHER_PORT,)),
]


@pytest.mark.parametrize(("changes", "name", "expected"), CHOICES)
def test_choices(changes: dict[str, object], name: str, expected: object) -> None:
    """Each option becomes its part of the plan."""
    assert getattr(planned(**changes), name) == expected  # type: ignore[arg-type]  # each change is of its type


WRONG = [
    ({"methods": ["sftp"]}, "'sftp' is no method; use pasv, epsv, port or eprt."),
    (
        {"methods": ["pasv", "epsv"], "require": ["passive", "active"]},
        "--require active can never be met: --method asks for pasv and epsv only; leave one of the two out.",
    ),
    (
        {"methods": ["pasv"], "require": ["epsv/4"]},
        "--require epsv/4 can never be met: --method asks for pasv only; leave one of the two out.",
    ),
    ({"methods": ["lpsv"]}, "'lpsv' is no method; use pasv, epsv, port or eprt."),
    ({"given": "203.0.113.2", "family": "6"}, "203.0.113.2 is an IPv4 address, and --family 6 was given."),
    ({"given": "::1", "family": "4"}, "::1 is an IPv6 address, and --family 4 was given."),
    ({"verb": "retr"}, "--verb retr needs a file to retrieve; name it in the target: ftp://host/path."),
    ({"active_address": "example.org"}, "--active-address 'example.org' is no IP address."),
    ({"active_ports": "50010-50000"}, "--active-ports '50010-50000' is no range of ports"),
    ({"active_ports": "0-10"}, "--active-ports '0-10' is no range of ports"),
    ({"active_ports": "50000-70000"}, "--active-ports '50000-70000' is no range of ports"),
    ({"active_ports": "50000-"}, "--active-ports '50000-' is no range of ports"),
    ({"active_ports": "many"}, "--active-ports 'many' is no range of ports"),
    ({"user": "al\nice"}, "control characters"),
    ({"user": "\udcff"}, "must be text in UTF-8"),
    ({"interface": "foo"}, "There is no interface 'foo'; this machine has lo"),
    ({"save": Path("x.pcap"), "no_sniff": True}, "give one of them"),
    ({"samples": 9, "methods": ["port"]}, "--samples is about passive ports, and --method asks for active mode"),
    ({"hold": float("nan")}, "--hold needs a number of seconds."),
    ({"also_port": 21}, "--also-port 21 is the port of the target itself; name another one of the server."),
    (
        {"also_port": 2121, "encryptions": [Tls.EXPLICIT]},
        "--also-port compares what a device can read, and under TLS it reads nothing; add --tls none.",
    ),
    ({"ca_file": Path("/nowhere.pem")}, "--ca-file /nowhere.pem cannot be read: No such file or directory."),
    ({"ca_file": Path("/nowhere.pem"), "insecure": True}, "give one of them"),
]


@pytest.mark.parametrize(("changes", "words"), WRONG)
def test_wrong_words(changes: dict[str, object], words: str) -> None:
    """Each mistake has one sentence that says what is wrong, and mostly what to write instead."""
    with pytest.raises(ValueError, match=re.escape(words)) as caught:
        planned(**changes)  # type: ignore[arg-type]  # each change is of its type
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_ca_file(tmp_path: Path) -> None:
    """Certificates are read at once, so that they need not be readable later."""
    file = tmp_path / "ca.pem"
    authority().cert_pem.write_to_path(str(file))
    plan = planned(ca_file=file)
    file.unlink()
    assert plan.trust is Trust.AUTHORITIES
    assert plan.authorities is not None
    assert "BEGIN CERTIFICATE" in plan.authorities


@pytest.mark.parametrize("content", [b"", b"\n", b"hello\n", b"\xff\xfe"])
def test_ca_file_without_certificates(tmp_path: Path, content: bytes) -> None:
    """A file without certificates is not taken for a wish to trust the system's."""
    file = tmp_path / "ca.pem"
    file.write_bytes(content)
    with pytest.raises(ValueError, match="holds no certificates in PEM format"):
        planned(ca_file=file)


# --- passwords ------------------------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of its own, no password in the environment, and nobody at the terminal."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv(options.PASSWORD_VARIABLE, raising=False)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    return tmp_path


def netrc(home: Path, text: str, mode: int = 0o600) -> None:
    """Write ~/.netrc."""
    file = home / ".netrc"
    file.write_text(text)
    file.chmod(mode)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("user", [None, "anonymous"])
def test_anonymous_needs_no_password(user: str | None) -> None:
    """Nobody is asked for a password that nobody has."""
    assert options.account(user, "host", None) == Account()


@pytest.mark.usefixtures("home")
def test_password_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first line of the file, without its end, comes before the environment."""
    file = tmp_path / "password"
    file.write_text("s3cret words\nnot this\n")
    monkeypatch.setenv(options.PASSWORD_VARIABLE, "other")
    assert options.account("alice", "host", file).password == "s3cret words"


def test_password_file_of_nobody(tmp_path: Path) -> None:
    """A password without a user would be ignored: the user hears of it instead."""
    with pytest.raises(ValueError, match="--password-file is for a user, and none is named"):
        options.account(None, "h", tmp_path / "secret")


def test_password_file_of_anonymous(tmp_path: Path) -> None:
    """Some servers know anonymous users by what they give as a password."""
    (tmp_path / "secret").write_text("me@example.org\n")
    assert options.account("anonymous", "h", tmp_path / "secret").password == "me@example.org"


@pytest.mark.usefixtures("home")
def test_password_file_of_another_encoding(tmp_path: Path) -> None:
    """A password that is no UTF-8 is said to be so, and not shown."""
    file = tmp_path / "password"
    file.write_bytes(b"s3cr\xe9t\n")
    with pytest.raises(ValueError, match="must be text in UTF-8") as caught:
        planned(user="alice", password_file=file)
    assert "s3cr" not in str(caught.value)


def test_empty_password_file(tmp_path: Path) -> None:
    """An empty file is an empty password."""
    file = tmp_path / "password"
    file.touch()
    assert options.account("alice", "host", file).password == ""


@pytest.mark.usefixtures("home")
def test_password_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is asked before ~/.netrc."""
    monkeypatch.setenv(options.PASSWORD_VARIABLE, "s3cret")
    assert options.account("alice", "host", None).password == "s3cret"


def test_netrc(home: Path) -> None:
    """The entry of the host counts, and only for its own user."""
    netrc(home, "machine host login alice password s3cret\n")
    assert options.account("alice", "host", None).password == "s3cret"
    with pytest.raises(ValueError, match="There is no password for bob"):
        options.account("bob", "host", None)


@pytest.mark.parametrize("text", ["", "machine", "machine other login alice password s3cret\n"])
def test_netrc_that_does_not_help(home: Path, text: str) -> None:
    """A broken ~/.netrc, or one about other hosts, is as good as none, and the sentence says what to use."""
    netrc(home, text)
    with pytest.raises(ValueError, match="There is no password for alice") as caught:
        options.account("alice", "host", None)
    assert options.PASSWORD_VARIABLE in str(caught.value)
    assert "--password-file" in str(caught.value)


@pytest.mark.usefixtures("home")
def test_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody at the terminal is asked, by user and host."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    asked: list[str] = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return "s3cret"

    monkeypatch.setattr(getpass, "getpass", answer)
    assert options.account("alice", "host", None).password == "s3cret"
    assert asked == ["Password for alice@host: "]


@pytest.mark.usefixtures("home")
def test_password_that_would_be_two_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password with a line end in it would be two commands; it is not shown either."""
    monkeypatch.setenv(options.PASSWORD_VARIABLE, "s3cret\r\nDELE a")
    with pytest.raises(ValueError, match="control characters") as caught:
        options.account("alice", "host", None)
    assert "s3cret" not in str(caught.value)


def test_user_of_the_option_comes_first(home: Path) -> None:
    """`--user` counts over the user in the target."""
    netrc(home, "machine host login bob password s3cret\n")
    assert planned("ftp://alice@host", user="bob").account.user == "bob"


def test_plan_hides_the_password(home: Path) -> None:
    """A plan that is printed by accident gives no password away."""
    netrc(home, "machine host login alice password s3cret\n")
    assert "s3cret" not in repr(planned("ftp://alice@host"))


def test_an_ipv6_address_may_end_like_one_of_ipv4() -> None:
    """RFC 4291 §2.2: the last four bytes as numbers, as NAT64 addresses are written."""
    assert options.target("64:ff9b::203.0.113.2").host == "64:ff9b::203.0.113.2"
    assert options.target("[64:ff9b::203.0.113.2]:21").port == 21
