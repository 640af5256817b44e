from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ftpdiag.causes.family_mismatch import family_mismatch
from ftpdiag.causes.passive_port_refused import passive_port_refused
from ftpdiag.model import (
    Answer,
    Cell,
    Change,
    Confidence,
    ControlSession,
    DataChannel,
    Endpoint,
    Experiment,
    Location,
    Method,
    Opening,
    Retried,
    Tls,
    View,
)
from tests.causes.build import SERVER, active, dial, grounds_of, passive, pasv_reply, session

BEHIND_NAT64 = Endpoint(host="64:ff9b::203.0.113.2", port=21)


def _proxied(family: int = 6, **changes: Any) -> ControlSession:  # noqa: ANN401  any field of a session
    """A session over `family`, of whose client the server sees an address of the other."""
    seen_as = {6: "203.0.113.1", 4: "2001:db8:5::1"}[family]
    return session(family, **{"client_seen_as": seen_as, "across": (SERVER[10 - family],), **changes})


def _refused(control: ControlSession) -> DataChannel:
    """EPSV, and a RST."""
    return passive(*_dialled(Answer.REFUSED, control), control=control)


def _dialled(answer: Answer, control: ControlSession, host: str | None = None) -> tuple[Opening, Opening]:
    family, there = control.family, host or control.server.host
    return (
        dial(View.CLIENT_SOCKET, answer, family=family, host=there),
        dial(View.CLIENT_WIRE, answer, family=family, host=there),
    )


def _tried(control: ControlSession, across: Answer, own: Answer = Answer.REFUSED) -> ControlSession:
    """The session, after an experiment that found the port so at either address."""
    openings = (*_dialled(own, control), *_dialled(across, control, SERVER[10 - control.family]))
    again = Retried(
        experiment=Experiment.OTHER_FAMILY,
        cell=Cell(method=Method.EPSV, family=control.family, tls=Tls.NONE),
        change=Change(),
        session=control,
        channels=(passive(*openings, control=control),),
    )
    return replace(control, retries=(again,))


@pytest.mark.parametrize("family", [4, 6])
def test_a_port_that_is_open_by_the_other_family_alone(family: int) -> None:
    """The server says that it is reached by that, and the experiment finds its port there."""
    grounds = grounds_of(family_mismatch, _refused(_tried(_proxied(family), Answer.ACCEPTED)))
    assert (grounds.confidence, grounds.hop, grounds.settle_with) == (Confidence.PROVEN, 4, ())


def test_before_the_experiment() -> None:
    """It may be closed for the server's own reasons; a probe finds out."""
    grounds = grounds_of(family_mismatch, _refused(_proxied()))
    assert (grounds.confidence, grounds.location) == (Confidence.POSSIBLE, Location.UNKNOWN)
    assert Experiment.OTHER_FAMILY in grounds.settle_with
    assert [one.cause for one in grounds.alternatives] == ["passive-port-refused"]


def test_the_server_of_an_address_has_none_of_the_other_family() -> None:
    """There is nothing to dial then."""
    assert Experiment.OTHER_FAMILY not in grounds_of(family_mismatch, _refused(_proxied(across=()))).settle_with


@pytest.mark.parametrize(
    "control",
    [
        session(6, across=(SERVER[4],)),
        session(6, client_seen_as="2001:db8:c::2"),
        _tried(session(6, across=(SERVER[4],)), Answer.ACCEPTED),
        _tried(_proxied(), Answer.REFUSED),
        _tried(_proxied(), Answer.SILENT),
        _tried(_proxied(), Answer.ACCEPTED, own=Answer.ACCEPTED),
        _proxied(server=BEHIND_NAT64),
    ],
    ids=["no-word", "no-proxy", "firewall", "closed-for-both", "silent", "open-later", "nat64"],
)
def test_what_is_no_mismatch(control: ControlSession) -> None:
    """Without the server's word, or where the port is closed for both or opens for both, it is something else."""
    assert family_mismatch.rule(_refused(control)) is None


def test_a_port_that_is_dropped() -> None:
    """Firewalls drop; where nobody listens there is a RST."""
    control = _tried(_proxied(), Answer.ACCEPTED, own=Answer.SILENT)
    assert family_mismatch.rule(passive(*_dialled(Answer.SILENT, control), control=control)) is None


def test_without_the_servers_word_the_report_says_where_it_is_open() -> None:
    """A firewall that resets one family looks the same, so it is named as what it may be."""
    grounds = grounds_of(passive_port_refused, _refused(_tried(session(4, across=(SERVER[6],)), Answer.ACCEPTED)))
    assert "family-mismatch" in [one.cause for one in grounds.alternatives]
    assert any(SERVER[6] in one.text for one in grounds.evidence)


def _beside(channel: DataChannel) -> DataChannel:
    """With the EPSV of the same run."""
    return replace(channel, beside=(channel, _refused(channel.session)))


@pytest.mark.parametrize(
    ("method", "family", "answer"),
    [
        (Method.EPRT, 6, "500 Illegal EPRT command."),
        (Method.PORT, 4, "500 I won't open a connection to 198.51.100.2 (only to 2001:db8:5::1)"),
    ],
)
def test_the_call_back_fails_for_the_same_reason(method: Method, family: int, answer: str) -> None:
    """The server cannot call an address of the family that it is not reached by."""
    control = _tried(_proxied(family, client_seen_as=None if family == 4 else "203.0.113.1"), Answer.ACCEPTED)
    channel = _beside(active(control=control, method=method, answer=answer))
    assert grounds_of(family_mismatch, channel).confidence is Confidence.PROVEN
    untried = replace(channel, session=replace(control, retries=()))
    assert family_mismatch.rule(replace(untried, beside=(untried, _refused(untried.session)))) is None


@pytest.mark.parametrize("answer", ["530 Please log in.", "200 Fine."])
def test_a_call_back_that_fails_for_other_reasons(answer: str) -> None:
    """Nothing then says that it is the family."""
    control = _tried(_proxied(), Answer.ACCEPTED)
    assert family_mismatch.rule(_beside(active(control=control, method=Method.EPRT, answer=answer))) is None


def test_pasv_on_what_the_server_takes_for_ipv6() -> None:
    """Pure-FTPd says so, though the client came by IPv4: that is its word."""
    control = _tried(_proxied(4, client_seen_as=None), Answer.ACCEPTED)
    said = "425 You cannot use PASV on IPv6 connections. Use EPSV instead."
    channel = _beside(passive(control=control, method=Method.PASV, answer=said))
    assert grounds_of(family_mismatch, channel).confidence is Confidence.PROVEN


def test_a_227_that_names_no_address() -> None:
    """Some servers (vsftpd) answer PASV with 0.0.0.0 over IPv6; the port is dialled at the server's own address."""
    control = _tried(_proxied(4), Answer.ACCEPTED)
    openings = _dialled(Answer.REFUSED, control)
    channel = passive(*openings, control=control, method=Method.PASV, answer=pasv_reply("0.0.0.0"))
    assert grounds_of(family_mismatch, channel).confidence is Confidence.PROVEN
