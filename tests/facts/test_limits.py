"""SYNs to the control port that nobody answered, beside such that somebody did."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.facts import derive
from ftpdiag.model import (
    AS_BEFORE,
    Answer,
    Attempt,
    Experiment,
    Facts,
    Line,
    Party,
    Recording,
    Retry,
    Source,
    Target,
    Vantage,
)
from tests.facts.test_samples import CELL, attempt, opening
from tests.test_facts import CLIENT, FIN, LOGIN, RST, SERVER, STRANGER, SYN, Tape, dropped_tape

IN = Line(at=0.5, sender=Party.SERVER, text="230 Welcome.")


def _silent(began: float) -> Attempt:
    return replace(attempt(began), lines=(), openings=(opening(began, 21, Answer.SILENT),))


def _let_in(began: float) -> Attempt:
    tried = attempt(began, (50001, Answer.SILENT))
    return replace(tried, lines=(*tried.lines[:1], Line(at=began, sender=Party.CLIENT, text="USER me"), IN))


@pytest.mark.parametrize(
    ("first", "later", "shut_out", "limited"),
    [
        ((_let_in(0.0),), (), False, False),
        ((_let_in(0.0),), (_let_in(200.0),), False, False),
        ((_let_in(0.0), _silent(0.1)), (_let_in(200.0),), True, False),
        ((_let_in(0.0),), (_silent(200.0),), True, False),
        ((_let_in(0.0),), (_let_in(200.0), _silent(201.0)), False, True),
    ],
)
def test_the_control_port_falls_silent(
    first: tuple[Attempt, ...], later: tuple[Attempt, ...], *, shut_out: bool, limited: bool
) -> None:
    """In the first round or in all experiments: what came before may have met the same; in some of them: less so."""
    recording = Recording(
        source=Source(target=Target(given="ftp.example.org", host="ftp.example.org", port=21)),
        vantage=Vantage.CLIENT,
        began=0.0,
        attempts=first,
        trials=tuple(Retry(experiment=Experiment.HOP_WALK, cell=CELL, change=AS_BEFORE, attempt=one) for one in later),
    )
    assert {(one.shut_out, one.limited) for one in derive(recording).sessions} == {(shut_out, limited)}


def _captured(*tapes: Tape) -> Facts:
    packets = sorted((packet for one in tapes for packet in one.packets), key=lambda packet: packet.at)
    numbered = tuple(packet._replace(number=number) for number, packet in enumerate(packets, 1))
    return derive(Recording(source=Source(), vantage=Vantage.CLIENT, began=1000.0, packets=numbered))


def _next(at: float) -> Tape:
    return Tape(client=CLIENT._replace(port=int(at)), now=at)


@pytest.mark.parametrize(
    ("tries", "served", "watched", "shut_out", "limited"),
    [
        (1, False, False, False, False),
        (1, False, True, False, False),
        (1, True, True, False, False),
        (3, False, True, True, False),
        (3, True, True, False, True),
    ],
    ids=["last packet", "one SYN", "one SYN, then served", "silent from then on", "silent, then served"],
)
def test_the_control_port_falls_silent_in_a_capture(
    *, tries: int, served: bool, watched: bool, shut_out: bool, limited: bool
) -> None:
    """One lost SYN is no silence; nor is the client shut out for good whom the server serves later."""
    first = dropped_tape()
    first.segment(CLIENT, SERVER, FIN)
    silent = _next(first.now + 0.5)
    silent.call_in_vain(silent.client, SERVER, tries)
    tapes = [first, silent]
    if served:
        tapes.append(_next(silent.now + 2).connect().say(*LOGIN, "C: QUIT", "S: 221 Goodbye."))
    if watched:
        tapes.append(_next(silent.now + 30))
        tapes[-1].shake_hands(STRANGER, SERVER._replace(port=80))
    session = _captured(*tapes).sessions[0]
    assert (session.shut_out, session.limited) == (shut_out, limited)


@pytest.mark.parametrize(
    ("ended", "served", "one_too_many"),
    [(True, False, False), (True, True, False), (False, False, False), (False, True, True)],
    ids=["stopped", "restarted", "never again", "one too many"],
)
def test_a_refusal_beside_sessions_that_are_served_in_a_capture(
    *, ended: bool, served: bool, one_too_many: bool
) -> None:
    """A server that is restarted refuses as well: it listens where another is open, and one is let in afterwards."""
    first = Tape().connect().say(*LOGIN)
    refused = _next(first.now + 5)
    refused.segment(refused.client, SERVER, SYN)
    refused.segment(SERVER, refused.client, RST)
    if not ended:
        first.now += 6
    first.say("C: QUIT", "S: 221 Goodbye.")
    later = [_next(first.now + 9).connect().say(*LOGIN)] if served else []
    session = _captured(first, refused, *later).sessions[1]
    assert session.crowded
    assert session.served_before
    assert session.one_too_many is one_too_many
