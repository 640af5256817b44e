from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ftpdiag.cause import Cause
from ftpdiag.causes.nat64_without_alg import nat64_without_alg
from ftpdiag.diagnosis import diagnose
from ftpdiag.discovery import declarations
from ftpdiag.model import Answer, Confidence, ControlSession, DataChannel, Endpoint, Exchange, Method, Verdict, View
from tests.causes.build import active, call, captured, exchange, grounds_of, passive, session
from tests.test_facts import SERVER, Tape

BEHIND_NAT64 = Endpoint(host="64:ff9b::203.0.113.2", port=21)


def _eprt(answer: str, **of_session: Any) -> DataChannel:  # noqa: ANN401  any field of a session
    """An EPRT over IPv6, and the answer to it."""
    return active(control=session(6, method=Method.EPRT, **of_session), method=Method.EPRT, answer=answer)


@pytest.mark.parametrize("answer", ["500 Illegal EPRT command.", "522 Use (1).", "500 Bad EPRT protocol."])
def test_a_server_that_sees_an_ipv4_client_is_translated_to(answer: str) -> None:
    """Its own word is proof, however it declines."""
    grounds = grounds_of(nat64_without_alg, _eprt(answer, client_seen_as="198.18.2.1"))
    assert (grounds.confidence, grounds.verdict) == (Confidence.PROVEN, None)


def test_the_refusal_may_say_so() -> None:
    """Pure-FTPd names whom it would call."""
    channel = _eprt("500 I won't open a connection to 2001:db8:c::2 (only to 198.18.2.1)")
    assert grounds_of(nat64_without_alg, channel).confidence is Confidence.PROVEN


def test_the_prefix_of_nat64s_makes_it_likely() -> None:
    """RFC 6052: nobody else has addresses there."""
    grounds = grounds_of(nat64_without_alg, _eprt("522 Use (1).", server=BEHIND_NAT64))
    assert grounds.confidence is Confidence.LIKELY


def test_an_eprt_that_is_accepted_and_comes_to_nothing() -> None:
    """The network stopped it then, and not the server's word."""
    absent = (
        call(View.CLIENT_SOCKET, Answer.ABSENT, family=6, waited=5.0),
        call(View.CLIENT_WIRE, Answer.ABSENT, family=6),
    )
    control = session(6, method=Method.EPRT, server=BEHIND_NAT64)
    grounds = grounds_of(nat64_without_alg, active(*absent, control=control, method=Method.EPRT))
    assert grounds.verdict is Verdict.BLOCKED


@pytest.mark.parametrize(
    "channel",
    [
        _eprt("500 Unknown command."),
        _eprt("500 EPRT not understood (ExampleFTPd 1.3.8.1 at 203.0.113.2)"),
        _eprt("500 Illegal EPRT command.", client_seen_as="2001:db8:c::2"),
        _eprt("530 Please log in.", client_seen_as="198.18.2.1"),
        active(control=session(client_seen_as="198.18.2.1"), answer="500 Illegal PORT command."),
        active(
            call(View.CLIENT_SOCKET, Answer.ACCEPTED, family=6),
            control=session(6, server=BEHIND_NAT64),
            method=Method.EPRT,
        ),
    ],
    ids=["native-ipv6", "another-address", "seen-over-ipv6", "no-login", "ipv4", "an-alg-does-it"],
)
def test_what_is_no_translation(channel: DataChannel) -> None:
    """Over IPv6 to the end a server has other reasons, and where the call comes somebody has translated it."""
    assert nat64_without_alg.rule(channel) is None


def _epsv(argument: str | None, control: ControlSession) -> DataChannel:
    command = f"EPSV {argument}" if argument else "EPSV"
    said: Exchange = exchange(command, "522 Network protocol not supported, use (1)")
    return replace(passive(control=control, answer="522 Use (1)."), negotiation=said)


def test_epsv_with_an_argument_asks_for_ipv6() -> None:
    """Without one it would have worked."""
    assert nat64_without_alg.rule(_epsv("2", session(6, server=BEHIND_NAT64)))
    assert nat64_without_alg.rule(_epsv(None, session(6, server=BEHIND_NAT64))) is None


def test_an_ipv4_address_in_the_words_of_ipv6_comes_from_no_nat64() -> None:
    """Some proxies announce what their sockets call an IPv4 address."""
    mapped = active(control=captured(), method=Method.EPRT, announced="::ffff:198.51.100.2", answer="522 Use (1).")
    assert nat64_without_alg.rule(mapped) is None


@pytest.mark.parametrize("answer", ["522 Network protocol not supported, use (1)", "501 Wrong network protocol."])
@pytest.mark.parametrize("command", ["EPRT |2|2001:db8:c::2|46055|", "EPSV 2"])
def test_beyond_the_translation_ipv6_is_asked_for_by_ipv4(command: str, answer: str) -> None:
    """In a capture at the server that is what shows it; at the client nothing can have been translated yet."""
    login = ("S: 220 Hi", "C: USER alice", "S: 331 Please", "C: PASS x", "S: 230 Welcome")
    tape = Tape().connect().say(*login, f"C: {command}", f"S: {answer}", "C: QUIT", "S: 221 Bye")
    at_the_client = diagnose(tape.replayed(), declarations("ftpdiag.causes", Cause))
    assert ([one.verdict for one in at_the_client.channels], at_the_client.findings) == ([Verdict.UNTESTED], ())
    tape.packets = [one._replace(ttl=64 if one.source == SERVER else 57) for one in tape.packets]
    beyond = diagnose(tape.replayed(), declarations("ftpdiag.causes", Cause))
    assert [(one.cause, one.confidence) for one in beyond.findings] == [("nat64-without-alg", Confidence.LIKELY)]
    assert [one.verdict for one in beyond.channels] == [Verdict.REFUSED]


def test_a_server_that_does_not_know_epsv_says_nothing_of_a_translation() -> None:
    """Whatever the argument: the server has not looked at it."""
    channel = _epsv("2", captured())
    assert nat64_without_alg.rule(channel)
    unknown = exchange("EPSV 2", "500 EPSV not understood.")
    assert nat64_without_alg.rule(replace(channel, negotiation=unknown)) is None
