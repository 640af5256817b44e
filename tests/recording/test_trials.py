"""Trials on loopback, to which no router leads: what must not reach the server is not sent."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from itertools import count, product

import pytest

from ftpdiag import ftp
from ftpdiag.discovery import declarations
from ftpdiag.experiment import Procedure
from ftpdiag.experiments.port_samples import SESSIONS
from ftpdiag.model import Answer, Cell, Doubt, Experiment, HopWalk, Method, Mode, Retry, Tls, Trial
from ftpdiag.recording import trials
from ftpdiag.recording.plan import SAMPLES
from ftpdiag.recording.schedule import Schedule
from ftpdiag.recording.trials import AT_ONCE, Trials
from ftpdiag.session import ANONYMOUS, Account, Handshake
from tests.scripted_server import Conversation, Script, ScriptedServer, ordinary, plan_for, send, serving

HANDSHAKES = declarations("ftpdiag.handshakes", Handshake)
EXPERIMENTS = declarations("ftpdiag.experiments", Procedure)


def settled(server: ScriptedServer, experiment: Experiment, method: Method) -> tuple[Trial, ...]:
    """What was tried."""
    doubt = Doubt(
        experiment=experiment, cell=Cell(method=method, family=4, tls=Tls.NONE), server=server.endpoint, server_ttl=64
    )
    return Trials(plan_for(server.endpoint), HANDSHAKES, EXPERIMENTS, watch=None, tell=lambda _who, _what: None).settle(
        [doubt]
    )


def test_a_walk_sends_the_data_port_nothing_that_would_reach_it() -> None:
    """The control port is one hop away, so there is no hop before it."""
    with serving(ordinary()) as server:
        (walk,) = settled(server, Experiment.HOP_WALK, Method.EPSV)
    assert isinstance(walk, HopWalk)
    assert walk.control.hops == 1
    assert walk.data.target.port != server.endpoint.port
    assert walk.data.steps == ()


def test_an_opener_that_would_reach_the_server_is_not_sent() -> None:
    """Its RST would undo what the opener is for; nothing is asked of the server then."""
    with serving(ordinary()) as server:
        assert settled(server, Experiment.LOW_TTL_OPENER, Method.PORT) == ()


def test_without_a_login_nothing_is_tried() -> None:
    """A server that lets nobody in again leaves the doubt as it was."""
    with serving(ordinary(USER="530 Not now.")) as server:
        assert settled(server, Experiment.HOP_WALK, Method.EPSV) == ()


def test_what_the_user_asks_for_is_tried_once_for_each_mode_that_let_us_in() -> None:
    """Without TLS where there is a choice, and only what suits the mode."""
    with serving(ordinary()) as server:
        plan = replace(plan_for(server.endpoint), experiments=(Experiment.HOP_WALK,))
        trials = Trials(plan, HANDSHAKES, EXPERIMENTS, watch=None, tell=lambda _who, _what: None)
        attempts, _ = Schedule(plan, HANDSHAKES, None, lambda _who, _what: None).everything([(server.endpoint,)])
        wanted = list(trials.asked(attempts))
    assert [(one.experiment, one.cell.mode, one.cell.tls) for one in wanted] == [
        (Experiment.HOP_WALK, Mode.PASSIVE, Tls.NONE)
    ]


def test_samples_take_turns_in_a_few_sessions() -> None:
    """Each port is opened to and let go; no data is asked for, and the server is left in order."""
    with serving(ordinary()) as server:
        made = settled(server, Experiment.PORT_SAMPLES, Method.EPSV)
    attempts = [trial.attempt for trial in made if isinstance(trial, Retry)]
    assert len(attempts) == SESSIONS
    dialled = [opening for attempt in attempts for opening in attempt.openings[1:]]
    assert [opening.established for opening in dialled] == [True] * SAMPLES
    verbs = {exchange.verb for attempt in attempts for exchange in ftp.exchanges(attempt.lines)}
    assert {"EPSV", "QUIT"} <= verbs
    assert "LIST" not in verbs


def test_samples_stop_where_the_server_has_enough() -> None:
    """A server that announces no more ports is asked once in each session."""
    with serving(ordinary(EPSV="425 All ports are busy.")) as server:
        made = settled(server, Experiment.PORT_SAMPLES, Method.EPSV)
    openings = [one for trial in made if isinstance(trial, Retry) for one in trial.attempt.openings[1:]]
    assert openings == []


def test_samples_of_sessions_that_are_not_let_in() -> None:
    """Those that are let in dial all the same, after their own share."""
    turns = count()

    def one_alone(conversation: Conversation, _argument: str) -> None:
        conversation.say("331 Go on." if next(turns) % SESSIONS == 0 else "530 One is enough.")

    with serving(ordinary(USER=one_alone)) as server:
        made = settled(server, Experiment.PORT_SAMPLES, Method.EPSV)
    openings = [one for trial in made if isinstance(trial, Retry) for one in trial.attempt.openings[1:]]
    assert len(openings) == SAMPLES
    assert next(turns) == SESSIONS + 1


def slow(conversation: Conversation, _argument: str) -> None:
    """An answer that takes its time."""
    conversation.pause(1.0)
    conversation.say("215 UNIX Type: L8")


def endless(conversation: Conversation, _argument: str) -> None:
    """Data without end."""
    conversation.say("150 Here it comes.")
    data = conversation.data()
    with suppress(OSError):
        while True:
            data.sendall(b"x" * 1000)
            conversation.pause(0.01)


def silent(_conversation: Conversation, _argument: str) -> None:
    """No answer."""


SLOW: dict[str, Script] = {
    "slow answers": ordinary(FEAT=slow, SYST=slow, STAT=slow, EPSV=silent, PORT=silent),
    "no greeting": ordinary(None, USER=silent),
    "no answer to the transfer": ordinary(LIST=silent),
    "no end of data": ordinary(LIST=endless),
}


@pytest.mark.parametrize("script", SLOW.values(), ids=SLOW)
def test_the_time_for_all_experiments_together(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the server is, they end in time; what was under way counts for nothing, and that is said."""
    monkeypatch.setattr(trials, "BUDGET", 2.0)
    monkeypatch.setattr(trials, "ENDING", 0.5)
    with serving(script) as server:
        doubts = [
            Doubt(
                experiment=one.name,
                cell=Cell(method=Method.PORT if mode is Mode.ACTIVE else Method.EPSV, family=4, tls=Tls.NONE),
                server=server.endpoint,
            )
            for one in EXPERIMENTS
            for mode in one.modes
            if one.name is not Experiment.HELD_TRANSFER
        ]
        plan = plan_for(server.endpoint, timeout=30.0)
        tried = Trials(plan, HANDSHAKES, EXPERIMENTS, watch=None, tell=lambda _who, _what: None)
        began = time.monotonic()
        tried.settle(doubts)
        took = time.monotonic() - began
    assert took < 2.0 + 1.0
    assert tried.cut


def test_a_port_that_opens_is_not_dialled_again() -> None:
    """In each session one call is enough then."""
    with serving(ordinary()) as server:
        made = settled(server, Experiment.DIAL_AGAIN, Method.EPSV)
    openings = [trial.attempt.openings[1:] for trial in made if isinstance(trial, Retry)]
    assert [[one.established for one in those] for those in openings] == [[True]] * 3


def test_a_port_that_refuses_is_dialled_again_and_again() -> None:
    """For a few seconds, in each session at other times."""
    with serving(ordinary(EPSV="229 Nobody listens here (|||9|)")) as server:
        made = settled(server, Experiment.DIAL_AGAIN, Method.EPSV)
    attempts = [trial.attempt for trial in made if isinstance(trial, Retry)]
    assert sorted(len(one.openings[1:]) for one in attempts) == [4, 5, 5]
    assert {one.answer for attempt in attempts for one in attempt.openings[1:]} == {Answer.REFUSED}


def test_two_transfers_in_one_session() -> None:
    """The second begins after the pause, over the same control connection."""
    with serving(ordinary()) as server:
        doubt = Doubt(
            experiment=Experiment.LATER_TRANSFER,
            cell=Cell(method=Method.EPSV, family=4, tls=Tls.NONE),
            server=server.endpoint,
        )
        plan = replace(plan_for(server.endpoint), hold=0.2)
        (again,) = Trials(plan, HANDSHAKES, EXPERIMENTS, watch=None, tell=lambda _who, _what: None).settle([doubt])
    assert isinstance(again, Retry)
    assert len(again.attempt.carriages) == 2
    asked = [line.at for line in again.attempt.lines if line.text == "EPSV"]
    assert asked[1] - asked[0] >= 0.2


def test_a_session_that_dies_before_the_second_transfer_is_not_waited_for() -> None:
    """The server closes it after the first one: there is nothing to hear for the rest of the pause."""

    def and_no_more(conversation: Conversation, argument: str) -> None:
        send(conversation, argument)
        conversation.say("421 Timeout.")
        conversation.close()

    with serving(ordinary(LIST=and_no_more)) as server:
        doubt = Doubt(
            experiment=Experiment.LATER_TRANSFER,
            cell=Cell(method=Method.EPSV, family=4, tls=Tls.NONE),
            server=server.endpoint,
        )
        plan = replace(plan_for(server.endpoint), hold=60.0)
        began = time.monotonic()
        (again,) = Trials(plan, HANDSHAKES, EXPERIMENTS, watch=None, tell=lambda _who, _what: None).settle([doubt])
    assert time.monotonic() - began < 5.0
    assert isinstance(again, Retry)
    assert again.attempt.hangup
    assert again.attempt.lines[-1].text == "421 Timeout."
    assert len(again.attempt.carriages) == 1


def test_a_later_transfer_is_about_tls() -> None:
    """It is not made for what is in the clear."""
    with serving(ordinary()) as server:
        plan = replace(plan_for(server.endpoint), experiments=(Experiment.LATER_TRANSFER,))
        trials = Trials(plan, HANDSHAKES, EXPERIMENTS, watch=None, tell=lambda _who, _what: None)
        attempts, _ = Schedule(plan, HANDSHAKES, None, lambda _who, _what: None).everything([(server.endpoint,)])
        assert list(trials.asked(attempts)) == []


def test_small_segments_are_asked_for_in_all_connections() -> None:
    """And once more with full ones, where these passed: what stood still by chance does not do so twice."""
    with serving(ordinary()) as server:
        small, full = settled(server, Experiment.SMALL_SEGMENTS, Method.EPSV)
    assert isinstance(small, Retry)
    assert isinstance(full, Retry)
    assert (small.change.segment, full.change.segment) == (536, None)


@pytest.mark.parametrize(
    ("user", "encryptions", "tried"),
    [
        ("bob", (Tls.EXPLICIT,), 0),
        ("bob", (Tls.EXPLICIT, Tls.NONE), 5),
        ("bob", None, 5),
        (ANONYMOUS, (Tls.EXPLICIT,), 5),
    ],
)
def test_no_password_goes_in_the_clear_by_itself(user: str, encryptions: tuple[Tls, ...] | None, tried: int) -> None:
    """Where the user asked for TLS alone, an experiment without it is left to somebody who has none to lose."""
    with serving(ordinary()) as server:
        plan = plan_for(server.endpoint, account=Account(user=user, password="secret"), encryptions=encryptions)
        trials = Trials(plan, HANDSHAKES, EXPERIMENTS, watch=None, tell=lambda _who, _what: None)
        cell = Cell(method=Method.EPSV, family=4, tls=Tls.NONE)
        made = trials.settle([Doubt(experiment=Experiment.IN_THE_CLEAR, cell=cell, server=server.endpoint)])
    assert len(made) == tried


def test_experiments_take_turns_at_the_door() -> None:
    """However many are wanted, the server never sees more sessions of them at once than AT_ONCE."""
    script = ordinary()
    with serving(script) as server:
        plan = plan_for(server.endpoint)
        trials = Trials(plan, HANDSHAKES, EXPERIMENTS, watch=None, tell=lambda _who, _what: None)
        doubts = [
            Doubt(experiment=one, cell=Cell(method=method, family=4, tls=Tls.NONE), server=server.endpoint)
            for one, method in product((Experiment.IN_THE_CLEAR, Experiment.DIAL_AGAIN), (Method.EPSV, Method.PORT))
        ]
        made = [one for one in trials.settle(doubts) if isinstance(one, Retry)]
    assert len(made) > AT_ONCE
    spans = [(one.attempt.began, one.attempt.ended) for one in made]
    assert max(sum(began <= at < ended for began, ended in spans) for at, _ in spans) <= AT_ONCE
