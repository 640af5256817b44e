from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.causes.passive_address_unroutable import passive_address_unroutable
from ftpdiag.model import (
    Answer,
    Carriage,
    Confidence,
    ControlSession,
    DataChannel,
    Ending,
    Endpoint,
    Exchange,
    Method,
    Opening,
    View,
)
from tests.causes.build import CLIENT, SERVER, captured, dial, exchange, grounds_of, passive, pasv_reply, session

OPENED_HERE = dial(View.CLIENT_SOCKET, Answer.ACCEPTED)


def pasv(
    host: str, *openings: Opening, control: ControlSession | None = None, transfer: Exchange | None = None
) -> DataChannel:
    """A PASV whose reply names `host`."""
    return passive(*openings, method=Method.PASV, answer=pasv_reply(host), control=control, transfer=transfer)


@pytest.mark.parametrize(
    ("host", "kind"),
    [
        ("10.2.0.2", "private"),
        ("172.17.0.2", "private"),
        ("192.168.1.10", "private"),
        ("127.0.0.1", "loopback"),
        ("0.0.0.0", "unspecified"),
        ("169.254.1.1", "link-local"),
        ("100.64.3.4", "carrier-grade NAT"),
    ],
)
def test_an_address_that_the_internet_does_not_route(host: str, kind: str) -> None:
    """A client with a public address cannot reach it, although the port opens at the server's own."""
    grounds = grounds_of(passive_address_unroutable, pasv(host, OPENED_HERE))
    assert grounds.confidence is Confidence.PROVEN
    assert f"{host}:50001, whose address is {kind}" in grounds.summary
    assert any("was opened" in item.text for item in grounds.evidence)


def test_a_client_in_a_private_network_may_know_the_way() -> None:
    """Behind a NAT or a VPN, another private address is likely, not certainly, out of reach."""
    control = session(client=Endpoint(host="192.168.0.7", port=40000))
    assert grounds_of(passive_address_unroutable, pasv("10.2.0.2", control=control)).confidence is Confidence.LIKELY
    assert grounds_of(passive_address_unroutable, pasv("127.0.0.1", control=control)).confidence is Confidence.PROVEN


def test_a_public_address_told_inside_the_site_is_not_to_be_taken_from_clients_outside() -> None:
    """Who set it to the private one would shut everybody else out."""
    here = Endpoint(host="10.2.0.2", port=21)
    inside = session(client=Endpoint(host="10.1.0.2", port=40000), server=here)
    grounds = grounds_of(passive_address_unroutable, pasv("203.0.113.2", control=inside))
    assert "may be right for clients outside" in grounds.summary
    assert not any("MasqueradeAddress $server" in one.text for one in grounds.remedies)
    assert any("NAT loopback" in one.text for one in grounds.remedies)


def test_another_public_address_is_possibly_wrong() -> None:
    """Both may belong to one server; dialling it tells."""
    grounds = grounds_of(passive_address_unroutable, pasv("203.0.113.9", OPENED_HERE))
    assert grounds.confidence is Confidence.POSSIBLE
    assert "--dial-announced" in grounds.alternatives[0].settle_with


HERE = dial(View.CLIENT_WIRE, Answer.ACCEPTED)


def finished(channel: DataChannel) -> DataChannel:
    """It carried its data to the end, from the control connection's address."""
    here, there = Endpoint(host=CLIENT[4], port=40001), Endpoint(host=SERVER[4], port=50001)
    moved = exchange("LIST", "150 Here it comes.", "226 Done.", at=0.6)
    return replace(channel, transfer=moved, carriages=(Carriage(local=here, remote=there, ending=Ending.FINISHED),))


def test_a_captured_transfer_that_went_elsewhere_was_blocked_by_nothing() -> None:
    """What a client that believes the reply would meet is a remark; a possible one where the address may be right."""
    for host, dials in (("192.168.1.10", "dials"), ("203.0.113.9", "may dial")):
        grounds = grounds_of(passive_address_unroutable, finished(pasv(host, HERE, control=captured())))
        assert grounds.remark
        assert f"went by {SERVER[4]} all the same, but a client that believes it {dials} the wrong" in grounds.summary


def test_a_captured_transfer_that_was_tried_in_vain_or_moved_nothing_was_blocked() -> None:
    """A client that believes the reply, and one whose data connection opened elsewhere and carried nothing."""
    tried = dial(View.CLIENT_WIRE, Answer.SILENT, host="192.168.1.10")
    for channel in (
        finished(pasv("192.168.1.10", HERE, tried, control=captured())),
        pasv("192.168.1.10", HERE, control=captured()),
    ):
        assert not grounds_of(passive_address_unroutable, channel).remark


def test_a_probe_that_does_not_believe_it_speaks_for_clients_that_do() -> None:
    """It dials the control connection's address to tell more, and the verdict is theirs."""
    assert not grounds_of(passive_address_unroutable, finished(pasv("192.168.1.10", OPENED_HERE))).remark


def test_dialled_in_vain_it_is_likely_wrong() -> None:
    """The announced address did not answer, the server's own did."""
    tried = dial(View.CLIENT_SOCKET, Answer.SILENT, host="203.0.113.9")
    grounds = grounds_of(passive_address_unroutable, pasv("203.0.113.9", OPENED_HERE, tried))
    assert grounds.confidence is Confidence.LIKELY
    assert any("never answered" in item.text for item in grounds.evidence)
    assert [one.cause for one in grounds.alternatives] == ["alg-rewrote-endpoint", "alg-double-translation"]


@pytest.mark.parametrize("host", ["203.0.113.9", "10.2.0.2"])
def test_dialled_with_success_it_is_right(host: str) -> None:
    """What answers can be reached."""
    reached = dial(View.CLIENT_SOCKET, Answer.ACCEPTED, host=host)
    assert passive_address_unroutable.rule(pasv(host, dial(View.CLIENT_SOCKET, Answer.SILENT), reached)) is None


def test_the_servers_own_address_is_right() -> None:
    """It is the one that the client reached already."""
    assert passive_address_unroutable.rule(pasv(SERVER[4], OPENED_HERE)) is None


def test_epsv_names_no_address() -> None:
    """Its reply cannot be wrong about it."""
    assert passive_address_unroutable.rule(passive(OPENED_HERE)) is None


def test_a_refusal_names_nothing() -> None:
    """Without a 227 there is no announcement."""
    refused = passive(method=Method.PASV, answer="550 Permission denied.")
    assert passive_address_unroutable.rule(refused) is None


def test_behind_the_servers_nat_a_public_announcement_is_right() -> None:
    """A capture there sees the server's private address, and clients must not."""
    control = captured(server=Endpoint(host="10.2.0.2", port=21))
    channel = pasv("203.0.113.2", dial(View.SERVER_WIRE, Answer.ABSENT, host="203.0.113.2"), control=control)
    assert passive_address_unroutable.rule(channel) is None


def test_behind_the_servers_nat_a_private_announcement_brings_nobody() -> None:
    """A public client is told a private address, and no SYN comes."""
    control = captured(server=Endpoint(host="10.2.0.2", port=21))
    missing = dial(View.SERVER_WIRE, Answer.ABSENT, host="10.2.0.2")
    channel = pasv("10.2.0.2", missing, control=control)
    assert grounds_of(passive_address_unroutable, channel).confidence is Confidence.LIKELY
    moved = exchange("LIST", "150 Here it comes.", "226 Done.")
    assert passive_address_unroutable.rule(pasv("10.2.0.2", missing, control=control, transfer=moved)) is None
