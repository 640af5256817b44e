from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ftpdiag.causes.alg_blind_to_tls import alg_blind_to_tls
from ftpdiag.causes.passive_port_dropped import passive_port_dropped
from ftpdiag.model import (
    AS_BEFORE,
    Answer,
    Cell,
    Change,
    Confidence,
    ControlSession,
    DataChannel,
    Experiment,
    Location,
    Method,
    Mode,
    Retried,
    Tls,
    Verdict,
    View,
)
from tests.causes.build import (
    ANSWERED,
    CALLED,
    NEVER_ANSWERED,
    active,
    call,
    captured,
    dial,
    grounds_of,
    knock,
    passive,
    pasv_reply,
    session,
    unopened,
)
from tests.clues.test_trials import walked

UNDER_TLS = session(tls=Tls.EXPLICIT)
NEVER_CALLED = (
    call(View.CLIENT_SOCKET, Answer.ABSENT, waited=5.0),
    call(View.CLIENT_WIRE, Answer.ABSENT),
)

STOPPED = passive(*NEVER_ANSWERED, control=UNDER_TLS)
CLEAR = passive(*ANSWERED)


def _beside(channel: DataChannel, *others: DataChannel) -> DataChannel:
    return replace(channel, beside=(channel, *others))


def _again(channel: DataChannel, *channels: DataChannel) -> DataChannel:
    """The same, after an experiment that led to these."""
    cell = Cell(method=channel.method, family=4, tls=Tls.EXPLICIT)

    def retried(one: DataChannel) -> Retried:
        change = AS_BEFORE if one.session.tls is Tls.EXPLICIT else Change(tls=Tls.NONE)
        return Retried(
            experiment=Experiment.IN_THE_CLEAR, cell=cell, change=change, session=one.session, channels=(one,)
        )

    return replace(channel, retries=tuple(retried(one) for one in channels))


def test_passes_in_the_clear_and_not_under_tls() -> None:
    """One of each is likely no chance; the same handshakes a few times more would tell."""
    grounds = grounds_of(alg_blind_to_tls, _beside(STOPPED, CLEAR))
    assert (grounds.confidence, grounds.verdict) == (Confidence.LIKELY, None)
    assert grounds.settle_with == (Experiment.IN_THE_CLEAR, Experiment.HOP_WALK, Experiment.CLEAR_CONTROL)
    assert [one.cause for one in grounds.alternatives] == ["passive-port-dropped"]


def test_always_and_never_leave_no_chance() -> None:
    """Three of each side, made as an experiment, leave no other explanation to try."""
    grounds = grounds_of(alg_blind_to_tls, _again(_beside(STOPPED, CLEAR), CLEAR, CLEAR, STOPPED, STOPPED))
    assert grounds.alternatives == ()
    assert Experiment.IN_THE_CLEAR not in grounds.settle_with
    assert "3 of 3" in grounds.evidence[0].text
    assert "0 of 3" in grounds.evidence[1].text


@pytest.mark.parametrize(
    "other",
    [
        passive(*NEVER_ANSWERED),
        passive(*ANSWERED, control=UNDER_TLS),
        passive(*ANSWERED, control=session(server=UNDER_TLS.server._replace(port=2121))),
        passive(*ANSWERED, control=session(6)),
        active(*CALLED),
    ],
    ids=["clear-stopped-too", "tls-passes-too", "another-port", "another-family", "another-mode"],
)
def test_what_is_no_difference_of_tls(other: DataChannel) -> None:
    """A port that is blocked either way, or now and then, has another cause; other things are no comparison."""
    others = (other,) if other.session.server.port == 2121 or other.mode is Mode.ACTIVE else (other, CLEAR)
    channel = _beside(STOPPED, *others) if other.session.family == 4 else _beside(STOPPED, other)
    assert alg_blind_to_tls.rule(channel) is None


def test_a_server_that_lets_nobody_in_without_tls_leaves_nothing_to_compare() -> None:
    """The cause stays an alternative, and the experiment is not asked for twice."""
    tried = _again(STOPPED)
    refused = Retried(
        experiment=Experiment.IN_THE_CLEAR,
        cell=Cell(method=Method.EPSV, family=4, tls=Tls.EXPLICIT),
        change=Change(tls=Tls.NONE),
        session=session(logged_in=False),
        channels=(),
    )
    grounds = grounds_of(passive_port_dropped, replace(tried, retries=(refused,)))
    assert [one.cause for one in grounds.alternatives] == ["alg-blind-to-tls"]
    assert grounds.settle_with == (Experiment.HOP_WALK,)
    assert alg_blind_to_tls.rule(replace(tried, retries=(refused,))) is None


def _unanswered(experiment: Experiment, method: Method) -> Retried:
    """Not even the control connection of it came to be."""
    return Retried(
        experiment=experiment,
        cell=Cell(method=method, family=4, tls=Tls.EXPLICIT),
        change=AS_BEFORE,
        session=unopened(knock(View.CLIENT_WIRE, Answer.SILENT), tls=Tls.EXPLICIT),
        channels=(),
    )


@pytest.mark.parametrize("experiment", [Experiment.IN_THE_CLEAR, Experiment.HOP_WALK])
def test_what_the_server_did_not_answer_was_not_tried(experiment: Experiment) -> None:
    """Neither a walk that met silence, nor the experiment itself, tells whether TLS makes the difference."""
    unanswered = (_unanswered(experiment, STOPPED.method),)
    grounds = grounds_of(alg_blind_to_tls, replace(_beside(STOPPED, CLEAR), retries=unanswered))
    assert Experiment.IN_THE_CLEAR in grounds.settle_with
    grounds = grounds_of(passive_port_dropped, replace(STOPPED, retries=unanswered))
    assert Experiment.IN_THE_CLEAR in grounds.settle_with


def test_blocked_in_the_clear_as_well_is_no_question_of_tls() -> None:
    """Then the alternative is gone from the other cause."""
    grounds = grounds_of(passive_port_dropped, _beside(STOPPED, passive(*NEVER_ANSWERED)))
    assert grounds.alternatives == ()


def test_a_private_address_that_was_called_proves_the_rewriting() -> None:
    """The server sees somebody else, and cannot have called 10.1.0.2 unless PORT was translated for it."""
    nat: dict[str, Any] = {
        "client": UNDER_TLS.client and UNDER_TLS.client.at_host("10.1.0.2"),
        "client_seen_as": "198.51.100.2",
    }
    clear = active(*CALLED, control=session(**nat), announced="10.1.0.2")
    refused = active(control=session(tls=Tls.EXPLICIT, **nat), announced="10.1.0.2", answer="500 Illegal PORT command.")
    grounds = grounds_of(alg_blind_to_tls, _beside(refused, clear))
    assert (grounds.confidence, grounds.location) == (Confidence.PROVEN, Location.CLIENT_NETWORK)
    assert grounds.verdict is Verdict.REFUSED
    assert grounds.settle_with == (Experiment.CLEAR_CONTROL,)


def test_a_private_address_under_tls_only_proves_the_rewriting() -> None:
    """In the clear the 227 names the server's public address."""
    clear = passive(*ANSWERED, method=Method.PASV, answer=pasv_reply("203.0.113.2"))
    private = passive(*NEVER_ANSWERED, control=UNDER_TLS, method=Method.PASV, answer=pasv_reply("10.2.0.2"))
    grounds = grounds_of(alg_blind_to_tls, _beside(private, clear))
    assert (grounds.confidence, grounds.location) == (Confidence.PROVEN, Location.SERVER_NETWORK)
    assert any("pasv_address" in one.text for one in grounds.remedies)


def test_the_clients_own_firewall_reads_ftp_as_well() -> None:
    """The call arrives, and is dropped by the host that let the same in when it could read PORT."""
    here = call(View.CLIENT_SOCKET, Answer.ABSENT, waited=5.0), call(View.CLIENT_WIRE, Answer.SILENT)
    grounds = grounds_of(alg_blind_to_tls, _beside(active(*here, control=UNDER_TLS), active(*CALLED)))
    assert grounds.location is Location.CLIENT_HOST
    assert all("ct helper" not in one.text for one in grounds.remedies)


def test_what_the_clients_edge_keeps_in_is_opened_there() -> None:
    """Lost at the first router, an edge that lets out what it can read: its operator must act, not the server's."""
    replies = (f"229 Entering Extended Passive Mode (|||{port}|)" for port in (50003, 50004))
    others = (passive(*NEVER_ANSWERED, control=UNDER_TLS, answer=reply) for reply in replies)
    channel = replace(STOPPED, trials=walked(1).trials)
    grounds = grounds_of(alg_blind_to_tls, _beside(channel, CLEAR, *others))
    assert grounds.location is Location.CLIENT_NETWORK
    assert {one.who for one in grounds.remedies} == {"network", "client"}
    assert "passive-egress-policy" in alg_blind_to_tls.overrides


@pytest.mark.parametrize(
    ("view", "location"), [(View.CLIENT_WIRE, Location.UNKNOWN), (View.SERVER_WIRE, Location.SERVER_HOST)]
)
def test_in_a_capture_too(view: View, location: Location) -> None:
    """What an encrypted session must have announced is inferred, and compared like the rest."""
    stopped = replace(passive(dial(view, Answer.SILENT), control=_read(tls=Tls.EXPLICIT)), inferred=True)
    clear = passive(dial(view, Answer.ACCEPTED), control=_read())
    assert grounds_of(alg_blind_to_tls, _beside(stopped, clear)).location is location


def _read(tls: Tls = Tls.NONE) -> ControlSession:
    return captured(tls=tls, opaque=tls is not Tls.NONE)


def test_never_called_under_tls() -> None:
    """In active mode it is the call that does not come; a SYN sent ahead would tell whose side stops it."""
    grounds = grounds_of(alg_blind_to_tls, _beside(active(*NEVER_CALLED, control=UNDER_TLS), active(*CALLED)))
    assert grounds.settle_with == (Experiment.IN_THE_CLEAR, Experiment.LOW_TTL_OPENER, Experiment.CLEAR_CONTROL)
    assert [one.cause for one in grounds.alternatives] == ["active-inbound-dropped"]
