"""Every cause against every situation of a session, and of a data connection that opened: which one speaks."""

from __future__ import annotations

from typing import Any

import pytest

from ftpdiag.cause import Cause
from ftpdiag.diagnosis import diagnose
from ftpdiag.discovery import declarations
from ftpdiag.model import (
    Answer,
    ControlSession,
    DataChannel,
    Ending,
    Facts,
    Mode,
    Source,
    Target,
    Tls,
    Vantage,
    Verdict,
    View,
)
from tests.causes.build import (
    GREETING,
    OPEN,
    active,
    call,
    carried,
    exchange,
    hangup,
    knock,
    passive,
    reset,
    session,
    talk,
    unopened,
)

TIMED_OUT = knock(View.CLIENT_SOCKET, Answer.SILENT, error="ETIMEDOUT")
REFUSED = knock(View.CLIENT_SOCKET, Answer.REFUSED, error="ECONNREFUSED")
UNREACHABLE = knock(View.CLIENT_SOCKET, Answer.REJECTED, error="EHOSTUNREACH")
NO_ROUTE = knock(View.CLIENT_SOCKET, Answer.REJECTED, error="ENETUNREACH")
NOTHING_LEFT = knock(View.CLIENT_WIRE, Answer.ABSENT)

AGREED = exchange("AUTH TLS", "234 Proceed.", at=0.1)
LOGIN = exchange("USER me", "230 Welcome.", at=0.2)
ENCRYPTED: dict[str, Any] = {"tls": Tls.EXPLICIT}
ENDLESS = "The server answered the connection with more than 256 KiB and no end; ftpdiag stopped reading."

SESSIONS: list[tuple[ControlSession, str]] = [
    (unopened(TIMED_OUT, knock(View.CLIENT_WIRE, Answer.SILENT)), "control-dropped"),
    (unopened(TIMED_OUT, NOTHING_LEFT), "control-dropped"),
    (unopened(TIMED_OUT, knock(View.CLIENT_WIRE, Answer.ACCEPTED, established=False)), "control-dropped"),
    (unopened(TIMED_OUT), "control-dropped"),
    (unopened(REFUSED, knock(View.CLIENT_WIRE, Answer.REFUSED)), "control-refused"),
    (unopened(REFUSED), "control-refused"),
    (unopened(REFUSED, knock(View.CLIENT_WIRE, Answer.REFUSED, ttl=64)), "control-rejected"),
    (unopened(REFUSED, knock(View.CLIENT_WIRE, Answer.REJECTED, reporter="198.18.1.2")), "control-rejected"),
    (unopened(UNREACHABLE, knock(View.CLIENT_WIRE, Answer.REJECTED, reporter="198.18.1.2")), "control-rejected"),
    (unopened(REFUSED, NOTHING_LEFT), "control-rejected"),
    (unopened(UNREACHABLE), "control-rejected"),
    (unopened(NO_ROUTE, NOTHING_LEFT), "prober-limited"),
    (unopened(NO_ROUTE), "prober-limited"),
    (talk(hangup=hangup(Ending.STALLED)), "control-no-greeting"),
    (talk(hangup=hangup(Ending.FINISHED)), "control-no-greeting"),
    (talk(hangup=hangup(Ending.STOPPED), behaviour=ENDLESS), "reply-malformed"),
    (talk(exchange("", "\\x00\\x01"), hangup=hangup(Ending.STALLED), behaviour=ENDLESS), "reply-malformed"),
    (talk(exchange("", "\\x00\\x01"), hangup=hangup(Ending.STALLED)), "control-not-ftp"),
    (talk(exchange("", "SSH-2.0-x"), hangup=hangup(Ending.STALLED), behaviour=ENDLESS), "control-not-ftp"),
    (talk(exchange("", "220 mail ESMTP"), exchange("USER me", "502 No.", at=0.1)), "control-not-ftp"),
    (talk(exchange("", "421 Too many users."), hangup=hangup(Ending.FINISHED)), "control-service-refused"),
    (talk(GREETING, exchange("USER me", "421 Too many users.", at=0.1)), "control-service-refused"),
    (talk(GREETING, exchange("USER me", "530 No.", at=0.1)), "control-login-refused"),
    (talk(GREETING, exchange("USER me", "530 You must use encryption.", at=0.1)), "control-tls-required"),
    (talk(GREETING, exchange("USER me", "421 No cleartext sessions.", at=0.1)), "control-tls-required"),
    (talk(GREETING, AGREED, hangup=hangup(Ending.RESET), **ENCRYPTED), "control-tls-broken"),
    (talk(GREETING, AGREED, exchange("FEAT", at=1.9), hangup=hangup(Ending.RESET), **ENCRYPTED), "control-tls-broken"),
    (talk(GREETING, AGREED, hangup=hangup(Ending.UNTRUSTED), **ENCRYPTED), "control-tls-untrusted"),
    (talk(hangup=hangup(Ending.STALLED), tls=Tls.IMPLICIT), "control-tls-broken"),
    (talk(GREETING, exchange("AUTH TLS", "502 No.", at=0.1), **ENCRYPTED), "control-tls-unsupported"),
    (talk(hangup=hangup(Ending.TLS_FAILED, "wrong version number"), tls=Tls.IMPLICIT), "control-tls-unsupported"),
    (talk(GREETING, exchange("AUTH TLS", at=1.9), hangup=hangup(Ending.RESET), **ENCRYPTED), "control-reset-midway"),
    (
        talk(GREETING, LOGIN, exchange("PORT 1,2,3,4,5,6", at=1.9), hangup=hangup(Ending.RESET), logged_in=True),
        "control-reset-midway",
    ),
    (talk(GREETING, LOGIN, logged_in=True, limits=("No port is free.",)), "prober-limited"),
]

SECURE = session(tls=Tls.EXPLICIT, openings=OPEN)
PURE = session(product="Pure-FTPd", openings=OPEN)
UNANSWERED = exchange("LIST", at=0.6)
MISSING = exchange("RETR a", "550 Failed to open file.", at=0.6)
REUSE = "522 SSL connection failed: session reuse required"
DENIED = "425 Unable to build data connection: Operation not permitted"


def said(
    answer: str,
    ending: Ending = Ending.FINISHED,
    control: ControlSession = SECURE,
    **how: Any,  # noqa: ANN401  any field of a carriage, or its RST
) -> DataChannel:
    """A data connection that opened, and what the server said in the end."""
    return carried(ending, transfer=exchange("LIST", "150 Here.", answer, at=0.6), control=control, **how)


CHANNELS: list[tuple[DataChannel, str]] = [
    *((said(REUSE, ending), "data-tls-session-reuse-required") for ending in Ending),
    (said(DENIED, tls="TLSv1.3", resumed=False), "data-tls-session-reuse-required"),
    (said(DENIED, Ending.TLS_FAILED), "data-tls-failed"),
    (said("522 SSL handshake failed.", Ending.TLS_FAILED), "data-tls-failed"),
    (carried(Ending.TLS_FAILED, control=SECURE, rst=reset(63, port=50001)), "data-tls-failed"),
    (carried(Ending.TLS_FAILED, control=SECURE, error="wrong version number"), "data-protection-mismatch"),
    (said("522 Data connections must be encrypted.", Ending.STOPPED, PURE), "data-protection-mismatch"),
    (said("521 Data connection cannot be opened with this PROT setting."), "data-protection-mismatch"),
    (passive(answer="550 SSL/TLS required on the data channel."), "data-protection-mismatch"),
    (active(answer="550 SSL/TLS required on the data channel."), "data-protection-mismatch"),
    (said("425 Security: Bad IP connecting.", Ending.TLS_FAILED), "data-peer-rejected"),
    (said("425 Security: Bad IP connecting.", Ending.RESET), "data-peer-rejected"),
    (said("425 Rejected data connection from foreign address 1.2.3.4:5.", Ending.STOPPED), "data-peer-rejected"),
    (said("425 Unable to build data connection: Permission denied"), "data-peer-rejected"),
    (carried(Ending.FINISHED, transfer=UNANSWERED, control=PURE), "data-peer-rejected"),
    (carried(Ending.TLS_FAILED, transfer=UNANSWERED, control=PURE), "data-peer-rejected"),
    (carried(Ending.RESET, rst=reset(63, port=50001)), "data-reset-midway"),
    (carried(Ending.RESET, mode=Mode.ACTIVE), "data-reset-midway"),
    (said("426 Connection closed; transfer aborted."), "data-reset-midway"),
    (carried(Ending.STALLED), "data-stalled"),
    (carried(Ending.STALLED, mode=Mode.ACTIVE, to_client=10), "data-stalled"),
    (said("425 Failed to establish connection.", Ending.STOPPED), "data-stalled"),
    *((carried(ending, transfer=MISSING), "transfer-refused") for ending in Ending),
    (carried(Ending.TLS_FAILED, transfer=MISSING, control=SECURE), "transfer-refused"),
    (carried(Ending.STOPPED, transfer=MISSING, mode=Mode.ACTIVE), "transfer-refused"),
    (active(call(View.CLIENT_WIRE, Answer.ABSENT), transfer=MISSING), "transfer-refused"),
    (said("552 Quota exceeded.", Ending.RESET, rst=reset(61, port=50001)), "transfer-refused"),
    (passive(answer="227 Entering passive mode."), "reply-malformed"),
    (passive(answer="229 Entering extended passive mode (|||70000|)."), "reply-malformed"),
]


def faults(facts: Facts) -> list[str]:
    """The causes of all findings above information."""
    found = diagnose(facts, declarations("ftpdiag.causes", Cause)).findings
    return [finding.cause for finding in found if finding.verdict]


def facts_of(*, sessions: tuple[ControlSession, ...] = (), channels: tuple[DataChannel, ...] = ()) -> Facts:
    """Facts of a probe that sniffed."""
    target = Target(given="203.0.113.2", host="203.0.113.2", port=21)
    source = Source(target=target, sniffed=True)
    return Facts(source=source, vantage=Vantage.CLIENT, began=0.0, sessions=sessions, channels=channels)


@pytest.mark.parametrize(("control", "name"), SESSIONS)
def test_each_session_has_one_fault(control: ControlSession, name: str) -> None:
    """Whatever else holds is overridden, and nothing else is said of the session."""
    assert faults(facts_of(sessions=(control,))) == [name]


@pytest.mark.parametrize(("channel", "name"), CHANNELS)
def test_each_open_data_connection_has_one_fault(channel: DataChannel, name: str) -> None:
    """The server's own words first, then what the wire and the socket show."""
    assert faults(facts_of(channels=(channel,))) == [name]


def test_a_command_that_is_cut_off_is_the_fault_of_its_data_connection() -> None:
    """PORT was never answered, so nobody called back: the cut is the cause, not the missing call."""
    asked = exchange("PORT 198,51,100,2,179,231", at=1.9)
    cut = talk(GREETING, LOGIN, asked, hangup=hangup(Ending.RESET), reset=reset(63), logged_in=True)
    nobody = call(View.CLIENT_SOCKET, Answer.ABSENT), call(View.CLIENT_WIRE, Answer.ABSENT)
    facts = facts_of(sessions=(cut,), channels=(active(*nobody, control=cut, answer=None),))
    assert faults(facts) == ["control-reset-midway"]
    judged = diagnose(facts, declarations("ftpdiag.causes", Cause))
    assert [one.verdict for one in judged.channels] == [Verdict.BLOCKED]


def test_an_open_network_has_no_fault() -> None:
    """Login, transfer, goodbye, over TLS as well; and a server that does no TLS and is not asked to."""
    done = exchange("LIST", "150 Here.", "226 Done.", at=0.6)
    goodbye = exchange("QUIT", "221 Goodbye.", at=0.9)
    plain = talk(GREETING, LOGIN, done, goodbye, logged_in=True)
    encrypted = talk(GREETING, AGREED, LOGIN, done, goodbye, logged_in=True, **ENCRYPTED)
    declined = talk(GREETING, exchange("AUTH TLS", "500 No.", at=0.1), goodbye, clear_beside=True, **ENCRYPTED)
    channels = [
        carried(Ending.FINISHED, transfer=done, mode=mode, control=control)
        for mode in Mode
        for control in (plain, encrypted)
    ]
    assert faults(facts_of(sessions=(plain, encrypted, declined), channels=tuple(channels))) == []
