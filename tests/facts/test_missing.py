from __future__ import annotations

from collections.abc import Callable

import pytest

from ftpdiag.causes.control_dropped import control_dropped
from ftpdiag.facts import derive
from ftpdiag.model import Answer, CaptureFile, Flag, Packet, Recording, Segment, Source, Vantage
from tests.facts.test_dialogue import carrying, packets_of
from tests.test_facts import (
    CLIENT,
    FROM_HERE,
    SERVER,
    THERE,
    Tape,
    active_tape,
    only_channel,
    unanswered_tape,
    without_data_packets,
)


def problems(packets: list[Packet]) -> tuple[str, ...]:
    """What the file of these packets, and of somebody who dials its data port, is said to lack."""
    return alone([*packets, Tape(now=packets[-1].at).segment(FROM_HERE, THERE, Flag.SYN)])


def alone(packets: list[Packet]) -> tuple[str, ...]:
    """What the file of these packets is said to lack."""
    file = CaptureFile(path="one.pcap", packets=len(packets), bytes=1, link_type="Ethernet", problems=("Known.",))
    recording = Recording(source=Source(files=(file,)), vantage=Vantage.MIDDLE, began=0.0, packets=tuple(packets))
    first, *others = derive(recording).source.files[0].problems
    assert first == "Known."
    return tuple(others)


def without_a_reply(packets: list[Packet]) -> list[Packet]:
    """As if the tap had lost one."""
    index = carrying(packets, "331")
    return packets[:index] + packets[index + 1 :]


def from_one_side(packets: list[Packet]) -> list[Packet]:
    """What the client sent after the opening."""
    return [one for one in packets[3:] if isinstance(one, Segment) and one.source == CLIENT]


def opened_from_one_side(packets: list[Packet]) -> list[Packet]:
    """All that the client sent."""
    return [one for one in packets if one.source == CLIENT]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (list, []),
        (without_a_reply, ["Parts of the dialogue of 1 session were not captured"]),
        (lambda packets: packets[carrying(packets, "PWD") :], ["What was said in 1 session before the capture began"]),
        (from_one_side, ["before the capture began", "Only one direction of 1 session"]),
        (opened_from_one_side, ["Only one direction of 1 session"]),
    ],
)
def test_what_is_missing(damage: Callable[[list[Packet]], list[Packet]], words: list[str]) -> None:
    """What a capture lacks is said beside what its file lacks, and nothing else is."""
    told = problems(damage(packets_of()))
    assert len(told) == len(words)
    assert all(word in sentence for word, sentence in zip(words, told, strict=True))


@pytest.mark.parametrize(("later", "said"), [(0.1, True), (0.3, False)])
def test_a_capture_that_ends_with_a_syn(*, later: float, said: bool) -> None:
    """A SYN that nothing could have answered yet is not called dropped, and the file says why."""
    tape = Tape()
    tape.segment(CLIENT, SERVER, Flag.SYN)
    tape.now += later - 0.01
    tape.segment(FROM_HERE, THERE._replace(host="192.0.2.9"), Flag.SYN)
    (session,) = tape.replayed().sessions
    assert (control_dropped.rule(session) is None) is said
    told = alone(list(tape.packets))
    assert told == (("It ends before the SYN of 1 session could have been answered.",) if said else ())


def test_control_connections_only() -> None:
    """A capture without any data connection says so, and how to make a better one."""
    lacking, told = alone(packets_of())
    assert lacking.endswith(f"Capture again with: tcpdump -i any -w FILE host {SERVER.host}")
    assert told == "As far as the server tells (2yz), 1 transfer of 1 went well."


def test_left_out() -> None:
    """A call-back that no packet shows may have been left out of a capture; of a probe's own packets nothing is."""
    replayed = only_channel(without_data_packets(unanswered_tape()).replayed())
    assert (replayed.left_out, [one.answer for one in replayed.openings]) == (True, [Answer.ABSENT])
    assert not only_channel(without_data_packets(unanswered_tape()).live()).left_out
    assert not only_channel(active_tape().replayed()).left_out


@pytest.mark.parametrize(
    ("port", "begin", "told"),
    [(990, b"\x16\x03\x01\x00\x01a", True), (990, b"GET /", False), (443, b"\x16\x03\x01\x00\x01a", False)],
)
def test_implicit_tls(port: int, begin: bytes, *, told: bool) -> None:
    """Of connections that begin with TLS on FTP's encrypted port it is said how to read them; of others, nothing."""
    tape = Tape(server=SERVER._replace(port=port)).connect()
    for source, to in ((tape.client, tape.server), (tape.server, tape.client)):
        tape.segment(source, to, Flag.ACK, begin)
    assert ["--keylog FILE" in one for one in alone(tape.packets)] == [True] * told
