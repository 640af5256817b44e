from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ftpdiag.model import Endpoint, Segment
from ftpdiag.recording.captures.rewriting import Edit, Rewritten, apart
from ftpdiag.recording.frames.blanking import Half

FIRST = (1 << 32) - 5
"""The numbers wrap soon."""
CLIENT, SERVER = Endpoint(host="198.51.100.2", port=40000), Endpoint(host="203.0.113.2", port=21)
TEXT = b"USER alice\r\nPORT 10,0,0,2,195,80\r\nQUIT\r\n"
EDITS = [Edit(5, 10, b"bo"), Edit(17, 25, b"10,200,100,50"), Edit(17, 20, b"overlaps"), Edit(34, 38, b"")]
TOLD = b"USER bo\r\nPORT 10,200,100,50,195,80\r\n\r\n"


def segment(start: int, stop: int) -> Segment:
    """A piece of the text."""
    seq = (FIRST + start) % (1 << 32)
    return Segment(
        number=1, at=0.0, source=CLIENT, destination=SERVER, flags=0x10, seq=seq, ack=0, window=0, ttl=64,
        length=stop - start, payload=TEXT[start:stop],
    )  # fmt: skip


def rewritten(pieces: Iterable[tuple[int, int]]) -> Rewritten:
    """The text as it came in pieces, with other words in it."""
    half = Half(FIRST, from_start=True)
    for piece in pieces:
        half.add(segment(*piece))
    return Rewritten(half, lambda text, _missing: EDITS if text == TEXT else ())


@given(st.sets(st.integers(1, len(TEXT) - 1)))
def test_pieces_make_the_whole_however_it_is_cut(cuts: set[int]) -> None:
    """Each segment follows where the one before it ends, and together they say the new text."""
    pieces = list(pairwise([0, *sorted(cuts), len(TEXT)]))
    told = rewritten(pieces)
    said, expected = b"", FIRST
    for piece in map(segment, *zip(*pieces, strict=True)):
        assert told.seq(piece.seq) == expected
        payload = told.payload(piece.seq, piece.payload)
        assert told.length(piece.seq, piece.length) == len(payload)
        said, expected = said + payload, (expected + len(payload)) % (1 << 32)
    assert said == TOLD
    assert told.seq((FIRST + len(TEXT)) % (1 << 32)) == expected
    assert told.shifts


def test_repeated_and_overlapping_segments_say_the_same() -> None:
    """A retransmission that is cut otherwise carries the bytes that stand at its place."""
    told = rewritten([(0, 20), (12, len(TEXT)), (0, 20)])
    again = segment(12, len(TEXT))
    assert told.payload(again.seq, again.payload) == TOLD[TOLD.index(b"PORT") :]
    before = segment(0, 12)
    assert told.seq(again.seq) == (FIRST + told.length(before.seq, 12)) % (1 << 32)


def test_what_hides_goes_on_behind_what_it_overlaps() -> None:
    """Of two edits that overlap, what the other hides and the first does not is hidden all the same."""
    address, hidden = Edit(0, 8, b"10.1.2.3"), Edit(3, 12, b"*" * 9)
    assert list(apart([hidden, address])) == [address, Edit(8, 12, b"*" * 4)]
