"""EPRT: our own address and port, IPv4 or IPv6, and the server calls back."""

from __future__ import annotations

import pytest

from ftpdiag.handshakes.eprt import eprt
from ftpdiag.model import Endpoint, Method
from tests.playbook import LISTENER, LISTENER_6, Playbook


def test_declared() -> None:
    """EPRT serves both families (RFC 2428)."""
    assert (eprt.method, set(eprt.families), set(eprt.unasked)) == (Method.EPRT, {4, 6}, {4, 6})


@pytest.mark.parametrize(
    ("listener", "argument"), [(LISTENER, "|1|198.51.100.2|50000|"), (LISTENER_6, "|2|2001:db8::2|50000|")]
)
def test_ordinary(listener: Endpoint, argument: str) -> None:
    """Listen before announcing, announce, transfer."""
    playbook = Playbook({"EPRT": "200 Ok"}, listener=listener)
    assert playbook.play(eprt) == ["listen", f"> EPRT {argument}", "< 200 Ok", "transfer"]


def test_cannot_listen() -> None:
    """A machine that cannot listen announces nothing."""
    assert Playbook({}, listener=None).play(eprt) == ["listen"]


@pytest.mark.parametrize("reply", ["500 What?", "522 Network protocol not supported, use (1)", "421 Bye", None])
def test_declined(reply: str | None) -> None:
    """Where the server declines nothing is transferred, and no other method is tried."""
    assert len(Playbook({"EPRT": reply}).play(eprt)) == 3
