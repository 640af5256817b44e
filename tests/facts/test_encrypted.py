from __future__ import annotations

import pytest

from ftpdiag.cause import Cause
from ftpdiag.diagnosis import diagnose
from ftpdiag.discovery import declarations
from ftpdiag.model import Answer, Endpoint, Facts, Method
from tests.test_facts import ACK, CLIENT, FIN, SERVER, Tape

TO_SERVER = Endpoint(host=SERVER.host, port=50000)
TO_CLIENT = Endpoint(host=CLIENT.host, port=50001)
CALLER = Endpoint(host=CLIENT.host, port=40001)
HELLO = b"\x16\x03\x01\x00\x05hello"


def secured(tape: Tape | None = None) -> Tape:
    """A session up to where TLS begins."""
    tape = (tape or Tape()).connect().say("S: 220 Hi", "C: AUTH TLS", "S: 234 Go ahead")
    tape.segment(CLIENT, SERVER, ACK, HELLO)
    tape.segment(SERVER, CLIENT, ACK, HELLO)
    return tape


def test_tls_byte_by_byte() -> None:
    """However its records are cut into segments, TLS is no part of the dialogue."""
    tape = Tape().connect().say("S: 220 Hi", "C: AUTH TLS", "S: 234 Go ahead")
    for byte in HELLO:
        tape.segment(CLIENT, SERVER, ACK, bytes([byte]))
    (session,) = tape.replayed().sessions
    assert [one.text for one in session.lines] == ["220 Hi", "AUTH TLS", "234 Go ahead"]
    assert session.opaque


CLEARED = (
    *("C: EPSV", "S: 229 Entering (|||50001|)", "C: LIST", "S: 150 Here", "S: 226 Sent", "C: QUIT", "S: 221 Bye"),
)


def cleared(*, size: int = 64, lost: bool = False) -> Tape:
    """TLS, and a data connection in its time; then the client clears the control connection (RFC 4217 §12.3)."""
    tape = secured().open(CALLER, TO_SERVER)
    for source, to in ((CLIENT, SERVER), (SERVER, CLIENT)):
        records = b"\x17\x03\x03\x00\x08227 5\r\n\r" + b"\x15\x03\x03\x00\x02\x01\x00"
        for at in range(0, len(records), size):
            tape.segment(source, to, ACK, records[at : at + size])
        if lost:
            del tape.packets[-1]
    return tape.say(*CLEARED)


@pytest.mark.parametrize("size", [1, 6, 64])
def test_cleared(size: int) -> None:
    """What is said in the clear after TLS is told, and what was hidden before it stays inferred."""
    facts = cleared(size=size).replayed()
    (session,) = facts.sessions
    assert [one.text for one in session.lines] == ["220 Hi", "AUTH TLS", "234 Go ahead", *(one[3:] for one in CLEARED)]
    assert [(one.method, one.announced, one.inferred) for one in facts.channels] == [
        (Method.EPSV, TO_SERVER._replace(port=50001), False),
        (Method.PASV, TO_SERVER, True),
    ]


def test_secured_cleared_and_secured_anew() -> None:
    """After CCC a client may ask for TLS once more: what is said then is hidden, and its data connections inferred."""
    tape = cleared()
    del tape.packets[-2:]  # no goodbye yet
    assert [one.hidden_again for one in tape.replayed().sessions] == [False]
    tape.say("C: AUTH TLS", "S: 234 Go ahead")
    for source, to in ((CLIENT, SERVER), (SERVER, CLIENT)):
        tape.segment(source, to, ACK, HELLO)
    later = TO_SERVER._replace(port=50009)
    facts = tape.open(CALLER._replace(port=40009), later).replayed()
    assert [one.hidden_again for one in facts.sessions] == [True]
    assert [one.announced for one in facts.channels if one.inferred] == [TO_SERVER, later]


@pytest.mark.parametrize("verb", ["MIC", "CONF", "ENC"])
def test_protected_by_other_means(verb: str) -> None:
    """GridFTP hides its commands within others (RFC 2228): its data connections are inferred, and nothing before."""
    tape = Tape().connect().say("S: 220 Hi", "C: AUTH GSSAPI", "S: 334 Go on")
    tape.open(CALLER, TO_SERVER).say("C: ADAT YII", "S: 235 ADAT=YII")
    for port in (50001, 50002):
        tape.say(f"C: {verb} FwMBA", "S: 631 FwMBA")
        tape.open(CALLER._replace(port=port), TO_SERVER._replace(port=port))
    tape.say(f"C: {verb} FwMBA", "S: 632 FwMBA")
    facts = tape.replayed()
    assert [one.opaque for one in facts.sessions] == [True]
    assert [(one.announced and one.announced.port, one.inferred) for one in facts.channels] == [
        (50001, True),
        (50002, True),
    ]


@pytest.mark.parametrize("answer", ["500 Unknown command.", "502 No.", "503 AUTH first.", "530 Log in.", "534 No."])
def test_what_the_server_does_not_take_hides_nothing(answer: str) -> None:
    """A protected command that was declined as such leaves the session readable; what hides may come later."""
    tape = Tape().connect().say("S: 220 Hi", "C: USER alice", "S: 331 Please", "C: MIC FwMBA", f"S: {answer}")
    tape.open(CALLER, TO_SERVER).say("C: PASS x", "S: 530 Login incorrect.")
    facts = tape.replayed()
    assert [one.opaque for one in facts.sessions] == [False]
    diagnosis = diagnose(facts, declarations("ftpdiag.causes", Cause))
    assert [one.cause for one in diagnosis.findings] == ["control-login-refused"]
    later = CALLER._replace(port=50001)
    facts = tape.say("C: MIC FwMBA", "S: 631 FwMBA").open(later, TO_SERVER._replace(port=50001)).replayed()
    assert [one.announced and one.announced.port for one in facts.channels] == [50001]


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_cleared_in_small_segments(size: int) -> None:
    """A line that comes in pieces is one behind TLS as well, though its first piece tells nothing."""
    tape = secured()
    for source, to, line in ((CLIENT, SERVER, b"EPSV\r\n"), (SERVER, CLIENT, b"229 Entering (|||50001|)\r\n")):
        tape.segment(source, to, ACK, b"\x17\x03\x03\x00\x02\x01\x00")
        for at in range(0, len(line), size):
            tape.segment(source, to, ACK, line[at : at + size])
    (channel,) = tape.replayed().channels
    assert (channel.announced, channel.inferred) == (TO_SERVER._replace(port=50001), False)


@pytest.mark.parametrize("junk", [b"\x01", b"22\x01\x02\x03", b"999999"])
def test_what_is_no_line_behind_tls(junk: bytes) -> None:
    """Neither a record nor a line: nothing behind it is read."""
    tape = secured()
    for byte in b"\x17\x03\x03\x00\x02\x01\x00" + junk + b"\r\n220 Hi\r\n":
        tape.segment(SERVER, CLIENT, ACK, bytes([byte]))
    (session,) = tape.replayed().sessions
    assert [one.text for one in session.lines] == ["220 Hi", "AUTH TLS", "234 Go ahead"]


def test_cleared_with_a_loss() -> None:
    """Where part of a record was not captured, nobody knows where TLS ends, and nothing behind it is read."""
    (session,) = cleared(lost=True).replayed().sessions
    assert [one.text for one in session.lines] == ["220 Hi", "AUTH TLS", "234 Go ahead"]


def told(facts: Facts) -> list[tuple[Method, Endpoint | None, Answer | None, bool]]:
    """What matters of each channel."""
    return [(one.method, one.announced, one.wire.answer if one.wire else None, one.inferred) for one in facts.channels]


def test_passive() -> None:
    """What the client opens to the server while the session is encrypted is taken for its data connection."""
    tape = secured().open(CALLER, TO_SERVER)
    tape.segment(TO_SERVER, CALLER, ACK, HELLO)
    facts = tape.replayed()
    assert told(facts) == [(Method.PASV, TO_SERVER, Answer.ACCEPTED, True)]
    (channel,) = facts.channels
    assert channel.veiled
    assert channel.carriage is not None
    assert channel.carriage.to_client == len(HELLO)
    assert (channel.replies, channel.transfer) == ((), None)


def test_active_in_vain() -> None:
    """What the server opens to the client is active mode; where nobody answers, that can be judged."""
    facts = secured().call_in_vain(Endpoint(host=SERVER.host, port=20), TO_CLIENT).replayed()
    assert told(facts) == [(Method.PORT, TO_CLIENT, Answer.SILENT, True)]
    assert not facts.channels[0].veiled


@pytest.mark.parametrize(
    ("opener", "target"),
    [
        (CALLER, Endpoint(host=SERVER.host, port=443)),
        (CALLER, SERVER),
        (Endpoint(host="192.0.2.9", port=40001), TO_SERVER),
        (CALLER, Endpoint(host="192.0.2.9", port=50000)),
    ],
)
def test_something_else(opener: Endpoint, target: Endpoint) -> None:
    """A service on a well-known port, another control connection, or another host is no data connection."""
    assert not told(secured().open(opener, target).replayed())


def test_before_and_after() -> None:
    """What begins before TLS does, or after the session has ended, is not the session's."""
    tape = Tape()
    tape.open(CALLER, TO_SERVER)
    secured(tape)
    tape.segment(CLIENT, SERVER, FIN)
    tape.open(CALLER, Endpoint(host=SERVER.host, port=50002))
    assert not told(tape.replayed())


def test_negotiated_by_another() -> None:
    """A data connection that a readable session negotiated is that session's."""
    tape = secured()
    other = Tape(
        client=Endpoint(host=CLIENT.host, port=41000), numbers=tape.numbers, packets=tape.packets, now=tape.now
    )
    other.connect().say("S: 220 Hi", "C: USER a", "S: 230 In", "C: EPSV", "S: 229 Entering (|||50000|)")
    other.open(CALLER, TO_SERVER)
    assert told(other.replayed()) == [(Method.EPSV, TO_SERVER, Answer.ACCEPTED, False)]


def test_the_latest_session() -> None:
    """Of two encrypted sessions of the same hosts, the one that began last is taken."""
    tape = secured()
    client = Endpoint(host=CLIENT.host, port=41000)
    other = Tape(client=client, numbers=tape.numbers, packets=tape.packets, now=tape.now)
    other.connect().say("S: 220 Hi", "C: AUTH TLS", "S: 234 Go ahead")
    other.segment(client, SERVER, ACK, HELLO)
    other.open(CALLER, TO_SERVER)
    (channel,) = other.replayed().channels
    assert channel.session.client == client
