from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ftpdiag.causes.alg_epsv_only import alg_epsv_only
from ftpdiag.causes.alg_ignores_epsv import alg_ignores_epsv
from ftpdiag.causes.passive_port_dropped import passive_port_dropped
from ftpdiag.model import (
    Confidence,
    DataChannel,
    Endpoint,
    Experiment,
    Location,
    Method,
    Tls,
    Verdict,
)
from tests.causes.build import ANSWERED, CALLED, NEVER_ANSWERED, active, grounds_of, passive, session


def _passive(method: Method, port: int, *, opens: bool, tls: Tls = Tls.NONE) -> DataChannel:
    """A data connection to `port`; what else the reply names does not matter here."""
    channel = passive(*(ANSWERED if opens else NEVER_ANSWERED), control=session(method=method, tls=tls), method=method)
    return replace(channel, announced=Endpoint(host=channel.session.server.host, port=port))


def _beside(*channels: DataChannel) -> DataChannel:
    return replace(channels[0], beside=channels)


EPSV = tuple(_passive(Method.EPSV, port, opens=False) for port in (50001, 50030, 50060))
PASV = tuple(_passive(Method.PASV, port, opens=True) for port in (50002, 50031, 50061))


def test_each_after_pasv_and_none_after_epsv() -> None:
    """Three of each, whose ports lie among one another, leave the method as what differs."""
    grounds = grounds_of(alg_ignores_epsv, _beside(*EPSV, *PASV))
    assert (grounds.confidence, grounds.verdict, grounds.location) == (Confidence.LIKELY, None, Location.UNKNOWN)
    assert grounds.alternatives == ()
    assert grounds.settle_with == (Experiment.HOP_WALK,)


def test_the_other_way_round() -> None:
    """A device may follow EPSV only."""
    epsv = tuple(_passive(Method.EPSV, port, opens=True) for port in (50001, 50030, 50060))
    pasv = tuple(_passive(Method.PASV, port, opens=False) for port in (50002, 50031, 50061))
    assert grounds_of(alg_epsv_only, _beside(*pasv, *epsv)).confidence is Confidence.LIKELY
    assert alg_ignores_epsv.rule(_beside(*pasv, *epsv)) is None


def test_one_of_each_may_be_the_port() -> None:
    """A range of which some ports are blocked looks the same: both methods are tried again first."""
    channel = _beside(EPSV[0], PASV[0])
    assert alg_ignores_epsv.rule(channel) is None
    dropped = grounds_of(passive_port_dropped, channel)
    assert Experiment.BOTH_METHODS in dropped.settle_with
    assert "alg-ignores-epsv" in {one.cause for one in dropped.alternatives}


@pytest.mark.parametrize(
    "others",
    [
        (*EPSV[1:], *PASV, _passive(Method.EPSV, 50003, opens=True)),
        (*EPSV[1:], *PASV, _passive(Method.PASV, 50003, opens=False)),
        (*EPSV[1:], *(replace(one, session=replace(one.session, tls=Tls.EXPLICIT)) for one in PASV)),
    ],
    ids=["epsv-passed-once", "pasv-stopped-once", "under-tls"],
)
def test_what_is_no_question_of_the_method(others: tuple[DataChannel, ...]) -> None:
    """Ports of which some are blocked meet both methods, and under TLS no device reads either."""
    channel = _beside(EPSV[0], *others)
    assert alg_ignores_epsv.rule(channel) is None
    if others[-1].session.tls is Tls.NONE:
        assert Experiment.BOTH_METHODS not in grounds_of(passive_port_dropped, channel).settle_with


def test_two_ranges_may_be_two_reasons() -> None:
    """Where all ports of the one lie above all of the other, the range may be what is blocked."""
    low = tuple(_passive(Method.PASV, port, opens=True) for port in (40001, 40002, 40003))
    grounds = grounds_of(alg_ignores_epsv, _beside(*EPSV, *low))
    assert grounds.confidence is Confidence.POSSIBLE
    assert [one.cause for one in grounds.alternatives] == ["passive-port-dropped"]


def test_a_port_that_both_had_is_shown() -> None:
    """It was open after the one, and not after the other."""
    shared = _passive(Method.PASV, 50030, opens=True)
    grounds = grounds_of(alg_ignores_epsv, _beside(*EPSV, *PASV, shared))
    assert "Port 50030 was open after the one, and not after the other." in {one.text for one in grounds.evidence}


def test_a_nat_that_translates_port_alone() -> None:
    """The server called a private address that it cannot know, and declines the same in EPRT."""
    here = Endpoint(host="10.1.0.2", port=40000)
    nat: dict[str, Any] = {"client": here, "client_seen_as": "198.51.100.2", "product": "vsFTPd 3.0.5"}
    refused = active(
        control=session(method=Method.EPRT, **nat),
        method=Method.EPRT,
        announced=here.host,
        answer="500 Illegal EPRT command.",
    )
    called = active(*CALLED, control=session(method=Method.PORT, **nat), announced=here.host)
    grounds = grounds_of(alg_ignores_epsv, _beside(*[refused] * 3, *[called] * 3))
    assert (grounds.confidence, grounds.verdict) == (Confidence.PROVEN, Verdict.REFUSED)
    assert grounds.location is Location.CLIENT_NETWORK
    told = "".join(one.text for one in grounds.remedies)
    assert "Use PORT" in told
    assert "Use PASV" not in told
    assert "The server announced" not in told
