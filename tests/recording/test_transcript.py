"""What is kept of a dialogue, without any socket."""

from __future__ import annotations

from ftpdiag import ftp
from ftpdiag.model import Party
from ftpdiag.recording.transcript import MOST_KEPT, Transcript


def test_dialogue() -> None:
    """Commands and lines are recorded in their order; a reply is whole or not there."""
    transcript = Transcript()
    transcript.hear(b"220-Hi\r\n220 th")
    assert transcript.reply() is None
    assert transcript.received == 14
    transcript.hear(b"ere\r\n")
    reply = transcript.reply()
    assert reply is not None
    assert (reply.code, reply.lines, transcript.received) == (220, ("220-Hi", "220 there"), 0)
    transcript.say("PASS s3cret")
    transcript.hear(b"500 'PASS s3cret'?\r\n")
    assert transcript.reply() is not None
    transcript.say("RETR s3cret.txt")
    assert [(line.sender, line.text) for line in transcript.lines] == [
        (Party.SERVER, "220-Hi"),
        (Party.SERVER, "220 there"),
        (Party.CLIENT, "PASS ***"),
        (Party.SERVER, "500 'PASS ***'?"),
        (Party.CLIENT, "RETR ***.txt"),
    ]


def test_unfinished_line() -> None:
    """What the server was saying when it went is on record."""
    transcript = Transcript()
    transcript.hear(b"220 Goodb")
    transcript.flush()
    reply = transcript.reply()
    assert reply is not None
    assert reply.lines == ("220 Goodb",)


def test_endless_reply() -> None:
    """What has no end is read up to a bound, and kept up to a lower one."""
    transcript = Transcript()
    transcript.hear(b"211-x\r\n" * (ftp.Patience.MAX_LINES + 10))
    assert transcript.reply() is None
    assert transcript.exhausted
    assert len(transcript.lines) <= MOST_KEPT
    transcript.turn()
    assert not transcript.exhausted


def test_nobody_listens() -> None:
    """What was heard and is dropped is neither a reply nor on record."""
    transcript = Transcript()
    transcript.hear(b"220 Hi\r\n" * 9)
    assert transcript.reply() is not None
    transcript.drop()
    assert transcript.reply() is None
    assert len(transcript.lines) == 1
