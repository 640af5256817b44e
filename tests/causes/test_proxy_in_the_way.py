"""What calls itself a proxy, and what is nearer than it should be."""

import pytest
from msgspec.structs import replace

from ftpdiag.causes.proxy_in_the_way import proxy_in_the_way
from ftpdiag.model import (
    Answer,
    Cell,
    Confidence,
    DataChannel,
    Distance,
    Endpoint,
    Facts,
    Fate,
    Flag,
    HopWalk,
    Location,
    Method,
    Party,
    Source,
    Step,
    Tls,
    Vantage,
    View,
    Walk,
)
from tests.causes.build import CLIENT, SERVER, SERVER_TTL, dial, exchange, grounds_of, passive, segment, session, talk


@pytest.mark.parametrize(
    "exchanges",
    [
        [exchange("", "220 gw.example.org FTP proxy (Version V2.1) ready.")],
        [exchange("", "220-Blue Coat FTP Service\n220 ")],
        [exchange("", "220 Hi."), exchange("PASS", "230 Welcome to proxy.example.org")],
        [exchange("", "220 Hi."), exchange("USER a", "530 Please say USER user@host.")],
    ],
)
def test_its_own_words(exchanges: list[object]) -> None:
    """They are possible at most: a server may have such a name; where it is, they do not tell."""
    grounds = grounds_of(proxy_in_the_way, talk(*exchanges))  # type: ignore[arg-type]  # exchanges
    assert grounds.confidence is Confidence.POSSIBLE
    assert grounds.location is None


def test_its_own_words_and_its_distance() -> None:
    """Two signs that do not know of each other."""
    said = replace(talk(exchange("", "220 gw.example.org FTP proxy ready.")), distance=distance(63))
    assert grounds_of(proxy_in_the_way, said).confidence is Confidence.LIKELY


@pytest.mark.parametrize(
    "text",
    [
        "220 ProFTPD Server (mod_proxy_protocol) ready.",
        "220 (vsFTPd 3.0.3)",
        "220 Approximate.",
        "220 No open proxy here; proxy servers are forbidden.",
        "331 Guest login ok, send your e-mail address (user@host) as password.",
    ],
)
def test_words_of_servers(text: str) -> None:
    """A server is not taken for one."""
    assert proxy_in_the_way.rule(talk(exchange("", text))) is None


def distance(control: int, party: Party = Party.SERVER) -> Distance:
    """The data connection's SYN-ACK comes from the fourth hop."""
    here, there = Endpoint(host=CLIENT[4], port=40001), Endpoint(host=SERVER[4], port=50001)
    return Distance(party=party, control_ttl=control, data=segment(20, there, here, Flag.SYN | Flag.ACK, SERVER_TTL))


@pytest.mark.parametrize(
    ("ttl", "confidence", "location", "hop"),
    [
        (64, Confidence.LIKELY, Location.CLIENT_NETWORK, 1),
        (255, Confidence.LIKELY, Location.CLIENT_NETWORK, 1),
        (63, Confidence.POSSIBLE, Location.PATH, 2),
    ],
)
def test_nearer_than_the_server(ttl: int, confidence: Confidence, location: Location, hop: int) -> None:
    """What answers next door is likely a proxy; farther away it may be the length of two ways."""
    grounds = grounds_of(proxy_in_the_way, replace(talk(exchange("", "220 Hi.")), distance=distance(ttl)))
    assert (grounds.confidence, grounds.location, grounds.hop) == (confidence, location, hop)
    assert [one.cause for one in grounds.alternatives] == ["passive-other-backend"]


def test_farther_than_the_data_connection() -> None:
    """Then it is the data connection that somebody else answers."""
    assert proxy_in_the_way.rule(replace(session(), distance=distance(58))) is None
    assert proxy_in_the_way.rule(session()) is None


def test_the_environment() -> None:
    """A proxy for other clients is information about this machine."""
    facts = Facts(source=Source(proxy="proxy:3128"), vantage=Vantage.CLIENT, began=0.0, sessions=(), channels=())
    grounds = grounds_of(proxy_in_the_way, facts)
    assert grounds.location is Location.CLIENT_CONFIG
    assert "proxy:3128" in grounds.summary
    assert proxy_in_the_way.rule(replace(facts, source=Source())) is None


def walked(farthest: int, seen_as: str | None) -> DataChannel:
    """The control port is answered at the first hop, and the SYN to the data port expires at the `farthest` one."""
    cell = Cell(method=Method.EPSV, family=4, tls=Tls.NONE)
    server = Endpoint(host=SERVER[4], port=21)
    control = Walk(target=server, steps=(Step(ttl=1, fate=Fate.ACCEPTED),))
    expired = tuple(Step(ttl=ttl, fate=Fate.EXPIRED, by=f"198.18.{ttl}.1") for ttl in range(1, farthest + 1))
    data = Walk(target=server._replace(port=50002), steps=expired)
    channel = passive(dial(View.CLIENT_WIRE, Answer.SILENT), control=replace(session(), client_seen_as=seen_as))
    return replace(channel, trials=(HopWalk(at=5.0, cell=cell, control=control, data=data),))


def test_a_walk_that_goes_on_behind_it() -> None:
    """The server lies behind what answers in its name, and sees somebody else than the client."""
    grounds = grounds_of(proxy_in_the_way, walked(1, "198.18.1.2"))
    assert (grounds.confidence, grounds.location, grounds.hop) == (Confidence.POSSIBLE, Location.CLIENT_NETWORK, 1)
    assert "not the server" in grounds.evidence[0].text


@pytest.mark.parametrize(("farthest", "seen_as"), [(0, "198.18.1.2"), (1, CLIENT[4]), (1, None)])
def test_a_walk_that_tells_of_no_proxy(farthest: int, seen_as: str | None) -> None:
    """It ends where the control port is answered; or the server sees the client itself, or does not say."""
    assert proxy_in_the_way.rule(walked(farthest, seen_as)) is None
