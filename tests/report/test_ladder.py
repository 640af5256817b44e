"""The decisive packets, as the reader sees them."""

from __future__ import annotations

from msgspec.structs import replace

from ftpdiag.model import (
    Announcement,
    ControlSession,
    DataChannel,
    Endpoint,
    Flag,
    IcmpError,
    Party,
    Stuck,
    Track,
    View,
)
from ftpdiag.report.ladder import ladder
from tests.hand_built import BEGAN, active, exchange, passive, segment, session


def drawn(subject: ControlSession | DataChannel, width: int = 78) -> str:
    """The ladder as it stands on the page."""
    return "\n" + "\n".join(ladder(subject, began=BEGAN, width=width)) + "\n"


def test_repeated_syn() -> None:
    """What was said and what was sent stand in the order of time; a SYN that was repeated stands once, counted."""
    assert (
        drawn(active())
        == """
                  client 198.51.100.2                       server 203.0.113.2
  +0.210 s        ├─ PORT 198,51,100,2,179,231 ─────────────────────────────>│
  +0.211 s        │<────────────────────────── 200 PORT command successful. ─┤
  +0.212 s        ├─ LIST ──────────────────────────────────────────────────>│
  +0.213 s        │<─────────────────── 425 Failed to establish connection. ─┤
  +0.214 s #12    │<───────────────────────────── SYN ×3 20 → 46055, TTL 61 ─┤
"""  # noqa: RUF001  the sign that the reader sees
    )


def test_open_connection() -> None:
    """Arrows point from whoever sent it: the client's SYN to the right, the server's answer to the left."""
    assert (
        drawn(passive())
        == """
                  client 198.51.100.2                       server 203.0.113.2
  +0.100 s        ├─ EPSV ──────────────────────────────────────────────────>│
  +0.101 s        │<──────── 229 Entering Extended Passive Mode (|||50001|) ─┤
  +0.104 s #8     ├─ SYN 40001 → 50001, TTL 61 ─────────────────────────────>│
  +0.105 s #9     │<───────────────────────── SYN-ACK 50001 → 40001, TTL 61 ─┤
  +0.110 s        ├─ LIST ──────────────────────────────────────────────────>│
  +0.111 s        │<──────────────────────────────────── 150 Here it comes. ─┤
  +0.112 s        │<──────────────────────────────── 226 Directory send OK. ─┤
"""
    )


def test_device_in_between() -> None:
    """An ICMP error comes from the direction of the packet's destination, and names the device that sent it."""
    channel = passive()
    (opening,) = channel.openings
    syn = opening.packets[0]
    error = IcmpError(
        number=9,
        at=syn.at + 0.001,
        reporter="198.18.0.1",
        ttl=63,
        reason="communication administratively prohibited",
        source=opening.opener,
        destination=opening.target,
        seq=1,
    )
    rejected = replace(channel, transfer=None, openings=(replace(opening, packets=(syn, error)),))
    assert drawn(rejected).splitlines()[-1] == (
        "  +0.105 s #9     │<─ ICMP from 198.18.0.1: communication administratively… ─┤"
    )


def test_third_host() -> None:
    """A data connection from or to another host than the control connection's is shown with that host."""
    channel = active()
    other = Endpoint(host="203.0.113.9", port=20)
    on_wire = channel.openings[1]
    syn = segment(12, 0.214, other, on_wire.target, Flag.SYN)
    moved = replace(channel, openings=(replace(on_wire, opener=other, packets=(syn,)),))
    assert "─ SYN 203.0.113.9:20 → 46055, TTL 61 ─┤" in drawn(moved)


def test_nobody_came() -> None:
    """That no SYN came is drawn too, below all that happened."""
    channel = active()
    absent = replace(channel.openings[1], packets=(), tries=0)
    last = drawn(replace(channel, openings=(absent,))).splitlines()[-1]
    assert last == "                  │          no SYN to 198.51.100.2:46055 was seen           │"


def test_socket_only() -> None:
    """Without a tap the socket's word stands where the packets would be."""
    channel = active()
    assert "no connection reached the socket on port 46055" in drawn(replace(channel, openings=channel.openings[:1]))
    assert "├─ connect 203.0.113.2:21: accepted ─" in drawn(session())


def test_control_connection() -> None:
    """Of a session that came to no data connection, the opening and its last words are shown."""
    lines = drawn(replace(session(), exchanges=(exchange("USER alice", "331 Password?", "530 No.", at=0.1),)))
    assert "├─ USER alice ─" in lines
    assert "─ 530 No. ─┤" in lines


def test_width() -> None:
    """No line is wider than the page, whatever a server says and however long the addresses are."""
    channel = passive(session(family=6))
    wordy = replace(channel, negotiation=exchange("EPSV", "229 " + "x" * 8000, at=0.1))
    for width in (60, 78):
        assert {len(line) for line in ladder(wordy, began=BEGAN, width=width)[1:]} <= {width, *range(width)}


def test_long_addresses() -> None:
    """Two addresses that do not fit beside each other stand below each other."""
    channel = passive(session(family=6))
    assert drawn(channel, width=60).splitlines()[1:3] == [
        "                  client 2001:db8:1::2  server 2001:db8:2::2",
        "  +0.100 s        ├─ EPSV ────────────────────────────────>│",
    ]
    assert drawn(channel, width=58).splitlines()[1:3] == [
        "                  client 2001:db8:1::2",
        "                                      server 2001:db8:2::2",
    ]


def test_nothing_known() -> None:
    """Where nothing was said or seen there is nothing to draw."""
    assert ladder(replace(session(), openings=(), exchanges=()), began=BEGAN, width=78) == []


def tracked(channel: DataChannel, *seen: tuple[View, ...]) -> DataChannel:
    """The same, of captures at both ends: which of them saw each packet of its opening."""
    opening = channel.openings[0]
    ends = (View.CLIENT_WIRE, View.SERVER_WIRE)
    packets = tuple(
        packet._replace(
            track=Track(
                view=views[0],
                seen=tuple((view, packet.number) for view in views),
                missed=tuple(view for view in ends if view not in views),
            ),
        )
        for packet, views in zip(opening.packets, seen, strict=True)
    )
    return replace(channel, openings=(replace(opening, packets=packets),))


def test_where_a_packet_was_lost_and_where_one_was_put_in() -> None:
    """Of two captures each has a column; an arrow that did not come all the way ends in a cross, or begins with one."""
    both, client = (View.CLIENT_WIRE, View.SERVER_WIRE), (View.CLIENT_WIRE,)
    quiet = replace(passive(), transfer=None)
    assert (
        drawn(tracked(quiet, client, client))
        == """
           client server client 198.51.100.2                server 203.0.113.2
  +0.100 s               ├─ EPSV ───────────────────────────────────────────>│
  +0.101 s               │<─ 229 Entering Extended Passive Mode (|||50001|) ─┤
  +0.104 s #8     —      ├─ SYN 40001 → 50001, TTL 61 ───────────╳           │
  +0.105 s #9     —      │<────────────────── SYN-ACK 50001 → 40001, TTL 61 ╳│
"""  # noqa: RUF001  ditto
    )
    assert drawn(tracked(quiet, both, (View.SERVER_WIRE,))).endswith(
        """
  +0.104 s #8     #8     ├─ SYN 40001 → 50001, TTL 61 ──────────────────────>│
  +0.105 s —      #9     │         ╳───────── SYN-ACK 50001 → 40001, TTL 61 ─┤
"""  # noqa: RUF001  ditto
    )


def test_what_was_heard_otherwise() -> None:
    """A line that a device changed stands as both sides know it."""
    channel = replace(
        active(),
        openings=(),
        announcements=(
            Announcement(view=View.CLIENT_WIRE, line="PORT 198,51,100,2,179,231", endpoint=None),
            Announcement(view=View.SERVER_WIRE, line="PORT 198,51,100,3,179,231", endpoint=None),
        ),
    )
    assert "the server heard: PORT 198,51,100,3,179,231" in drawn(channel)


def test_what_was_sent_in_vain() -> None:
    """A line that never arrived stands where it was sent, counted, and does not come all the way."""
    client, server = Endpoint(host="198.51.100.2", port=40000), Endpoint(host="203.0.113.2", port=21)
    track = Track(view=View.CLIENT_WIRE, seen=((View.CLIENT_WIRE, 18),), missed=(View.SERVER_WIRE,))
    packet = segment(18, 0.21, client, server, Flag.ACK)._replace(track=track)
    stuck = Stuck(sender=Party.CLIENT, packet=packet, tries=6, line="PORT 198,51,100,2,179,231")
    unanswered = replace(active().negotiation, replies=())
    channel = replace(active(replace(session(), stuck=stuck)), openings=(), negotiation=unanswered, transfer=None)
    assert "├─ PORT ×6 198,51,100,2,179,231 ───────" in drawn(channel)  # noqa: RUF001  ditto
    assert "╳" in drawn(channel)  # noqa: RUF001  ditto
