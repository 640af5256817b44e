"""PORT: our own address and port, and the server calls back."""

from __future__ import annotations

import pytest

from ftpdiag.handshakes.port import port
from ftpdiag.model import Method
from tests.playbook import Playbook

OURS = "> PORT 198,51,100,2,195,80"


def test_declared() -> None:
    """PORT cannot name an IPv6 address."""
    assert (port.method, set(port.families), set(port.unasked)) == (Method.PORT, {4}, {4})


def test_ordinary() -> None:
    """Listen before announcing, announce, transfer."""
    assert Playbook({"PORT": "200 Ok"}).play(port) == ["listen", OURS, "< 200 Ok", "transfer"]


def test_cannot_listen() -> None:
    """A machine that cannot listen announces nothing."""
    assert Playbook({}, listener=None).play(port) == ["listen"]


@pytest.mark.parametrize("reply", ["500 Illegal PORT command.", "425 Can't connect.", "421 Bye", None])
def test_declined(reply: str | None) -> None:
    """Where the server declines nothing is transferred, and no other method is tried."""
    assert Playbook({"PORT": reply}).play(port)[:2] == ["listen", OURS]
    assert len(Playbook({"PORT": reply}).play(port)) == 3
