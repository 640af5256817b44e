"""What stands beside a channel."""

from __future__ import annotations

from msgspec.structs import replace

from ftpdiag.facts.beside import beside
from ftpdiag.model import Endpoint
from tests.causes import build


def test_channels_between_the_same_hosts_stand_beside_each_other() -> None:
    """Whatever their ports; a channel of another client stands alone."""
    one = build.passive()
    assert one.session.client
    other_port = replace(one, session=replace(one.session, client=one.session.client._replace(port=50001)))
    elsewhere = replace(one, session=replace(one.session, client=Endpoint(host="198.51.100.77", port=50002)))
    first, second, third = beside([one, other_port, elsewhere])
    assert first.beside == second.beside == (one, other_port)
    assert third.beside == (elsewhere,)
