from __future__ import annotations

from ftpdiag.clues.devices import between, beyond_client, let_through
from ftpdiag.clues.remedies import LET_CONTROL_OUT_OF_HOST, OPEN_CONTROL_PORT
from ftpdiag.model import Endpoint, IcmpError


def test_what_has_left_the_client_is_not_held_back_there() -> None:
    """Of the remedies for both sides, those of the client's host are left out, and the network's stay."""
    assert {one.who for one in LET_CONTROL_OUT_OF_HOST} == {"client", "network"}
    assert {one.who for one in beyond_client(LET_CONTROL_OUT_OF_HOST)} == {"network"}
    assert {one.who for one in between((*OPEN_CONTROL_PORT, *LET_CONTROL_OUT_OF_HOST))} == {"network"}


def test_a_named_device_is_told_what_to_let_through() -> None:
    """The remedy bears its address, and both ends of the connection that it turned down."""
    error = IcmpError(
        number=1,
        at=0.0,
        reporter="198.51.100.1",
        ttl=64,
        reason="communication administratively prohibited",
        source=Endpoint(host="198.51.100.2", port=40000),
        destination=Endpoint(host="203.0.113.2", port=50001),
        seq=1,
    )
    remedy = let_through(error, ports="50000-50100")
    assert (remedy.who, remedy.product) == ("network", "198.51.100.1")
    assert remedy.text.startswith("Let TCP from 198.51.100.2 to 203.0.113.2, ports 50000-50100, through.")
    assert "hook forward" in remedy.text
