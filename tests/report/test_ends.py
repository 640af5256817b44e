import pytest
from msgspec.structs import replace

from ftpdiag.model import CaptureFile, Endpoint, Sight, Source, View
from ftpdiag.report.ends import belonging
from tests.hand_built import WORKS, diagnosis, passive, session

CLIENT, SERVER = Endpoint(host="198.51.100.2", port=40000), Endpoint(host="203.0.113.2", port=21)
NEAR = Sight(view=View.CLIENT_WIRE, client=CLIENT, server=SERVER)
FAR = Sight(view=View.SERVER_WIRE, client=CLIENT, server=SERVER)


def told(*sights: Sight, shift: float = 0.0) -> list[str]:
    """What is said of two captures with one session."""
    files = tuple(
        CaptureFile(path=f"{view.place}.pcap", packets=9, bytes=99, link_type="Ethernet", view=view)
        for view in (View.CLIENT_WIRE, View.SERVER_WIRE)
    )
    source = Source(files=(files[0], replace(files[1], shift=shift)))
    return list(belonging(diagnosis((passive(replace(session(), sights=sights)), WORKS), source=source)))


@pytest.mark.parametrize(
    ("shift", "words"), [(3.25, "3.250 s ahead of"), (-0.5, "0.500 s behind"), (0.00025, "250 µs ahead of")]
)
def test_a_clock_that_differs_is_said(shift: float, words: str) -> None:
    """By how much, and by whose clock the times are told."""
    assert told(NEAR, FAR, shift=shift) == [
        f"server.pcap: its clock is {words} that of client.pcap, by which all times are told."
    ]


def test_a_nat_is_said() -> None:
    """An address that is another one in the other capture."""
    behind = replace(FAR, server=Endpoint(host="10.2.0.2", port=21))
    assert told(NEAR, behind) == [
        "A NAT lies between: the server 203.0.113.2 is 10.2.0.2 in the server's capture.",
    ]


def test_what_only_one_holds_is_said() -> None:
    """A session that the other capture lacks is counted; what both hold alike is not worth a word."""
    assert told(FAR) == ["1 session is in the server's capture only."]
    assert told(NEAR, FAR) == []


def test_a_capture_that_holds_nothing_is_said() -> None:
    """Most likely its filter named an address that nobody bears there."""
    near = CaptureFile(path="client.pcap", packets=9, bytes=99, link_type="Ethernet", view=View.CLIENT_WIRE)
    files = (near, replace(near, path="server.pcap", packets=0, view=View.SERVER_WIRE))
    control = replace(session(), sights=(NEAR,), client_seen_as="192.0.2.7")
    empty, alone = belonging(diagnosis((passive(control), WORKS), source=Source(files=files)))
    assert empty.startswith("server.pcap holds no packet: nothing that passed there fitted its filter.")
    assert empty.endswith(" The server sees the client 198.51.100.2 as 192.0.2.7.")
    assert alone == "1 session is in the client's capture only."
