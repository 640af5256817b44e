"""All experiments of a probe."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from itertools import product

import pytest
from msgspec.structs import replace

from ftpdiag.model import Cell, Doubt, Experiment, Method, Mode, Retry, Tls, Trial
from ftpdiag.recording import bench, trials
from ftpdiag.recording.schedule import Schedule
from ftpdiag.recording.trials import AT_ONCE, Trials
from ftpdiag.session import ANONYMOUS, Account
from tests.recording.experiments import EXPERIMENTS, HANDSHAKES
from tests.scripted_server import Conversation, Script, ordinary, plan_for, serving


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
    monkeypatch.setattr(bench, "ENDING", 0.5)
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


def test_a_later_round_makes_what_the_first_one_gave_rise_to() -> None:
    """And nothing again, however long it stays in doubt."""
    with serving(ordinary()) as server:
        tried = Trials(plan_for(server.endpoint), HANDSHAKES, EXPERIMENTS, watch=None, tell=lambda _who, _what: None)
        cell = Cell(method=Method.EPSV, family=4, tls=Tls.NONE)
        again, samples = (
            Doubt(experiment=one, cell=cell, server=server.endpoint)
            for one in (Experiment.DIAL_AGAIN, Experiment.PORT_SAMPLES)
        )
        assert {one.experiment for one in _retries(tried.settle([again]))} == {Experiment.DIAL_AGAIN}
        assert {one.experiment for one in _retries(tried.settle([again, samples]))} == {Experiment.PORT_SAMPLES}
        assert tried.settle([again, samples]) == ()


def test_what_there_is_no_time_for_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A later round begins nothing when the time is up, but for what lasts as long as the user says."""
    monkeypatch.setattr(trials, "BUDGET", 0.0)
    with serving(ordinary()) as server:
        plan = replace(plan_for(server.endpoint), hold=0.1)
        tried = Trials(plan, HANDSHAKES, EXPERIMENTS, watch=None, tell=lambda _who, _what: None)
        again, held = (
            Doubt(experiment=one, cell=Cell(method=Method.EPSV, family=4, tls=Tls.NONE), server=server.endpoint)
            for one in (Experiment.DIAL_AGAIN, Experiment.HELD_TRANSFER)
        )
        assert tried.settle([again]) == ()
        assert not server.conversations
        monkeypatch.setattr(trials, "BUDGET", 15.0)
        assert {one.experiment for one in _retries(tried.settle([held]))} == {Experiment.HELD_TRANSFER}
    assert tried.cut == (Experiment.DIAL_AGAIN,)


def _retries(made: Iterable[Trial]) -> list[Retry]:
    return [one for one in made if isinstance(one, Retry)]


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
