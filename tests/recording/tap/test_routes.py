from __future__ import annotations

import pytest

from ftpdiag.recording.tap.routes import interface_towards, others
from ftpdiag.recording.tap.sniffer import CannotSniff
from tests.recording.namespace import ip, namespace, wait_for_carrier


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_loopback(address: str) -> None:
    """Our own host is behind the loopback."""
    assert interface_towards(address) == "lo"


@pytest.mark.lab
def test_routes() -> None:
    """The kernel's routes decide, down to a zone; our own addresses are behind the loopback."""
    with namespace():
        ip("link add one type veth peer name two")
        for name in ("one", "two"):
            ip(f"link set {name} up")
        wait_for_carrier("one", "two")
        ip("addr add 198.51.100.2/24 dev one")
        ip("addr add 2001:db8::2/64 dev one nodad")
        ip("addr add fe80::2/64 dev one nodad")
        ip("addr add fe80::3/64 dev two nodad")
        ip("route add 203.0.113.0/24 dev two")
        ip("route add 2001:db8:1::/64 dev two")
        assert interface_towards("198.51.100.9") == "one"
        assert interface_towards("203.0.113.2") == "two"
        assert interface_towards("2001:db8::9") == "one"
        assert interface_towards("2001:db8:1::2") == "two"
        assert interface_towards("198.51.100.2") == "lo"
        assert interface_towards("2001:db8::2") == "lo"
        assert interface_towards("fe80::9%two") == "two"
        assert interface_towards("fe80::3%two") == "lo"
        with pytest.raises(CannotSniff, match=r"no interface leads to 192\.0\.2\.1"):
            interface_towards("192.0.2.1")


def test_no_such_zone() -> None:
    """A zone that does not exist leads nowhere."""
    with pytest.raises(CannotSniff, match="no interface leads to fe80::1%nowhere0"):
        interface_towards("fe80::1%nowhere0")


@pytest.mark.lab
def test_others() -> None:
    """What else is up and has a carrier is another way; the loopback is none."""
    with namespace():
        for name, peer in (("one", "two"), ("three", "four")):
            ip(f"link add {name} type veth peer name {peer}")
        for name in ("one", "two", "three"):
            ip(f"link set {name} up")
        wait_for_carrier("one", "two")
        assert others(["one"]) == ("two",)
        assert others(["one", "two", "nowhere0"]) == ()
