from __future__ import annotations

from collections.abc import Callable

import pytest

from ftpdiag.facts import derive
from ftpdiag.model import CaptureFile, Packet, Recording, Segment, Source, Vantage
from tests.facts.test_dialogue import carrying, packets_of
from tests.test_facts import CLIENT


def problems(packets: list[Packet]) -> tuple[str, ...]:
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


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (list, []),
        (without_a_reply, ["Parts of the dialogue of 1 session were not captured"]),
        (lambda packets: packets[carrying(packets, "PWD") :], ["What was said in 1 session before the capture began"]),
        (from_one_side, ["before the capture began", "Only one direction of 1 session"]),
    ],
)
def test_what_is_missing(damage: Callable[[list[Packet]], list[Packet]], words: list[str]) -> None:
    """What a capture lacks is said beside what its file lacks, and nothing else is."""
    told = problems(damage(packets_of()))
    assert len(told) == len(words)
    assert all(word in sentence for word, sentence in zip(words, told, strict=True))
