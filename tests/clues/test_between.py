import pytest
from msgspec.structs import replace

from ftpdiag.clues.between import followed, lost_answer, lost_syn, put_in
from ftpdiag.model import Answer, Confidence, Location, Opening, Party, Track, View
from tests.causes.build import dial, opening, passive, session

C, M, S = View.CLIENT_WIRE, View.MIDDLE_WIRE, View.SERVER_WIRE


def tracked(one: Opening, seen: tuple[View, ...], missed: tuple[View, ...]) -> Opening:
    """The same opening, each packet seen by some taps and missed by others."""
    track = Track(view=one.view, seen=tuple((view, 1) for view in seen), missed=missed)
    return replace(one, packets=tuple(packet._replace(track=track) for packet in one.packets))


@pytest.mark.parametrize(
    ("seen", "missed", "where"),
    [
        ((C,), (S,), "between the two captures"),
        ((C,), (M, S), "between the client's capture and the middle capture"),
        ((C, M), (S,), "between the middle capture and the server's capture"),
    ],
)
def test_a_syn_is_lost_after_the_last_tap_that_saw_it(
    seen: tuple[View, ...], missed: tuple[View, ...], where: str
) -> None:
    """Where a SYN was lost lies between the last tap that saw it and the first that did not."""
    loss = lost_syn(tracked(dial(C, Answer.SILENT), seen, missed), Party.CLIENT, session())
    assert loss is not None
    assert loss.where == where
    assert loss.location is Location.PATH


def test_nothing_is_lost_that_one_tap_saw_alone() -> None:
    """Without a second tap, and where the SYN arrived, there is no loss."""
    silent = dial(C, Answer.SILENT)
    assert lost_syn(silent, Party.CLIENT, session()) is None
    assert lost_syn(tracked(silent, (C, S), ()), Party.CLIENT, session()) is None


def test_a_single_router_before_the_middle_is_the_one_that_drops() -> None:
    """Where the TTL says that one router lies between client and middle, the loss is in the client's network."""
    here, there = session().client, session().server
    assert here is not None
    control = tuple(opening(view, Answer.ACCEPTED, opener=here, target=there) for view in (C, M))
    middle = replace(control[1], packets=tuple(one._replace(ttl=63) for one in control[1].packets))
    known = session(openings=(control[0], middle))
    loss = lost_syn(tracked(dial(C, Answer.SILENT), (C,), (M, S)), Party.CLIENT, known)
    assert loss is not None
    assert loss.location is Location.CLIENT_NETWORK


def test_an_answer_is_lost_on_the_way_back() -> None:
    """A SYN-ACK that the server's tap saw and the client's did not was lost between them."""
    answered = tracked(dial(S, Answer.ACCEPTED, established=False), (S,), (C,))
    loss = lost_answer(answered, Party.CLIENT, session())
    assert loss is not None
    assert loss.where == "between the two captures"
    assert loss.absence("SYN-ACK") == "No SYN-ACK is in the client's capture."


@pytest.mark.parametrize(
    ("sides", "answer_sides", "tries", "lost"),
    [
        pytest.param(2, 2, 4, True, id="both sides of a router"),
        pytest.param(2, 1, 4, False, id="a proxy that sends the same SYN anew"),
        pytest.param(1, 1, 4, False, id="one side"),
        pytest.param(2, 2, 1, False, id="one SYN, which may be lost"),
    ],
)
def test_a_router_that_does_not_pass_a_syn_on(sides: int, answer_sides: int, tries: int, *, lost: bool) -> None:
    """A SYN that was seen on one side, where the control connection was seen on both, is lost in that device."""
    here, there = session().client, session().server
    assert here is not None
    control = opening(M, Answer.ACCEPTED, opener=here, target=there)
    known = session(openings=(replace(control, sides=sides, answer_sides=answer_sides),))
    loss = lost_syn(replace(dial(M, Answer.SILENT), tries=tries), Party.CLIENT, known)
    assert (loss is not None) is lost
    if loss:
        assert loss.location is Location.PATH
        assert loss.where == "between the two sides of a router that this capture holds"
        assert loss.confidence is Confidence.LIKELY


def test_a_reset_that_never_left_was_put_in() -> None:
    """A RST in the server's name that its own tap did not see comes from in between; without that tap, who knows."""
    refused = dial(C, Answer.REFUSED)
    assert put_in(tracked(refused, (C,), (S,)).packets[-1], session()) is True
    assert put_in(tracked(refused, (C, S), ()).packets[-1], session()) is False
    assert put_in(refused.packets[-1], session()) is None


def test_a_syn_seen_at_both_ends_was_followed() -> None:
    """Whether both ends saw the SYN is asked of its tracks."""
    assert followed(tracked(dial(C, Answer.SILENT), (C, S), ()))
    assert not followed(dial(C, Answer.SILENT))


def test_what_else_passed_the_router_shows_that_nothing_was_filtered() -> None:
    """Where another data connection is on both sides, the capture holds them: then the loss is proven."""
    here, there = session().client, session().server
    assert here is not None
    control = replace(opening(M, Answer.ACCEPTED, opener=here, target=there), sides=2, answer_sides=2)
    silent, passed = dial(M, Answer.SILENT), replace(dial(M, Answer.ACCEPTED), sides=2)
    loss = lost_syn(silent, Party.CLIENT, session(openings=(control,)), [passive(passed)])
    assert loss is not None
    assert loss.confidence is Confidence.PROVEN


def test_two_taps_tell_where_whatever_one_of_them_holds() -> None:
    """A tap that holds both sides of a router says nothing of what another tap saw arrive."""
    here, there = session().client, session().server
    assert here is not None
    control = replace(opening(C, Answer.ACCEPTED, opener=here, target=there), sides=2, answer_sides=2)
    arrived = tracked(dial(S, Answer.SILENT), (C, S), ())
    assert lost_syn(arrived, Party.CLIENT, session(openings=(control,))) is None
