"""The words of the command line, and what is wrong with them in one sentence each."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ftpdiag import options
from ftpdiag.credentials import PASSWORD_VARIABLE
from ftpdiag.model import Experiment, Method, Target, Tls
from ftpdiag.recording.plan import Dialling, Plan, Sniffing, Trust, Waiting
from ftpdiag.session import Account
from tests.certificates import authority


def test_password_behind_the_user() -> None:
    """`--user alice:s3cret`, as curl takes it, is declined as the same words in a target are; %3A is a colon."""
    with pytest.raises(ValueError, match="visible to every user") as caught:
        planned(user="alice:s3cret")
    assert "s3c" not in str(caught.value)


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
    (
        {"active_ports": "5000", "methods": ["epsv"]},
        "--active-ports is about active mode, and --method asks for passive",
    ),
    ({"active_address": "::1", "methods": ["pasv"]}, "--active-address is about active mode"),
    (
        {"active_address": "::1", "family": "4"},
        "--active-address ::1 is an IPv6 address, and only IPv4 is to be tried;",
    ),
    ({"hold": float("nan")}, "--hold needs a number of seconds."),
    ({"also_port": 21}, "--also-port 21 is the port of the target itself; name another one of the server."),
    (
        {"also_port": 2121, "encryptions": [Tls.EXPLICIT]},
        "--also-port compares what a device can read, and under TLS it reads nothing; add --tls none.",
    ),
    ({"ca_file": Path("/nowhere.pem")}, "--ca-file /nowhere.pem cannot be read (No such file or directory): "),
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


def test_user_of_the_option_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--user` counts over the user in the target."""
    monkeypatch.setenv(PASSWORD_VARIABLE, "s3cret")
    assert planned("ftp://alice@host", user="bob").account.user == "bob"


def test_plan_hides_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan that is printed by accident gives no password away."""
    monkeypatch.setenv(PASSWORD_VARIABLE, "s3cret")
    plan = planned("ftp://alice@host")
    assert plan.account.password == "s3cret"
    assert "s3cret" not in repr(plan)
