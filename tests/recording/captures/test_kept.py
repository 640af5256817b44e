from ftpdiag.model import Endpoint, Flag, IcmpError, Packet, Segment
from ftpdiag.recording.captures.kept import Kept

CLIENT, SERVER = Endpoint(host="2001:db8:1::2", port=40000), Endpoint(host="2001:db8:2::2", port=21)
SYN = Segment(1, 1_795_000_000.000001, CLIENT, SERVER, Flag.SYN, (1 << 32) - 1, 0, 0xFFFF, 64, 0, b"", mss=1440)
WORDS = SYN._replace(number=3, seq=0, flags=Flag.ACK, mss=None, payload=b"QUIT\r\n", length=9, passed=1 << 40)
ERROR = IcmpError(4, 1_795_000_001.5, "2001:db8::1", 63, "port unreachable", CLIENT, SERVER, 7)
PACKETS: list[Packet] = [SYN, SYN._replace(number=2, source=SERVER, destination=CLIENT), WORDS, ERROR]


def test_what_was_kept_comes_back() -> None:
    """Every field of every packet is as it was, whichever way it is asked for."""
    kept = Kept(PACKETS)
    assert [*kept] == [kept[place] for place in range(len(kept))] == [*kept[:]] == PACKETS
    assert kept[-2:][0] == WORDS
    assert [type(one) for one in kept] == [type(one) for one in PACKETS]


def test_a_recalled_packet_takes_its_place() -> None:
    """They stand in the order of their numbers, in whichever order they were found."""
    kept = Kept([PACKETS[1], PACKETS[3], PACKETS[0], PACKETS[2]])
    assert [*kept] == PACKETS
    assert kept == Kept(PACKETS)


def test_endpoints_are_shared() -> None:
    """Endpoints that are equal are one: what is read of a session holds each but once."""
    kept = Kept([SYN._replace(source=Endpoint(host="2001:db8:1::" + str(2), port=40000)), WORDS])
    first, second = kept
    assert first.source is second.source
