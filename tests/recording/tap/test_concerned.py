from __future__ import annotations

from scapy.layers.inet import ICMP, IP, TCP
from scapy.packet import Packet as Built

from ftpdiag.model import Answer, Attempt, Endpoint, Method, Opening, Segment, Tls, View
from ftpdiag.recording.frames.packets import RAW_IP, Frame
from ftpdiag.recording.tap.concerned import concerned

US, SERVER, SECOND, STRANGER = "198.51.100.2", "203.0.113.2", "203.0.113.3", "192.0.2.9"
LISTENER = Endpoint(host=US, port=46055)
OURS = frozenset({40000, LISTENER.port})
ATTEMPT = Attempt(
    method=Method.PORT,
    family=4,
    tls=Tls.NONE,
    client=Endpoint(host=US, port=40000),
    server=Endpoint(host=SERVER, port=21),
    began=0.0,
    lines=(),
    openings=(
        Opening(
            at=0.0,
            opener=Endpoint(host="", port=0),
            target=LISTENER,
            answer=Answer.ABSENT,
            view=View.CLIENT_SOCKET,
        ),
    ),
)


def frame(packet: Built) -> Frame:
    """As the tap saw it."""
    return Frame(at=1.0, data=bytes(packet), length=len(packet), link_type=RAW_IP)


def test_whom_else_this_machine_talks_to_is_not_told() -> None:
    """The server's packets, calls of anybody to our listener and errors about them stay; others' go, unnumbered."""
    call = IP(src=SECOND, dst=US) / TCP(sport=20, dport=LISTENER.port, flags="S")
    frames = [
        frame(IP(src=US, dst=STRANGER) / TCP(sport=50000, dport=443, flags="S")),
        frame(IP(src=US, dst=SERVER) / TCP(sport=40000, dport=21, flags="S")),
        frame(call),
        frame(IP(src=STRANGER, dst=US) / TCP(sport=1, dport=22, flags="S")),
        frame(IP(src=STRANGER, dst=US) / ICMP(type=3, code=1) / call),
        frame(IP(src=STRANGER, dst=US) / ICMP(type=3, code=1) / IP(src=US, dst=STRANGER) / TCP()),
    ]
    kept, packets = concerned(frames, [Endpoint(host=SERVER, port=21)], OURS, [ATTEMPT])
    assert kept == (frames[1], frames[2], frames[4])
    assert [packet.number for packet in packets] == [1, 2, 3]
    assert isinstance(packets[1], Segment)
    assert packets[1].source == Endpoint(host=SECOND, port=20)


def test_an_answer_to_a_syn_of_ours_is_kept_wherever_it_comes_from() -> None:
    """It acknowledges just that SYN; what acknowledges another is somebody else's."""
    syn = frame(IP(src=US, dst=SERVER) / TCP(sport=40000, dport=21, flags="S", seq=7))
    answer = frame(IP(src=SECOND, dst=US) / TCP(sport=21, dport=40000, flags="SA", ack=8))
    other = frame(IP(src=SECOND, dst=US) / TCP(sport=21, dport=40000, flags="SA", ack=9))
    kept, _ = concerned([syn, answer, other], [Endpoint(host=SERVER, port=21)], OURS, [ATTEMPT])
    assert kept == (syn, answer)


def test_what_others_say_to_the_same_server_is_not_told() -> None:
    """Another client's dialogue and its data go, SYNs and all; a call from the server to anywhere here stays."""
    theirs = IP(src=US, dst=SERVER) / TCP(sport=40001, dport=21)
    frames = [
        frame(IP(src=US, dst=SERVER) / TCP(sport=40001, dport=21, flags="S")),
        frame(IP(src=SERVER, dst=US) / TCP(sport=21, dport=40001, flags="A") / b"220 Welcome.\r\n"),
        frame(theirs / b"USER alice\r\n"),
        frame(IP(src=US, dst=SERVER) / TCP(sport=40002, dport=50000, flags="A") / b"a secret"),
        frame(IP(src=SERVER, dst=US) / TCP(sport=40000, dport=51000, flags="A") / b"another secret"),
        frame(IP(src=US, dst=SERVER) / TCP(sport=40000, dport=21, flags="A") / b"USER anonymous\r\n"),
        frame(IP(src=SERVER, dst=US) / TCP(sport=20, dport=46999, flags="S")),
        frame(IP(src=SERVER, dst=US) / TCP(sport=20, dport=LISTENER.port, flags="A") / b"a listing"),
    ]
    kept, packets = concerned(frames, [Endpoint(host=SERVER, port=21)], OURS, [ATTEMPT])
    assert kept == tuple(frames[5:])
    assert [packet.number for packet in packets] == [1, 2, 3]
