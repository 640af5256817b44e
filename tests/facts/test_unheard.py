"""What the server said, and the client heard only when it had spoken again."""

from __future__ import annotations

from ftpdiag.facts import unheard
from ftpdiag.model import Endpoint, Flag, HeldUp, Segment
from ftpdiag.tcp import Connections

CLIENT = Endpoint(host="198.51.100.2", port=40000)
SERVER = Endpoint(host="203.0.113.2", port=21)
DONE, ASKED, ANSWER = b"226 Transfer complete.\r\n", b"NOOP\r\n", b"200 NOOP ok.\r\n"
LATER = 1 + len(DONE)
"""The number behind the reply."""

Seen = tuple[float, Endpoint, int, int, bytes]
"""When, who sent it, its number and the one that it acknowledges, each from the first byte on, and the payload."""

BEGUN: list[Seen] = [
    (0.1, CLIENT, -6, 0, b"LIST\r\n"),
    (0.1, SERVER, -21, 0, b"150 Ok to send data.\r\n"[:21]),
    (0.2, CLIENT, 0, 0, b""),
]
HEARD: list[Seen] = [(14.1, CLIENT, 6, len(DONE), b""), (14.1, SERVER, len(DONE), 6, ANSWER)]


def late(seen: list[Seen]) -> HeldUp | None:
    """What a tap tells that saw these."""
    packets = [
        Segment(
            number=number,
            at=at,
            source=source,
            destination=SERVER if source == CLIENT else CLIENT,
            flags=Flag.ACK,
            seq=1000 + seq,
            ack=1000 + ack,
            window=64240,
            ttl=64,
            length=len(payload),
            payload=payload,
        )
        for number, (at, source, seq, ack, payload) in enumerate(sorted(seen, key=lambda one: one[0]), 1)
    ]
    (control,) = Connections(packets)
    return unheard.late(control, CLIENT, SERVER)


NOOP: Seen = (12.1, CLIENT, 0, 0, ASKED)


def _said(*times: float) -> list[Seen]:
    return [(at, SERVER, 0, 0, DONE) for at in times]


def test_near_the_server_it_is_seen_to_repeat() -> None:
    """From the first time on, and until the client has spoken."""
    found = late([*BEGUN, *_said(7.1, 7.3, 7.7, 8.5, 10.1), NOOP, *_said(14.0), *HEARD])
    assert found is not None
    assert found.packet is not None
    assert (found.packet.at, found.word.at, found.got_through.at) == (7.1, 12.1, 14.0)
    assert (found.tries, found.pause) == (6, 7.0)


def test_near_the_client_its_number_was_already_passed() -> None:
    """What acknowledges the client's word stands behind a reply that has not come by."""
    ahead: Seen = (12.2, SERVER, len(DONE), 6, b"")
    found = late([*BEGUN, NOOP, ahead, *_said(14.0), *HEARD])
    assert found is not None
    assert found.packet is None
    assert (found.word.at, found.got_through.at, found.pause) == (12.1, 14.0, 12.0)


def test_a_server_that_takes_its_time_is_not_held_up() -> None:
    """It had said nothing before, whenever it speaks; nor is a reply that was lost once, or was only overtaken."""
    behind: Seen = (12.2, SERVER, 0, 6, b"")
    assert late([*BEGUN, NOOP, behind, *_said(14.0), *HEARD]) is None
    assert late([*BEGUN, *_said(7.1, 7.3), (7.4, CLIENT, 0, len(DONE), b""), NOOP, *HEARD]) is None
    swapped: Seen = (12.2, SERVER, len(DONE), 6, b"")
    assert late([*BEGUN, NOOP, swapped, *_said(12.21), *HEARD]) is None


def test_what_gets_through_by_itself_is_another_matter() -> None:
    """An outage that ends without a word of the client's."""
    assert late([*BEGUN, *_said(7.1, 7.3, 7.7, 8.5, 10.1), (10.2, CLIENT, 0, len(DONE), b"")]) is None
