"""EPSV: the port that 229 names, at the control connection's host, over IPv4 and IPv6."""

from __future__ import annotations

import pytest

from ftpdiag.handshakes.epsv import epsv
from ftpdiag.model import Endpoint, Method
from tests.playbook import SERVER, SERVER_6, Playbook

HERE = "229 Entering Extended Passive Mode (|||50000|)"


def test_declared() -> None:
    """EPSV serves both families (RFC 2428)."""
    assert (epsv.method, set(epsv.families), set(epsv.unasked)) == (Method.EPSV, {4, 6}, {4, 6})


@pytest.mark.parametrize(("server", "target"), [(SERVER, "203.0.113.2:50000"), (SERVER_6, "[2001:db8::15]:50000")])
def test_ordinary(server: Endpoint, target: str) -> None:
    """Ask without an argument, dial, transfer."""
    assert Playbook({"EPSV": HERE}, server=server).play(epsv) == ["> EPSV", f"< {HERE}", f"open {target}", "transfer"]


def test_port_does_not_open() -> None:
    """Without a data connection nothing is transferred, and nothing else is tried."""
    assert Playbook({"EPSV": HERE}, opens={"203.0.113.2": False}).play(epsv)[2:] == ["open 203.0.113.2:50000"]


@pytest.mark.parametrize("reply", ["500 What?", "522 Use (1)", "229 Entering Extended Passive Mode", "421 Bye", None])
def test_nothing_announced(reply: str | None) -> None:
    """Where no port is named nothing is dialled, and no other method is tried."""
    assert len(Playbook({"EPSV": reply}).play(epsv)) == 2
