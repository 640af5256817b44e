from __future__ import annotations

import pytest

from ftpdiag.facts import derive
from ftpdiag.model import Packet, Recording, Segment, Source, Vantage
from tests.test_facts import CLIENT, FROM_HERE, SERVER, SYN, THERE, Tape


def tape() -> Tape:
    """A session whose data connection nobody answers."""
    written = Tape().connect().say("S: 220 Hi", "C: USER a", "S: 230 In", "C: EPSV", "S: 229 Here (|||50000|)")
    for _ in range(3):
        written.sent[FROM_HERE, THERE] = 5000  # as real ones, it begins with a number of its own
        written.segment(FROM_HERE, THERE, SYN)
        written.now += 1
    return written


def sides(packets: list[Packet]) -> tuple[int, int, int]:
    """On how many the control connection's SYN was seen, its SYN-ACK, and the SYN of the data connection."""
    numbered = tuple(packet._replace(number=number) for number, packet in enumerate(packets, 1))
    recording = Recording(source=Source(), vantage=Vantage.MIDDLE, began=0.0, packets=numbered)
    facts = derive(recording)
    control, data = facts.sessions[0].wire, facts.channels[0].wire
    assert control
    assert data
    return control.sides, control.answer_sides, data.sides


def routed(packets: list[Packet], *, inside: str | None = None, keeps: bool = False) -> list[Packet]:
    """As a router sees them on both sides, with a NAT for the server or without; it may keep SYNs to the data port."""

    def out(packet: Segment) -> Segment:
        ends = (end.at_host(inside) if inside and end.host == SERVER.host else end for end in packet[2:4])
        source, destination = ends
        return packet._replace(at=packet.at + 0.0001, ttl=packet.ttl - 1, source=source, destination=destination)

    both: list[Packet] = []
    for packet in packets:
        assert isinstance(packet, Segment)
        both += [packet] if keeps and packet.destination == THERE else [packet, out(packet)]
    return both


@pytest.mark.parametrize("inside", [None, "10.2.0.2"])
@pytest.mark.parametrize("keeps", [False, True])
def test_a_router_on_both_sides(inside: str | None, *, keeps: bool) -> None:
    """What passes a router is seen on two sides, under other addresses or not; what it keeps, on one."""
    assert sides(routed(tape().packets, inside=inside, keeps=keeps)) == (2, 2, 1 if keeps else 2)


def test_one_side() -> None:
    """A tap on one link sees everything once; copies of a mirror have made no hop more."""
    packets = tape().packets
    assert sides(packets) == (1, 1, 1)
    assert sides([one for packet in packets for one in (packet, packet)]) == (1, 1, 1)


def test_a_syn_sent_anew() -> None:
    """What somebody sends in the client's name starts with all its hops: that router passed nothing on."""
    first = tape().packets[0]
    assert isinstance(first, Segment)
    assert first.source == CLIENT
    proxied = [first._replace(ttl=first.ttl - 1), first._replace(at=first.at + 0.001)]
    assert sides([*proxied, *tape().packets[1:]]) == (1, 1, 1)
