import pytest
from msgspec.structs import replace

from ftpdiag.causes.control_segment_dropped import control_segment_dropped
from ftpdiag.model import Confidence, Endpoint, Flag, Line, Party, Stuck, Track, Unacknowledged, View
from tests.causes.build import CLIENT, SERVER, captured, exchange, grounds_of, passive, segment, session


def stuck(line: str | None) -> Stuck:
    """A segment of the server's that its own tap saw five times, and the client's never."""
    packet = segment(70, Endpoint(host=SERVER[4], port=21), Endpoint(host=CLIENT[4], port=40000), Flag.ACK, 64)
    track = Track(view=View.SERVER_WIRE, seen=((View.SERVER_WIRE, 70),), missed=(View.CLIENT_WIRE,))
    return Stuck(sender=Party.SERVER, packet=packet._replace(at=0.51, track=track), tries=5, line=line)


LOST = stuck("227 Entering Passive Mode (203,0,113,2,195,81).")


def test_a_reply_that_is_dropped_again_and_again_blocks_what_waits_for_it() -> None:
    """The negotiation without a reply is blocked; one that had its reply is not, nor is the session as a whole."""
    control = session(stuck=LOST, exchanges=(exchange("EPSV", at=0.5),))
    waiting = replace(passive(control=control), negotiation=exchange("EPSV", at=0.5))
    grounds = grounds_of(control_segment_dropped, waiting)
    assert grounds.confidence is Confidence.PROVEN
    assert "5 times" in grounds.summary
    assert grounds.evidence[0].view is View.SERVER_WIRE
    finished = exchange("LIST", "150 Here it comes.", "226 Done.", at=0.6)
    assert control_segment_dropped.rule(passive(control=control, transfer=finished)) is None
    assert control_segment_dropped.rule(control) is None


def test_before_any_negotiation_it_stops_the_session() -> None:
    """A greeting or login that never arrives keeps everything else from happening."""
    grounds = grounds_of(control_segment_dropped, session(stuck=stuck("331 Password required.")))
    assert "331 Password required." in grounds.summary


def test_ciphertext_is_left_to_the_cause_about_tls() -> None:
    """A segment that cannot be read, of a session that is encrypted, is `control-tls-broken`."""
    assert control_segment_dropped.rule(session(stuck=stuck(None), opaque=True)) is None
    assert control_segment_dropped.rule(session()) is None


def lost(tries: int, number: int = 70) -> Unacknowledged:
    """What the client sent so many times."""
    packet = segment(number, Endpoint(host=CLIENT[4], port=40000), Endpoint(host=SERVER[4], port=21), Flag.ACK, 64)
    return Unacknowledged(sender=Party.CLIENT, packet=packet, tries=tries, pause=0.1)


@pytest.mark.parametrize(
    ("text", "tries", "told"),
    [("PORT 1,2,3,4,5,6", 5, True), ("PORT 1,2,3,4,5,6", 2, False), ("QUIT", 5, False)],
    ids=["again and again", "by accident", "a farewell"],
)
def test_one_end_alone_shows_what_was_never_acknowledged(*, text: str, tries: int, told: bool) -> None:
    """It is told and explains no verdict: a peer that is gone acknowledges nothing either."""
    line = Line(at=1.0, sender=Party.CLIENT, text=text, packet=70)
    grounds = control_segment_dropped.rule(captured(unacknowledged=lost(tries), lines=(line,)))
    assert (grounds is not None) is told
    if grounds:
        assert grounds.remark
        assert f"“{text}” was sent 5 times by the client" in grounds.summary
