from __future__ import annotations

from ftpdiag.clues.devices import between, beyond_client, let_through
from ftpdiag.clues.remedies import LET_CONTROL_OUT_OF_HOST, OPEN_CONTROL_PORT
from ftpdiag.model import Endpoint, IcmpError


def test_what_has_left_the_client_is_not_held_back_there() -> None:
    """Of the remedies for both sides, those of the client's host are left out, and the network's stay."""
    assert {one.who for one in LET_CONTROL_OUT_OF_HOST} == {"client", "network"}
    assert {one.who for one in beyond_client(LET_CONTROL_OUT_OF_HOST)} == {"network"}
    assert {one.who for one in between((*OPEN_CONTROL_PORT, *LET_CONTROL_OUT_OF_HOST))} == {"network"}


def rejected(reporter: str) -> IcmpError:
    """What a device says of a SYN to 203.0.113.2."""
    return IcmpError(
        number=1,
        at=0.0,
        reporter=reporter,
        ttl=64,
        reason="communication administratively prohibited",
        source=Endpoint(host="198.51.100.2", port=40000),
        destination=Endpoint(host="203.0.113.2", port=50001),
        seq=1,
    )


def test_a_named_device_is_told_what_to_let_through() -> None:
    """The remedy bears its address, and both ends of the connection that it turned down."""
    remedy = let_through(rejected("198.51.100.1"), ports="50000-50100")
    assert (remedy.who, remedy.product) == ("network", "198.51.100.1")
    assert remedy.text.startswith("Let TCP from 198.51.100.2 to 203.0.113.2, ports 50000-50100, through.")
    assert "hook forward" in remedy.text


def test_a_nat_lets_through_what_it_has_translated() -> None:
    """It turns packets down in the name of the machine behind it, and its rules name that machine's own address."""
    remedy = let_through(rejected("203.0.113.2"), ports="50000-50100", inner="10.2.0.2")
    assert "$ip saddr 198.51.100.2 $ip daddr 10.2.0.2 tcp dport 50000-50100 accept" in remedy.text
    assert "$ip daddr INNER " in let_through(rejected("203.0.113.2"), ports="50000-50100").text


def test_beyond_a_nat_the_sender_has_its_address() -> None:
    """The error that comes back quotes what the client sent."""
    remedy = let_through(rejected("198.18.2.2"), ports="50000-50100", sender="192.0.2.7")
    assert "$ip saddr 192.0.2.7 $ip daddr 203.0.113.2" in remedy.text
