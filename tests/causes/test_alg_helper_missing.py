"""What is told of a NAT that translates packets, and not FTP."""

from __future__ import annotations

from msgspec.structs import replace

from ftpdiag.causes.alg_helper_missing import alg_helper_missing as cause
from ftpdiag.model import Confidence, ControlSession, DataChannel, Endpoint, Method, Tls
from tests.causes import build

INSIDE, OUTSIDE = "10.1.0.2", "198.51.100.2"
REFUSED = "500 Illegal PORT command."


def behind_nat(**changes: object) -> ControlSession:
    """The server sees the client at the NAT's address."""
    client = Endpoint(host=INSIDE, port=40000)
    return replace(build.session(client=client, client_seen_as=OUTSIDE, method=Method.PORT), **changes)


def announced(reply: str, control: ControlSession) -> DataChannel:
    """PORT names the client's own address."""
    channel = build.active(control=control)
    asked = build.exchange("PORT 10,1,0,2,156,66", reply, at=0.5)
    return replace(channel, negotiation=asked, announced=Endpoint(host=INSIDE, port=40002), transfer=None, openings=())


def test_a_refusal_from_beyond_a_nat_shows_that_it_has_no_helper() -> None:
    """The server sees one address and is told another."""
    grounds = build.grounds_of(cause, announced(REFUSED, behind_nat()))
    assert grounds.confidence is Confidence.PROVEN
    assert f"A NAT makes {OUTSIDE} of {INSIDE}" in grounds.summary


def test_without_a_nat_nothing_is_missing() -> None:
    """The server sees the client at its own address, or does not say where."""
    for seen in (INSIDE, None):
        assert cause.rule(announced(REFUSED, behind_nat(client_seen_as=seen))) is None


def test_under_tls_no_helper_can_read() -> None:
    """That it leaves the announcement alone says nothing of the NAT."""
    assert cause.rule(announced(REFUSED, behind_nat(tls=Tls.EXPLICIT))) is None


def test_an_accepted_announcement_may_have_been_translated() -> None:
    """Only a refusal shows that the server heard the private address."""
    assert cause.rule(announced("200 PORT command successful.", behind_nat())) is None
