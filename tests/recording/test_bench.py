"""Sessions of experiments, as a server meets them."""

from __future__ import annotations

import threading
import time
from itertools import count

import pytest
from msgspec.structs import replace

from ftpdiag import ftp
from ftpdiag.clues.compared import OFTEN
from ftpdiag.experiments.port_samples import HOPELESS, SESSIONS
from ftpdiag.model import Answer, Cell, Doubt, Ending, Experiment, Method, Retry, Tls
from ftpdiag.recording.bench import SocketBench
from ftpdiag.recording.limits import RELEASE
from ftpdiag.recording.plan import SAMPLES
from ftpdiag.recording.schedule import Schedule
from ftpdiag.recording.trials import AT_ONCE, Trials
from tests.recording.experiments import EXPERIMENTS, HANDSHAKES, settled
from tests.scripted_server import Conversation, ordinary, plan_for, send, serving


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


@pytest.mark.parametrize("wanted", [8, 40])
def test_samples_that_all_fail(wanted: int) -> None:
    """A dozen of them are enough, however many the user asks for."""
    with serving(ordinary(EPSV="229 Nobody listens here (|||9|)")) as server:
        made = settled(server, Experiment.PORT_SAMPLES, Method.EPSV, samples=wanted)
    openings = [one for trial in made if isinstance(trial, Retry) for one in trial.attempt.openings[1:]]
    assert len(openings) == min(wanted, HOPELESS)


def test_samples_of_which_one_opens_go_on() -> None:
    """However many failed before."""
    turns = count(1)

    def the_twelfth(conversation: Conversation, _argument: str) -> None:
        port = conversation.listen() if next(turns) == HOPELESS else 9
        conversation.say(f"229 Dial (|||{port}|)")

    with serving(ordinary(EPSV=the_twelfth)) as server:
        made = settled(server, Experiment.PORT_SAMPLES, Method.EPSV, samples=24)
    openings = [one for trial in made if isinstance(trial, Retry) for one in trial.attempt.openings[1:]]
    assert sum(one.established for one in openings) == 1
    assert len(openings) == 24


@pytest.mark.parametrize("most", [1, 3])
@pytest.mark.parametrize("refusal", ["421 Too many connections.", "530 The maximum number of clients is connected."])
def test_sessions_that_a_limit_keeps_out_wait_for_the_others(most: int, refusal: str) -> None:
    """So a server that lets in few at once answers as many as any other."""
    inside = set[Conversation]()

    def enter(conversation: Conversation, _argument: str) -> None:
        if len(inside) < most:
            inside.add(conversation)
        conversation.say("331 Go on." if conversation in inside else refusal)

    def leave(conversation: Conversation, _argument: str) -> None:
        inside.discard(conversation)
        conversation.say("221 Bye.")

    with serving(ordinary(USER=enter, QUIT=leave)) as server:
        made = settled(server, Experiment.IN_THE_CLEAR, Method.EPSV)
    lets_in = [ftp.admitted(trial.attempt.lines) for trial in made if isinstance(trial, Retry)]
    assert lets_in == [True] * (2 * OFTEN - 1)


def test_a_held_session_that_a_limit_keeps_out_waits_for_the_other() -> None:
    """Both transfers are held then, one after the other."""
    inside = set[Conversation]()

    def enter(conversation: Conversation, _argument: str) -> None:
        if not inside:
            inside.add(conversation)
        conversation.say("331 Go on." if conversation in inside else "421 Too many connections.")

    def leave(conversation: Conversation, _argument: str) -> None:
        inside.discard(conversation)
        conversation.say("221 Bye.")

    with serving(ordinary(USER=enter, QUIT=leave, NOOP="200 Nothing done.")) as server:
        doubt = Doubt(
            experiment=Experiment.HELD_TRANSFER,
            cell=Cell(method=Method.EPSV, family=4, tls=Tls.NONE),
            server=server.endpoint,
        )
        plan = replace(plan_for(server.endpoint), hold=0.2)
        made = Trials(plan, HANDSHAKES, EXPERIMENTS, watch=None, tell=lambda _who, _what: None).settle([doubt])
    assert [len(trial.attempt.carriages) for trial in made if isinstance(trial, Retry)] == [1, 1]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What experiments have waited for, in seconds: that takes no time."""
    waited: list[float] = []
    monkeypatch.setattr(SocketBench, "pause", lambda _, seconds: waited.append(seconds))
    return waited


@pytest.mark.parametrize("experiment", [Experiment.SMALL_SEGMENTS, Experiment.IN_THE_CLEAR])
def test_a_server_that_still_counts_the_sessions_before(experiment: Experiment, pauses: list[float]) -> None:
    """Who is kept out, alone or beside others, waits a moment and is let in then."""
    first = threading.Lock()

    def enter(conversation: Conversation, _argument: str) -> None:
        kept_out = first.acquire(blocking=False)
        if not kept_out:
            conversation.pause(0.1)
        conversation.say("421 Too many connections." if kept_out else "331 Go on.")

    with serving(ordinary(USER=enter)) as server:
        made = settled(server, experiment, Method.EPSV)
    assert all(ftp.admitted(trial.attempt.lines) for trial in made if isinstance(trial, Retry))
    assert pauses == [RELEASE]


def test_a_ban_is_not_prolonged_by_experiments(pauses: list[float]) -> None:
    """Who gets no word does not come again."""
    with serving(ordinary(None)) as server:
        (made,) = settled(server, Experiment.SMALL_SEGMENTS, Method.EPSV)
        assert len(server.conversations) == 1
    assert isinstance(made, Retry)
    assert made.attempt.hangup
    assert made.attempt.hangup.ending is Ending.STALLED
    assert pauses == []


def test_where_nobody_is_let_in_any_more_it_is_asked_a_few_times() -> None:
    """A ban would last longer with each; what was refused is told."""
    with serving(ordinary(USER="421 Go away.")) as server:
        made = settled(server, Experiment.PORT_SAMPLES, Method.EPSV)
        assert len(server.conversations) < len(made) + AT_ONCE
    assert all(isinstance(trial, Retry) and not trial.attempt.openings[1:] for trial in made)


def test_samples_of_sessions_that_get_no_port() -> None:
    """Those that get one dial all the same, after their own share."""
    known = list[Conversation]()

    def all_but_three(conversation: Conversation, _argument: str) -> None:
        if conversation not in known:
            known.append(conversation)
        lucky = known.index(conversation) not in range(1, SESSIONS)
        conversation.say(f"229 Dial (|||{conversation.listen()}|)" if lucky else "425 All ports are busy.")

    with serving(ordinary(EPSV=all_but_three)) as server:
        made = settled(server, Experiment.PORT_SAMPLES, Method.EPSV)
    openings = [one for trial in made if isinstance(trial, Retry) for one in trial.attempt.openings[1:]]
    assert [one.established for one in openings] == [True] * SAMPLES
    assert len(known) == SESSIONS + 1


def test_another_control_port_that_is_closed_is_called_once() -> None:
    """There is nothing to compare with, so nothing more is tried."""
    with serving(ordinary()) as server:
        (trial,) = settled(server, Experiment.OTHER_PORT, Method.EPSV, also_port=9)
        assert server.conversations == []
    assert isinstance(trial, Retry)
    assert [one.answer for one in trial.attempt.openings] == [Answer.REFUSED]


def test_another_control_port_that_lets_us_in_is_compared() -> None:
    """As often as the port of the target, and once more to log in."""
    with serving(ordinary()) as server, serving(ordinary()) as other:
        settled(server, Experiment.OTHER_PORT, Method.EPSV, also_port=other.endpoint.port)
        assert len(other.conversations) == len(server.conversations) + 1


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


@pytest.mark.parametrize("method", [Method.EPSV, Method.PORT])
def test_two_transfers_in_one_session(method: Method) -> None:
    """The second begins after the pause, over the same control connection."""
    with serving(ordinary()) as server:
        doubt = Doubt(
            experiment=Experiment.LATER_TRANSFER,
            cell=Cell(method=method, family=4, tls=Tls.NONE),
            server=server.endpoint,
        )
        plan = replace(plan_for(server.endpoint), hold=0.2)
        (again,) = Trials(plan, HANDSHAKES, EXPERIMENTS, watch=None, tell=lambda _who, _what: None).settle([doubt])
    assert isinstance(again, Retry)
    assert len(again.attempt.carriages) == 2
    asked = [line.at for line in again.attempt.lines if line.text.startswith(method)]
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
