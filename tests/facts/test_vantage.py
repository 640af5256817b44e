import pytest

from ftpdiag.facts import derive, vantage
from ftpdiag.model import Endpoint, Facts, Flag, Packet, Place, Recording, Segment, Source, Vantage, View
from ftpdiag.tcp import Connection
from tests.test_facts import CLIENT, SERVER, Tape

FAR, NEAR = 0.02, 0.00002
"""Seconds: an answer that travelled, and one that did not."""


def connection(
    ttls: tuple[int, int], *, gaps: tuple[float, float] = (FAR, FAR), left: tuple[bool, bool] = (False, False)
) -> Connection:
    """A handshake: TTLs and checksums of client and server, seconds before SYN-ACK and ACK."""
    made = Connection(CLIENT, SERVER)
    at = 1000.0
    for number, gap in enumerate((0.0, *gaps), 1):
        side = number % 2 == 0
        at += gap
        source, destination = (SERVER, CLIENT) if side else (CLIENT, SERVER)
        flags = (Flag.SYN, Flag.SYN | Flag.ACK, Flag.ACK)[number - 1]
        made.feed(
            Segment(
                number=number,
                at=at,
                source=source,
                destination=destination,
                flags=flags,
                seq=number,
                ack=number,
                window=64240,
                ttl=ttls[side],
                length=0,
                payload=b"",
                checksum_left=left[side] and bool(flags & Flag.SYN),
            )
        )
    return made


def told(made: Connection) -> Vantage:
    """The vantage that a connection tells."""
    return vantage.inferred(made, CLIENT, SERVER).vantage


@pytest.mark.parametrize(
    ("ttls", "place"),
    [
        ((64, 61), Vantage.CLIENT),
        ((128, 52), Vantage.CLIENT),
        ((61, 64), Vantage.SERVER),
        ((113, 255), Vantage.SERVER),
        ((63, 250), Vantage.MIDDLE),
        ((64, 64), Vantage.UNKNOWN),
        ((64, 128), Vantage.UNKNOWN),
        ((64, 30), Vantage.UNKNOWN),
    ],
)
def test_hops(ttls: tuple[int, int], place: Vantage) -> None:
    """Whose packets no router has touched is here; if everybody's were touched, we are in between."""
    assert told(connection(ttls)) is place


def test_reason() -> None:
    """The reason is told in one sentence, with the hops."""
    place = vantage.inferred(connection((64, 61)), CLIENT, SERVER)
    assert place.reason == (
        "The server's packets had travelled 3 hops, the client's none: captured at the client or next to it."
    )
    place = vantage.inferred(connection((63, 62)), CLIENT, SERVER)
    assert place.reason == "The client's packets had travelled 1 hop, the server's 2: captured in between."


@pytest.mark.parametrize(
    ("gaps", "place"),
    [
        ((FAR, NEAR), Vantage.CLIENT),
        ((NEAR, FAR), Vantage.SERVER),
        ((FAR, FAR), Vantage.UNKNOWN),
        ((NEAR, NEAR), Vantage.UNKNOWN),
        ((NEAR, 10 * NEAR), Vantage.UNKNOWN),
        ((FAR, -NEAR), Vantage.UNKNOWN),
    ],
)
def test_times(gaps: tuple[float, float], place: Vantage) -> None:
    """On one network, whoever answers the handshake at once is here, if the other takes longer than a switch does."""
    assert told(connection((64, 64), gaps=gaps)) is place


@pytest.mark.parametrize(
    ("left", "place"),
    [
        ((True, False), Vantage.CLIENT),
        ((False, True), Vantage.SERVER),
        ((True, True), Vantage.UNKNOWN),
    ],
)
def test_checksums(left: tuple[bool, bool], place: Vantage) -> None:
    """Whose checksums are left to the network card is here; virtual machines of one host leave all of them."""
    assert told(connection((64, 64), left=left)) is place


@pytest.mark.parametrize(
    "made",
    [
        connection((64, 61), left=(False, True)),
        connection((64, 61), gaps=(NEAR, FAR)),
        connection((62, 62), left=(True, False)),
        connection((50, 60), gaps=(NEAR, FAR)),
    ],
)
def test_contradiction(made: Connection) -> None:
    """Signs that disagree tell nothing: a system that starts with 60 seems to be four hops away from itself."""
    place = vantage.inferred(made, CLIENT, SERVER)
    assert place == Place(vantage=Vantage.UNKNOWN, reason="The packets disagree about where they were captured.")


def test_in_front_of_the_server() -> None:
    """A router right in front of the server gets the server's answers at once, and is not the server."""
    assert told(connection((50, 63), gaps=(NEAR, FAR))) is Vantage.MIDDLE


def test_one_side() -> None:
    """A SYN that nobody answers does not tell where it was captured."""
    made = Connection(CLIENT, SERVER)
    made.feed(connection((64, 61)).syns[0])
    place = vantage.inferred(made, CLIENT, SERVER)
    assert place.vantage is Vantage.UNKNOWN
    assert place.reason == "Too little was seen of one side to tell where the packets were captured."


@pytest.mark.parametrize(
    ("ttls", "place"), [((64, 61), Vantage.CLIENT), ((61, 64), Vantage.UNKNOWN), ((62, 62), Vantage.MIDDLE)]
)
def test_refused(ttls: tuple[int, int], place: Vantage) -> None:
    """A RST in the server's name that a router passed on came from farther away; one that is fresh may be anybody's."""
    syn, answer = connection(ttls).syns[0], connection(ttls).answers[0]
    assert isinstance(answer, Segment)
    made = Connection(CLIENT, SERVER)
    made.feed(syn)
    made.feed(answer._replace(flags=Flag.RST))
    assert told(made) is place


def test_one_machine() -> None:
    """On the loopback one capture shows both ends."""
    here = Endpoint(host="127.0.0.1", port=21), Endpoint(host="127.0.0.1", port=40000)
    made = Connection(*here)
    assert vantage.inferred(made, *here) == Place(vantage=Vantage.BOTH, reason="Client and server are one machine.")


def at_the_server(packets: list[Packet]) -> tuple[Packet, ...]:
    """What a tap at the server sees of them."""
    return tuple(one._replace(ttl=64 if one.source.host == SERVER.host else 61) for one in packets)


def test_of_a_session() -> None:
    """The openings of a session are seen from where its packets were captured."""
    tape = Tape().connect().say("S: 220 Hi", "C: USER a", "S: 230 In", "C: EPSV", "S: 229 Ok (|||50000|)", "C: LIST")
    facts = replayed(at_the_server(tape.packets))
    assert facts.vantage is Vantage.SERVER
    assert facts.vantage_reason == (
        "The client's packets had travelled 3 hops, the server's none: captured at the server or next to it."
    )
    assert {one.view for one in (*facts.sessions[0].openings, *facts.channels[0].openings)} == {View.SERVER_WIRE}


def replayed(packets: tuple[Packet, ...]) -> Facts:
    """The facts of a capture of which nobody says where it was made."""
    return derive(Recording(source=Source(), vantage=Vantage.UNKNOWN, began=1000.0, packets=packets))


def test_declared() -> None:
    """What was said of the vantage counts; where the packets tell another end, or the middle, that is said as well."""
    tape = Tape().connect().say("S: 220 Hi", "C: USER a", "S: 230 In")
    for said in (Vantage.MIDDLE, Vantage.CLIENT):
        facts = tape.replayed(said)
        assert (facts.vantage, facts.vantage_reason) == (said, None)
    facts = tape.replayed(Vantage.SERVER)
    assert facts.vantage is Vantage.SERVER
    assert {one.view for one in facts.sessions[0].openings} == {View.SERVER_WIRE}
    assert facts.vantage_reason == (
        "It is taken as captured at the server, as --vantage says, though the packets tell otherwise: leave that out "
        "to go by them. "
        "The server's packets had travelled 3 hops, the client's none: captured at the client or next to it."
    )


def test_several_places() -> None:
    """A machine can be the client of one session and the server of another: the capture's vantage is unknown."""
    client, server = (Place(vantage=one, reason=f"At the {one}.") for one in (Vantage.CLIENT, Vantage.SERVER))
    unknown = Place(vantage=Vantage.UNKNOWN, reason="Hm.")
    both = vantage.common([client, server, client])
    assert both is not None
    assert both.vantage is Vantage.UNKNOWN
    assert both.reason == "By their packets, sessions were captured at several places: client and server."
    assert vantage.common([unknown, client, None]) == client
    assert vantage.common([unknown]) == unknown
    assert vantage.common([None]) is None
