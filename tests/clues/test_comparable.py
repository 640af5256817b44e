"""What tells handshakes apart but for their kind: the time, the client, the server, or what it overlooks."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ftpdiag.causes.alg_bound_to_port_21 import alg_bound_to_port_21
from ftpdiag.causes.alg_ignores_epsv import alg_ignores_epsv
from ftpdiag.clues.comparable import several_clients
from ftpdiag.clues.compared import Tally
from ftpdiag.model import (
    Answer,
    Confidence,
    ControlSession,
    DataChannel,
    Endpoint,
    Method,
    Opening,
    Place,
    Vantage,
    View,
)
from tests.causes.build import CALLED, SERVER, active, captured, dial, exchange, grounds_of, passive, session

NAT: dict[str, Any] = {"client": Endpoint(host="10.1.0.2", port=40000), "client_seen_as": "198.51.100.2"}
CHECKS_BOTH, CHECKS_WHAT = "vsFTPd 3.0.5", "Serv-U"


def _made(view: View, answer: Answer, session_of_it: ControlSession) -> DataChannel:
    return passive(dial(view, answer, tries=3), control=session_of_it)


@pytest.mark.parametrize(
    ("view", "known", "expected"),
    [
        (View.SERVER_WIRE, captured(), True),
        (View.MIDDLE_WIRE, captured(), True),
        (View.SERVER_WIRE, captured(6), False),
        (View.CLIENT_WIRE, captured(), False),
        (View.CLIENT_WIRE, session(), False),
        (View.SERVER_WIRE, captured(place=Place(vantage=Vantage.CLIENT, reason="It was said.")), False),
    ],
    ids=["at-the-server", "in-the-middle", "ipv6", "at-the-client", "a-probe", "told-by-the-place"],
)
def test_behind_one_address_may_be_several_clients(view: View, known: ControlSession, *, expected: bool) -> None:
    """Where a NAT may stand before the tap, and there is no other way to know them."""
    stopped, passed = _made(view, Answer.SILENT, known), _made(view, Answer.ACCEPTED, replace(known))
    failed, worked = Tally(passed=(), stopped=(stopped,)), Tally(passed=(passed,), stopped=())
    assert several_clients(failed, worked) is expected
    assert not several_clients(failed, replace(worked, passed=(replace(passed, session=stopped.session),)))


@pytest.mark.parametrize(("view", "confidence"), [(View.SERVER_WIRE, "possible"), (View.CLIENT_WIRE, "likely")])
def test_a_capture_at_the_server_may_mix_clients(view: View, confidence: str) -> None:
    """One of which uses EPSV behind a firewall of its own; the finding is possible then, and says so."""
    epsv = [_at(Method.EPSV, port, dial(view, Answer.SILENT, tries=3)) for port in (50001, 50030, 50060)]
    pasv = [_at(Method.PASV, port, dial(view, Answer.ACCEPTED)) for port in (50002, 50031, 50061)]
    found = grounds_of(alg_ignores_epsv, replace(epsv[0], beside=(*epsv, *pasv)))
    assert found.confidence == confidence
    assert any("several clients share this address" in one.settle_with for one in found.alternatives) is (
        confidence == "possible"
    )


def _at(method: Method, port: int, seen: Opening) -> DataChannel:
    channel = passive(seen, control=captured(), method=method)
    return replace(channel, announced=Endpoint(host=SERVER[4], port=port))


@pytest.mark.parametrize(
    ("product", "confidence"), [(CHECKS_BOTH, "proven"), (CHECKS_WHAT, "likely"), (None, "likely")]
)
def test_a_server_may_overlook_what_port_names(product: str | None, confidence: str) -> None:
    """It calls the address that it sees, and a NAT that leads everything in lets that pass; some look at both alike."""
    known = session(product=product, **NAT)
    refused = active(control=known, method=Method.EPRT, announced="10.1.0.2", answer="500 Illegal EPRT command.")
    called = active(*CALLED, control=known, announced="10.1.0.2")
    found = grounds_of(alg_ignores_epsv, replace(refused, beside=(*[refused] * 3, *[called] * 3)))
    assert found.confidence == confidence
    assert [one.cause for one in found.alternatives] == ([] if confidence == "proven" else ["active-address-refused"])


def _on(port: int, greeting: str, **changes: Any) -> ControlSession:  # noqa: ANN401  any field of a session
    greeted = exchange("", greeting)
    return session(server=Endpoint(host=SERVER[4], port=port), exchanges=(greeted,), **NAT, **changes)


@pytest.mark.parametrize(
    ("there", "confidence"),
    [
        (_on(2121, "220 Ready at 12:37. Server port: 2121."), Confidence.PROVEN),
        (_on(2121, "220 Another"), Confidence.POSSIBLE),
        (_on(2121, "220 Ready at 12:37. Server port: 2121.", server_ttl=60), Confidence.POSSIBLE),
        (_on(2121, "220 Ready at 12:37. Server port: 2121.", product="ProFTPD"), Confidence.POSSIBLE),
    ],
    ids=["the-same", "greets-otherwise", "farther-away", "another-product"],
)
def test_on_another_port_may_be_another_server(there: ControlSession, confidence: Confidence) -> None:
    """That declines what the one on port 21 overlooks; its greeting, product and distance tell."""
    here = _on(21, "220 Ready at 12:38. Server port: 21.", product="vsFTPd")
    there = there if there.product else replace(there, product="vsFTPd")
    declined = active(control=there, announced="10.1.0.2", answer="500 Illegal PORT command.")
    called = active(*CALLED, control=here, announced="10.1.0.2")
    found = grounds_of(alg_bound_to_port_21, replace(declined, beside=(*[declined] * 3, *[called] * 3)))
    assert found.confidence is confidence
    assert any("not be the same server" in one.text for one in found.evidence) is (confidence is Confidence.POSSIBLE)
