"""What two taps saw of the same transfers, taken from the lab and then given another clock, other ports, a proxy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from ftpdiag.cause import Cause
from ftpdiag.diagnosis import diagnose
from ftpdiag.discovery import declarations
from ftpdiag.facts import derive
from ftpdiag.facts.ends import Contradicted
from ftpdiag.model import (
    Answer,
    Confidence,
    ControlSession,
    Endpoint,
    Facts,
    Flag,
    IcmpError,
    Mode,
    Packet,
    Recording,
    Segment,
    Tap,
    View,
)
from ftpdiag.recording.replay import record_ends
from tests.lab.case import CAPTURES

ENDS = {View.CLIENT_WIRE: "client.pcap", View.SERVER_WIRE: "server.pcap"}


def recorded(case: str) -> Recording:
    """Both ends of a case of the lab."""
    return record_ends({view: CAPTURES / case / name for view, name in ENDS.items()})


def changed(recording: Recording, view: View, change: Callable[[Packet], Packet | None]) -> Recording:
    """The same, with the packets of one tap changed; or without them, where they become none."""

    def altered(tap: Tap) -> Tap:
        if tap.view is not view:
            return tap
        packets = [one for one in map(change, tap.packets) if one]
        began = packets[0].at if packets and tap.began is not None else tap.began
        ended = packets[-1].at if packets else tap.ended
        return replace(tap, packets=tuple(packets), began=began, ended=ended)

    return replace(recording, taps=tuple(map(altered, recording.taps)))


def later(seconds: float) -> Callable[[Packet], Packet]:
    """By another clock."""
    return lambda packet: packet._replace(at=packet.at + seconds)


def story(facts: Facts) -> object:
    """Who talked to whom, which data connections were negotiated, and what each tap saw of them."""
    return [
        (
            channel.method,
            channel.announced,
            [(one.view, one.answer, one.tries, [packet.track for packet in one.packets]) for one in channel.openings],
        )
        for channel in facts.channels
    ]


def both(session: ControlSession) -> bool:
    """Whether both taps saw it."""
    return [sight.view for sight in session.sights] == [View.CLIENT_WIRE, View.SERVER_WIRE]


def renumbered(packet: Packet) -> Packet:
    """As behind a proxy, which begins connections of its own: numbers, ports and the client's address differ."""
    if isinstance(packet, IcmpError):
        return packet

    def own(end: Endpoint) -> Endpoint:
        return Endpoint(host="192.0.2.7", port=end.port ^ 1) if end.host == "198.51.100.2" else end

    more = 5_000_000
    return packet._replace(
        source=own(packet.source),
        destination=own(packet.destination),
        seq=(packet.seq + more) % 2**32,
        ack=(packet.ack + more) % 2**32,
    )


CASES = ["open-vsftpd", "open-vsftpd-ipv6", "open-server-nat", "active-inbound-dropped-by-client-nat"]


@pytest.mark.parametrize("case", CASES)
def test_every_session_is_found_at_both_ends(case: str) -> None:
    """Each session of the client's capture is in the server's, also across NAT, and stands once."""
    facts = derive(recorded(case))
    assert facts.sessions
    assert all(both(session) for session in facts.sessions)
    assert [session.number for session in facts.sessions] == list(range(1, len(facts.sessions) + 1))


@pytest.mark.parametrize("seconds", [-86400.0, -3.25, -0.5, 0.5, 3.25, 7200.0])
@pytest.mark.parametrize("case", CASES)
def test_clocks_need_not_agree(case: str, seconds: float) -> None:
    """Another clock at the server changes nothing of what is told, and the difference is found to the millisecond."""
    recording = recorded(case)
    facts = derive(changed(recording, View.SERVER_WIRE, later(seconds)))
    assert story(facts) == story(derive(recording))
    assert facts.source.files[0].shift == 0.0
    assert facts.source.files[1].shift == pytest.approx(seconds, abs=0.001)


def test_a_proxy_in_between_hides_no_session() -> None:
    """Where addresses, ports and sequence numbers all differ, sessions are matched by what is said on them."""
    facts = derive(changed(recorded("open-vsftpd"), View.SERVER_WIRE, renumbered))
    assert facts.sessions
    assert all(both(session) for session in facts.sessions)
    assert {session.sights[1].client.host for session in facts.sessions} == {"192.0.2.7"}
    assert not any(session.differences for session in facts.sessions)


def test_sessions_of_others_stand_for_themselves() -> None:
    """A server's capture with sessions of other clients has them as well, seen from the server."""
    recording, other = recorded("open-vsftpd"), recorded("open-proftpd")
    far = recording.taps[1]
    more = tuple(packet._replace(number=packet.number + 10_000) for packet in other.taps[1].packets)
    merged = replace(recording, taps=(recording.taps[0], replace(far, packets=(*far.packets, *more))))
    facts = derive(merged)
    alone = [session for session in facts.sessions if not both(session)]
    assert len(alone) == len(derive(other).sessions)
    assert {session.sights[0].view for session in alone} == {View.SERVER_WIRE}
    assert all(opening.view is View.SERVER_WIRE for session in alone for opening in session.openings)


def test_captures_of_different_transfers_are_told_to_be() -> None:
    """Where no session is in both captures, though they were made at the same time, the second one says so."""
    client, server = recorded("open-vsftpd"), recorded("open-proftpd")
    at_once = later(client.taps[0].packets[0].at - server.taps[1].packets[0].at)
    server = changed(server, View.SERVER_WIRE, at_once)
    facts = derive(replace(client, taps=(client.taps[0], server.taps[1])))
    assert not any(both(session) for session in facts.sessions)
    assert facts.source.files[0].problems == ()
    assert "no session in it is in another capture" in facts.source.files[1].cautions[0]


@pytest.mark.parametrize("seconds", [-6.0, 6.0])
def test_the_next_run_is_another(seconds: float) -> None:
    """What is said again in other connections is another transfer, though it is the same to the word."""
    recording = changed(recorded("open-vsftpd"), View.SERVER_WIRE, renumbered)
    with pytest.raises(Contradicted, match="at another time"):
        derive(changed(recording, View.SERVER_WIRE, later(seconds)))


def test_a_session_that_is_said_twice() -> None:
    """Of two runs in the server's capture, a proxy's client made the one of the same time."""
    recording = changed(recorded("open-vsftpd"), View.SERVER_WIRE, renumbered)

    def an_hour_before(packet: Packet) -> Packet:
        ends = {end: end._replace(port=end.port ^ 2) for end in (packet.source, packet.destination) if end.port > 1024}
        source, destination = (ends.get(end, end) for end in (packet.source, packet.destination))
        return packet._replace(at=packet.at - 3600, source=source, destination=destination)

    client, server = recording.taps
    packets = (*map(an_hour_before, server.packets), *server.packets)
    numbered = tuple(one._replace(number=number) for number, one in enumerate(packets, 1))
    facts = derive(replace(recording, taps=(client, replace(server, packets=numbered))))
    of_the_server = [
        [session.sights[1].client for session in one.sessions if both(session)] for one in (facts, derive(recording))
    ]
    assert of_the_server[0] == of_the_server[1] != []


def test_a_capture_that_begins_later_denies_nothing() -> None:
    """A session from before the server's capture began is not said to have been dropped on its way."""
    recording = recorded("control-dropped-by-provider")
    client, server = recording.taps
    began = client.packets[-1].at + 60
    facts = derive(replace(recording, taps=(client, replace(server, began=began))))
    assert [opening.view for opening in facts.sessions[0].openings] == [View.CLIENT_WIRE]


def lossy(packet: Packet) -> Packet | None:
    """One in eight is lost."""
    return None if packet.number % 8 == 5 else packet


def stopped_early(packet: Packet) -> Packet | None:
    """The capture ends amid the transfers."""
    return packet if packet.number < 60 else None


def begun_late(packet: Packet) -> Packet | None:
    """The capture begins amid them."""
    return packet if packet.number > 20 else None


def snapped(packet: Packet) -> Packet:
    """Of each packet 30 bytes of text are kept."""
    return packet._replace(payload=packet.payload[:30]) if isinstance(packet, Segment) else packet


@pytest.mark.parametrize("view", ENDS)
@pytest.mark.parametrize("change", [lossy, stopped_early, begun_late, snapped])
@pytest.mark.parametrize("case", ["passive-port-dropped-by-server", "active-refused-by-server-proftpd"])
def test_what_one_capture_lacks_was_not_changed_on_the_way(
    case: str, change: Callable[[Packet], Packet | None], view: View
) -> None:
    """Lost, cut, or outside the time of one capture: no device is blamed for what the other end has of it."""
    facts = derive(changed(recorded(case), view, change))
    assert not any(session.differences for session in facts.sessions)
    blamed = {one.cause for one in diagnose(facts, declarations("ftpdiag.causes", Cause)).findings}
    assert blamed.isdisjoint({"control-commands-mangled", "alg-rewrote-endpoint", "alg-rewrote-port-command"})


def test_an_empty_capture_saw_nothing() -> None:
    """A SYN that the server's capture lacks was absent there, even if nothing else is in it."""
    facts = derive(recorded("control-dropped-by-provider"))
    assert [(one.view, one.answer) for one in facts.sessions[0].openings] == [
        (View.CLIENT_WIRE, Answer.SILENT),
        (View.SERVER_WIRE, Answer.ABSENT),
    ]


def test_swapped_captures_are_told() -> None:
    """TTLs fall along the way: a client's capture in which the client's packets have come far is the server's."""
    recording = recorded("open-vsftpd")
    client, server = recording.taps
    swapped = (replace(server, view=View.CLIENT_WIRE), replace(client, view=View.SERVER_WIRE))
    with pytest.raises(Contradicted, match="wrong way round"):
        derive(replace(recording, taps=swapped))


@pytest.mark.parametrize(
    ("named", "moved"),
    [
        ((View.CLIENT_WIRE, View.MIDDLE_WIRE), (View.CLIENT_WIRE, View.SERVER_WIRE)),
        ((View.MIDDLE_WIRE, View.SERVER_WIRE), (View.CLIENT_WIRE, View.SERVER_WIRE)),
    ],
)
def test_a_capture_from_in_between_is_none_of_an_end(named: tuple[View, View], moved: tuple[View, View]) -> None:
    """Where both sides' packets had passed routers, it is read as the middle one, and said to be."""
    folder = CAPTURES / "passive-port-dropped-by-server-edge"
    files = {view: folder / f"{place.place}.pcap" for view, place in zip(moved, named, strict=True)}
    facts = derive(record_ends(files))
    rightly = derive(record_ends({view: folder / f"{view.place}.pcap" for view in named}))
    assert story(facts) == story(rightly)
    assert [file.view for file in facts.source.files] == list(named)
    told = [problem for file in facts.source.files for problem in file.cautions]
    assert any("as --middle" in problem for problem in told)


def test_one_capture_is_not_two_ends() -> None:
    """The same capture named twice proves nothing, and is refused."""
    recording = recorded("open-vsftpd")
    client = recording.taps[0]
    with pytest.raises(Contradicted, match="one place"):
        derive(replace(recording, taps=(client, replace(client, view=View.SERVER_WIRE))))


def test_a_lost_packet_leaves_its_copies_apart() -> None:
    """Of three SYNs of which the second arrived, the second is one packet, and the others were missed."""
    recording = recorded("passive-port-dropped-by-server")
    seen: Counter[Endpoint] = Counter()

    def second_only(packet: Packet) -> Packet | None:
        if isinstance(packet, Segment) and packet.flags == Flag.SYN and packet.destination.port >= 50000:
            seen[packet.destination] += 1
            return packet if seen[packet.destination] == 2 else None
        return packet

    facts = derive(changed(recording, View.SERVER_WIRE, second_only))
    channel = next(one for one in facts.channels if any(opening.tries == 1 for opening in one.openings))
    near = channel.seen_at(View.CLIENT_WIRE)
    assert near is not None
    tracks = [packet.track for packet in near.packets]
    assert [track.missed == () for track in tracks if track][:3] == [False, True, False]


def test_a_capture_that_lost_packets_denies_nothing() -> None:
    """A tap that lost a piece of the dialogue may have lost the SYN, too: it is not said to have been dropped."""
    recording = recorded("passive-port-dropped-by-provider")
    lost = next(one for one in recording.taps[1].packets if isinstance(one, Segment) and b"230 " in one.payload)

    def without(packet: Packet) -> Packet | None:
        torn = isinstance(packet, Segment) and packet.seq == lost.seq and packet.source == lost.source
        return None if torn and packet.number == lost.number else packet

    def absent(facts: Facts) -> list[int]:
        return [
            one.session.number
            for one in facts.channels
            if any(o.view is View.SERVER_WIRE and o.answer is Answer.ABSENT for o in one.openings)
        ]

    whole, torn = (
        derive(recorded("passive-port-dropped-by-provider")),
        derive(changed(recording, View.SERVER_WIRE, without)),
    )
    assert len(absent(torn)) == len(absent(whole)) - 1
    assert any("not captured" in problem for problem in torn.source.files[1].problems)


def test_what_went_another_way_was_not_kept_from_leaving() -> None:
    """A SYN that the server's capture has, and the client's has not, left the client by another interface."""
    recording = recorded("open-vsftpd")
    passive = {one.announced.port for one in derive(recording).channels if one.announced and one.method == "EPSV"}

    def elsewhere(packet: Packet) -> Packet | None:
        return None if passive & {packet.source.port, packet.destination.port} else packet

    facts = derive(changed(recording, View.CLIENT_WIRE, elsewhere))
    channel = next(one for one in facts.channels if one.method == "EPSV")
    assert [(one.view, one.answer) for one in channel.openings] == [(View.SERVER_WIRE, Answer.ACCEPTED)]


def test_a_capture_of_port_21_alone_leaves_a_doubt() -> None:
    """Where a filter may have left data connections out, a SYN that is missing was likely lost, and not surely."""
    recording = recorded("passive-port-dropped-by-provider")

    def control(packet: Packet) -> Packet | None:
        return packet if 21 in {packet.source.port, packet.destination.port} else None

    def told(facts: Facts) -> tuple[Confidence, bool]:
        findings = diagnose(facts, declarations("ftpdiag.causes", Cause)).findings
        found = next(one for one in findings if one.cause == "passive-port-dropped")
        return found.confidence, any("was it filtered?" in item.text for item in found.evidence)

    assert told(derive(recording)) == (Confidence.PROVEN, False)
    assert told(derive(changed(recording, View.SERVER_WIRE, control))) == (Confidence.LIKELY, True)


def test_a_transfer_between_two_servers() -> None:
    """What a third host carried to the server (FXP) is told though the client's tap saw nothing of it."""

    def is_data(packet: Packet) -> bool:
        return 21 not in {packet.source.port, packet.destination.port}

    def from_elsewhere(packet: Packet) -> Packet:
        def own(end: Endpoint) -> Endpoint:
            return end._replace(host="192.0.2.9") if end.host == "198.51.100.2" else end

        moved = packet._replace(source=own(packet.source), destination=own(packet.destination))
        return moved if is_data(packet) else packet

    whole = recorded("open-vsftpd")
    recording = changed(whole, View.CLIENT_WIRE, lambda packet: None if is_data(packet) else packet)
    facts = derive(changed(recording, View.SERVER_WIRE, from_elsewhere))
    channels = [one for one in facts.channels if one.mode is Mode.PASSIVE]
    assert channels
    assert all(one.completed for one in channels)
    sizes = [one.carriages[0].to_client for one in derive(whole).channels if one.mode is Mode.PASSIVE]
    assert [(one.carriages[0].local.host, one.carriages[0].to_client) for one in channels] == [
        ("192.0.2.9", size) for size in sizes
    ]
