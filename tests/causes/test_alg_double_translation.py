from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.causes.alg_double_translation import alg_double_translation
from ftpdiag.model import Announcement, Answer, Confidence, DataChannel, Endpoint, Method, Sight, View
from tests.causes.build import CLIENT, SERVER, active, call, dial, grounds_of, passive, pasv_reply, session

PRIVATE = "10.2.0.2"
WRONG = "192.0.2.9"
VIEWS = View.CLIENT_WIRE, View.MIDDLE_WIRE, View.SERVER_WIRE


def _seen(channel: DataChannel, hosts: dict[View, str], *, client: str, server: str) -> DataChannel:
    """What each tap saw announced; `client` is the client's own address, `server` the server's."""
    ends = {View.CLIENT_WIRE: (client, SERVER[4]), View.SERVER_WIRE: (CLIENT[4], server)}
    sights = tuple(
        Sight(view=view, client=Endpoint(host=near, port=40000), server=Endpoint(host=far, port=21))
        for view, (near, far) in ends.items()
    )
    port = channel.announced.port if channel.announced else 0
    announcements = tuple(
        Announcement(view=view, line=f"… {hosts[view]}", endpoint=Endpoint(host=hosts[view], port=port))
        for view in VIEWS
        if view in hosts
    )
    return replace(channel, session=session(sights=sights), announcements=announcements)


def _passive(hosts: dict[View, str], server: str = PRIVATE) -> DataChannel:
    """A 227 as each tap saw it, from a server behind a NAT."""
    channel = passive(dial(View.CLIENT_WIRE, Answer.SILENT), method=Method.PASV, answer=pasv_reply(WRONG))
    return _seen(channel, hosts, client=CLIENT[4], server=server)


def test_the_public_address_that_does_not_arrive() -> None:
    """The server was set to announce it, as behind a NAT it should."""
    grounds = grounds_of(alg_double_translation, _passive({View.SERVER_WIRE: SERVER[4], View.CLIENT_WIRE: WRONG}))
    assert grounds.confidence is Confidence.PROVEN
    assert f"{SERVER[4]}:50001 was announced, which is right" in grounds.summary


def test_two_helpers_in_a_row() -> None:
    """In the middle the first has made the right address of it, and the second makes another."""
    hosts = {View.SERVER_WIRE: PRIVATE, View.MIDDLE_WIRE: SERVER[4], View.CLIENT_WIRE: WRONG}
    grounds = grounds_of(alg_double_translation, _passive(hosts))
    assert grounds.evidence[-1].text == "In the middle capture it was right."


@pytest.mark.parametrize(
    "channel",
    [
        _passive({View.SERVER_WIRE: PRIVATE, View.CLIENT_WIRE: WRONG}),
        _passive({View.SERVER_WIRE: PRIVATE, View.CLIENT_WIRE: SERVER[4]}),
        _passive({View.SERVER_WIRE: SERVER[4], View.CLIENT_WIRE: WRONG}, server=SERVER[4]),
        _passive({View.SERVER_WIRE: SERVER[4], View.CLIENT_WIRE: SERVER[4]}),
    ],
    ids=["translated-once-and-wrongly", "translated-well", "no-nat", "left-alone"],
)
def test_what_was_translated_once_at_most(channel: DataChannel) -> None:
    """Where no NAT lies between, or the right address never was on its way, one device is at fault."""
    assert alg_double_translation.rule(channel) is None


def test_the_clients_public_address_too() -> None:
    """A client behind a NAT announces the address by which the server knows it."""
    absent = call(View.CLIENT_WIRE, Answer.ABSENT)
    hosts = {View.CLIENT_WIRE: CLIENT[4], View.SERVER_WIRE: WRONG}
    channel = _seen(active(absent), hosts, client="10.1.0.2", server=SERVER[4])
    assert grounds_of(alg_double_translation, channel).confidence is Confidence.PROVEN
    at_home = _seen(active(absent), hosts, client=CLIENT[4], server=SERVER[4])
    assert alg_double_translation.rule(at_home) is None
