"""Every cause against every situation: which one of them speaks."""

from __future__ import annotations

import pytest

from ftpdiag.cause import Cause
from ftpdiag.diagnosis import diagnose
from ftpdiag.discovery import declarations
from ftpdiag.model import Answer, DataChannel, Facts, Method, Source, Vantage, View
from tests.causes.build import SERVER, STRANGER, active, call, captured, dial, exchange, passive, pasv_reply, session

NOT_ACCEPTED = call(View.CLIENT_SOCKET, Answer.ABSENT)
TIMED_OUT = dial(View.CLIENT_SOCKET, Answer.SILENT, error="ETIMEDOUT")
REFUSED = dial(View.CLIENT_SOCKET, Answer.REFUSED, error="ECONNREFUSED")
UNREACHABLE = dial(View.CLIENT_SOCKET, Answer.REJECTED, error="EHOSTUNREACH")

SITUATIONS = [
    # the server calls back
    (active(NOT_ACCEPTED, call(View.CLIENT_WIRE, Answer.SILENT)), "active-dropped-by-client-host"),
    (active(NOT_ACCEPTED, call(View.CLIENT_WIRE, Answer.REFUSED, ttl=64)), "active-refused-by-client-host"),
    (active(NOT_ACCEPTED, call(View.CLIENT_WIRE, Answer.REJECTED, ttl=64)), "active-refused-by-client-host"),
    (active(NOT_ACCEPTED, call(View.CLIENT_WIRE, Answer.ACCEPTED, established=False)), "active-answer-lost"),
    (active(NOT_ACCEPTED, call(View.CLIENT_WIRE, Answer.ABSENT)), "active-inbound-dropped"),
    (active(NOT_ACCEPTED, call(View.CLIENT_WIRE, Answer.ABSENT), answer=None), "active-inbound-dropped"),
    (active(NOT_ACCEPTED), "active-inbound-dropped"),
    (
        active(NOT_ACCEPTED, call(View.CLIENT_WIRE, Answer.ACCEPTED, source=STRANGER), strangers=(STRANGER,)),
        "active-source-address-differs",
    ),
    (active(NOT_ACCEPTED, strangers=(STRANGER,)), "active-source-address-differs"),
    (active(answer="500 Illegal PORT command."), "active-address-refused"),
    (active(answer="550 Permission denied."), "active-refused-by-server"),
    (active(method=Method.EPRT, answer="550 Permission denied."), "active-refused-by-server"),
    (active(method=Method.EPRT, answer="502 Command not implemented."), "active-eprt-unsupported"),
    (active(call(View.SERVER_WIRE, Answer.ABSENT), control=captured()), "active-refused-by-server"),
    (active(call(View.SERVER_WIRE, Answer.SILENT), control=captured()), "active-inbound-dropped"),
    # the client dials
    (passive(TIMED_OUT, dial(View.CLIENT_WIRE, Answer.SILENT)), "passive-port-dropped"),
    (passive(TIMED_OUT), "passive-port-dropped"),
    (passive(TIMED_OUT, dial(View.CLIENT_WIRE, Answer.ABSENT)), "passive-dropped-by-client-host"),
    (passive(REFUSED, dial(View.CLIENT_WIRE, Answer.ABSENT)), "passive-dropped-by-client-host"),
    (passive(UNREACHABLE, dial(View.CLIENT_WIRE, Answer.ABSENT)), "passive-host-unreachable"),
    (
        passive(UNREACHABLE, dial(View.CLIENT_WIRE, Answer.REJECTED, reason="host unreachable")),
        "passive-host-unreachable",
    ),
    (passive(dial(View.CLIENT_SOCKET, Answer.REJECTED, error="EPERM")), "passive-dropped-by-client-host"),
    (
        passive(TIMED_OUT, dial(View.CLIENT_WIRE, Answer.ACCEPTED, established=False)),
        "passive-answer-dropped-by-client-host",
    ),
    (passive(REFUSED, dial(View.CLIENT_WIRE, Answer.REFUSED)), "passive-port-refused"),
    (passive(REFUSED), "passive-port-refused"),
    (passive(REFUSED, dial(View.CLIENT_WIRE, Answer.REFUSED, ttl=63)), "passive-port-rejected"),
    (passive(REFUSED, dial(View.CLIENT_WIRE, Answer.REFUSED, ttl=62)), "passive-port-rejected"),
    (passive(REFUSED, dial(View.CLIENT_WIRE, Answer.REFUSED, ttl=60)), "passive-port-refused"),
    (passive(UNREACHABLE, dial(View.CLIENT_WIRE, Answer.REJECTED)), "passive-port-rejected"),
    (passive(UNREACHABLE), "passive-port-rejected"),
    (passive(UNREACHABLE, dial(View.CLIENT_WIRE, Answer.REJECTED, reason="time exceeded in transit")), "routing-loop"),
    (passive(TIMED_OUT, method=Method.PASV, answer=pasv_reply("10.0.0.5")), "passive-address-unroutable"),
    (
        passive(dial(View.CLIENT_SOCKET, Answer.ACCEPTED), method=Method.PASV, answer=pasv_reply("10.0.0.5")),
        "passive-address-unroutable",
    ),
    (passive(TIMED_OUT, method=Method.PASV, answer=pasv_reply(SERVER[4])), "passive-port-dropped"),
    (passive(control=session(6), method=Method.PASV, answer="550 Permission denied."), "passive-pasv-on-ipv6"),
    (
        passive(control=session(6), method=Method.PASV, answer="227 Entering Passive Mode (0,0,0,0,195,81)."),
        "passive-pasv-on-ipv6",
    ),
    (passive(control=session(6), method=Method.PASV, answer="227 Entering Passive Mode (::1)"), "passive-pasv-on-ipv6"),
    (passive(answer="550 Permission denied."), "passive-refused-by-server"),
    (passive(answer="502 Command not implemented."), "passive-epsv-unsupported"),
    (passive(dial(View.SERVER_WIRE, Answer.SILENT), control=captured()), "passive-port-dropped"),
    (
        passive(
            dial(View.SERVER_WIRE, Answer.ABSENT),
            control=captured(),
            transfer=exchange("LIST", "425 Failed to establish connection.", after=60.0),
        ),
        "passive-port-dropped",
    ),
]


@pytest.mark.parametrize(("channel", "name"), SITUATIONS)
def test_each_situation_has_one_fault(channel: DataChannel, name: str) -> None:
    """Whatever else holds is overridden, and nothing else is said of the data connection."""
    facts = Facts(source=Source(sniffed=True), vantage=Vantage.CLIENT, began=0.0, sessions=(), channels=(channel,))
    diagnosis = diagnose(facts, declarations("ftpdiag.causes", Cause))
    assert [finding.cause for finding in diagnosis.findings if finding.verdict] == [name]


def test_every_override_names_a_cause() -> None:
    """A misspelt precedence would be none."""
    causes = declarations("ftpdiag.causes", Cause)
    known = {cause.name for cause in causes}
    for cause in causes:
        assert set(cause.overrides) <= known, cause.name
