"""PASV: the port that 227 names, at the control connection's host."""

from __future__ import annotations

import pytest

from ftpdiag.handshakes.pasv import pasv
from ftpdiag.model import Method
from tests.playbook import SERVER_6, Playbook

HERE = "227 Entering Passive Mode (203,0,113,2,195,80)."
ELSEWHERE = "227 Entering Passive Mode (10,0,0,9,195,80)."


def test_declared() -> None:
    """PASV may be asked over IPv6, where the reply is a finding, but is not by default: no client does."""
    assert (pasv.method, set(pasv.families), set(pasv.unasked)) == (Method.PASV, {4, 6}, {4})


def test_ordinary() -> None:
    """Ask, dial, transfer."""
    assert Playbook({"PASV": HERE}).play(pasv) == ["> PASV", f"< {HERE}", "open 203.0.113.2:50000", "transfer"]


def test_port_does_not_open() -> None:
    """Without a data connection nothing is transferred, and nothing else is tried."""
    playbook = Playbook({"PASV": HERE}, opens={"203.0.113.2": False})
    assert playbook.play(pasv) == ["> PASV", f"< {HERE}", "open 203.0.113.2:50000"]


def test_another_host() -> None:
    """Another host that 227 names is a third host: its port is dialled at the control connection's host only."""
    assert Playbook({"PASV": ELSEWHERE}).play(pasv)[2:] == ["open 203.0.113.2:50000", "transfer"]


def test_another_host_on_request() -> None:
    """Where that was asked for the other host is dialled first, and carries the data when it answers."""
    playbook = Playbook({"PASV": ELSEWHERE}, dials_announced=True)
    assert playbook.play(pasv)[2:] == ["open 10.0.0.9:50000", "transfer"]


def test_same_host_is_dialled_once() -> None:
    """Where 227 names the control connection's host there is no other to dial."""
    playbook = Playbook({"PASV": HERE}, dials_announced=True)
    assert playbook.play(pasv)[2:] == ["open 203.0.113.2:50000", "transfer"]


def test_over_ipv6() -> None:
    """The IPv4 address of a 227 means nothing over IPv6; its port is dialled at the control connection's host."""
    playbook = Playbook({"PASV": "227 Entering Passive Mode (0,0,0,0,195,80)."}, server=SERVER_6)
    assert playbook.play(pasv)[2:] == ["open [2001:db8::15]:50000", "transfer"]


@pytest.mark.parametrize(
    "reply", ["500 What?", "425 Use EPSV.", "421 Bye", None, "227 Entering Passive Mode", "227 Bye."]
)
def test_nothing_announced(reply: str | None) -> None:
    """Where no port is named nothing is dialled, and no other method is tried."""
    assert len(Playbook({"PASV": reply}).play(pasv)) == 2
