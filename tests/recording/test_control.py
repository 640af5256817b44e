"""The control connection, over real sockets: whatever the server does ends in time, in little memory, in a sentence."""

from __future__ import annotations

import re
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from socket import create_server, socket

import pytest

from ftpdiag import ftp
from ftpdiag.model import Answer, Ending, Endpoint, Opening, Party
from ftpdiag.recording import control
from ftpdiag.recording.clock import now
from ftpdiag.recording.connect import socket_opening
from ftpdiag.recording.control import ControlConnection, never
from ftpdiag.recording.transcript import MOST_KEPT
from tests import scripted_server
from tests.scripted_server import Conversation, Script, ordinary, serving

WAIT = 0.5
"""What a reply gets in these tests."""


@contextmanager
def connected(script: Script) -> Iterator[ControlConnection]:
    """A control connection to a scripted server."""
    with serving(script) as server:
        connection = ControlConnection(server.endpoint)
        connection.connect(WAIT)
        try:
            yield connection
        finally:
            connection.abandon()


def codes(connection: ControlConnection) -> list[tuple[str, list[int]]]:
    """What was recorded, as commands and the codes of their replies."""
    return [(one.verb, [reply.code for reply in one.replies]) for one in ftp.exchanges(connection.lines)]


# --- opening --------------------------------------------------------------------------------------------------------


def test_connect() -> None:
    """An accepted connection is recorded with both ends and the time it took."""
    with connected(ordinary()) as connection:
        assert connection.usable
        assert connection.opening is not None
        assert (connection.opening.answer, connection.opening.opener) == (Answer.ACCEPTED, connection.client)
        assert connection.opening.established
        assert connection.round_trip is not None
        assert 0 < connection.round_trip < WAIT


def test_refused() -> None:
    """A refused connection is a value with its errno, and everything asked of it afterwards is nothing."""
    with closing(create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    connection = ControlConnection(Endpoint(host="127.0.0.1", port=port))
    connection.connect(WAIT)
    assert connection.opening is not None
    assert (connection.opening.answer, connection.opening.error) == (Answer.REFUSED, "ECONNREFUSED")
    assert not connection.usable
    connection.send("NOOP")
    assert connection.reply(WAIT) is None
    assert connection.poll() is None
    connection.close()
    assert connection.lines == []


def test_silent() -> None:
    """A listener whose queue is full answers no SYN: after the wait that is a value, too."""
    with closing(create_server(("127.0.0.1", 0), backlog=0)) as listener, closing(socket()) as first:
        first.connect(listener.getsockname())
        connection = ControlConnection(Endpoint(host="127.0.0.1", port=listener.getsockname()[1]))
        connection.connect(0.2)
        assert connection.opening is not None
        assert (connection.opening.answer, connection.opening.error) == (Answer.SILENT, "ETIMEDOUT")


def test_no_route() -> None:
    """What the kernel itself refuses is rejected, with the errno's name."""
    connection = ControlConnection(Endpoint(host="255.255.255.255", port=21))
    connection.connect(WAIT)
    assert connection.opening is not None
    assert connection.opening.answer is Answer.REJECTED
    assert connection.opening.error in {"ENETUNREACH", "EACCES", "EHOSTUNREACH"}


# --- replies --------------------------------------------------------------------------------------------------------


def test_dialogue() -> None:
    """Lines are recorded in order with their senders, the password as stars; the goodbye is no hangup."""
    with connected(ordinary()) as connection:
        assert connection.reply(WAIT) is not None
        connection.send("PASS s3cret")
        reply = connection.reply(WAIT)
        assert reply is not None
        assert reply.code == 230
        connection.close()
        assert connection.hangup is None
        assert [(line.sender, line.text) for line in connection.lines] == [
            (Party.SERVER, "220 Scripted."),
            (Party.CLIENT, "PASS ***"),
            (Party.SERVER, "230 In."),
            (Party.CLIENT, "QUIT"),
            (Party.SERVER, "221 Bye."),
        ]
        assert [line.at for line in connection.lines] == sorted(line.at for line in connection.lines)


def test_password_that_the_server_repeats() -> None:
    """A server that repeats the password it declines does not get it on record."""
    with connected(ordinary(PASS="500 'PASS s3cret': command not understood.")) as connection:
        connection.reply(WAIT)
        connection.send("PASS s3cret")
        reply = connection.reply(WAIT)
        assert reply is not None
        assert reply.text == "500 'PASS ***': command not understood."
        assert not any("s3cret" in line.text for line in connection.lines)


def test_multi_line_reply_in_pieces() -> None:
    """A reply is awaited to its last line, however long its lines are in coming."""

    def script(conversation: Conversation) -> None:
        for piece in (b"220-Wel", b"come\r\n 220 not yet\r\n", b"221 nor now\r\n", b"220 Now\r\n"):
            conversation.say(piece)
            conversation.pause(0.05)
        conversation.hear()

    with connected(script) as connection:
        reply = connection.reply(WAIT)
        assert reply is not None
        assert reply.lines == ("220-Welcome", " 220 not yet", "221 nor now", "220 Now")


def test_superfluous_replies_answer_nothing() -> None:
    """What a server says before it is asked is on record, and is not taken for the reply to the next command."""
    with connected(ordinary(greeting="220 One\r\n220 Two\r\nand more\r\n", SYST="215 UNIX")) as connection:
        assert connection.reply(WAIT) is not None
        time.sleep(0.05)
        connection.send("SYST")
        reply = connection.reply(WAIT)
        assert reply is not None
        assert reply.code == 215
        assert codes(connection) == [("", [220]), ("", [220, 0, 0]), ("SYST", [215])]


def test_421_before_the_next_command() -> None:
    """A server that says goodbye on its own has hung up, and its 421 is on record."""

    def script(conversation: Conversation) -> None:
        conversation.say("220 Hi")
        conversation.say("421 Timeout.")

    with connected(script) as connection:
        assert connection.reply(WAIT) is not None
        time.sleep(0.05)
        connection.send("SYST")
        assert connection.reply(WAIT) is None
        assert connection.hangup is not None
        assert connection.hangup.ending is Ending.FINISHED
        assert codes(connection) == [("", [220]), ("", [421])]


def test_421_and_reset() -> None:
    """The last word of a server that resets the connection is heard all the same."""

    def script(conversation: Conversation) -> None:
        conversation.say("220 Hi")
        conversation.hear()
        conversation.say("421 Too many.")
        conversation.pause(0.05)
        conversation.reset()

    with connected(script) as connection:
        connection.reply(WAIT)
        connection.send("USER a")
        time.sleep(0.2)
        reply = connection.reply(WAIT)
        assert reply is not None
        assert reply.code == 421
        assert connection.reply(WAIT) is None
        assert connection.hangup is not None
        assert connection.hangup.ending is Ending.RESET
        connection.send("PASS b")
        assert connection.reply(WAIT) is None
        assert codes(connection) == [("", [220]), ("USER", [421])]


def test_last_line_without_its_end() -> None:
    """A reply whose line end never came counts when the server has closed."""

    def script(conversation: Conversation) -> None:
        conversation.say(b"421 Go away")

    with connected(script) as connection:
        reply = connection.reply(WAIT)
        assert reply is not None
        assert reply.code == 421


def test_closed_without_a_word() -> None:
    """A server that closes has hung up after what was asked of it."""
    with connected(ordinary(USER=lambda conversation, _: conversation.close())) as connection:
        connection.reply(WAIT)
        connection.send("USER a")
        assert connection.reply(WAIT) is None
        assert connection.hangup is not None
        assert connection.hangup.ending is Ending.FINISHED
        assert connection.hangup.detail == "The server closed the control connection after USER."


def test_half_closed() -> None:
    """A server that only stops sending has hung up as well: no reply will ever come."""

    def script(conversation: Conversation) -> None:
        conversation.say("220 Hi")
        conversation.socket.shutdown(1)
        conversation.hear()

    with connected(script) as connection:
        began = time.monotonic()
        assert connection.reply(WAIT) is not None
        connection.send("USER a")
        assert connection.reply(WAIT) is None
        assert connection.hangup is not None
        assert connection.hangup.ending is Ending.FINISHED
        assert time.monotonic() - began < WAIT


def test_stalled() -> None:
    """A server that says nothing is given the wait and no more, and the sentence says how long that was."""
    with connected(ordinary(SYST=lambda conversation, _: conversation.pause(9))) as connection:
        connection.reply(WAIT)
        connection.send("SYST")
        began = time.monotonic()
        assert connection.reply(WAIT) is None
        assert WAIT <= time.monotonic() - began < WAIT + 0.5
        assert connection.hangup is not None
        assert connection.hangup.ending is Ending.STALLED
        assert connection.hangup.detail == "No complete reply to SYST came within 0.5 s."
        assert connection.behaviour is None


def test_hopeless() -> None:
    """Waiting ends as soon as there is no hope, and the connection stays usable: nothing is the server's fault."""
    with connected(ordinary(PORT=lambda conversation, _: conversation.pause(9))) as connection:
        connection.reply(WAIT)
        connection.send("PORT 1,2,3,4,5,6")
        began = time.monotonic()
        assert connection.reply(5.0, hopeless=lambda: time.monotonic() - began > 0.2) is None
        assert time.monotonic() - began < 1
        assert connection.reply(0.1, hopeless=lambda: False) is None
        assert connection.usable


def stays(_conversation: Conversation) -> None:
    """Neither closes nor resets."""


@pytest.mark.parametrize("leaves", [stays, Conversation.close, Conversation.reset])
def test_abandoned(leaves: Callable[[Conversation], object]) -> None:
    """What the server said after it was given up is on record; that it then left as well is not held against it."""
    said = threading.Event()

    def late(conversation: Conversation, _argument: str) -> None:
        conversation.pause(0.2)
        conversation.say("425 Cannot open data connection")
        leaves(conversation)
        said.set()
        conversation.hear()

    with connected(ordinary("220 Hi", LIST=late)) as connection:
        connection.reply(WAIT)
        connection.send("LIST")
        assert connection.reply(0.1, hopeless=never) is None
        assert said.wait(WAIT)
        connection.abandon()
        assert codes(connection)[1:] == [("LIST", [425])]
        assert connection.hangup is None


def test_poll() -> None:
    """Polling takes what is there and waits for nothing."""
    with connected(ordinary()) as connection:
        connection.reply(WAIT)
        began = time.monotonic()
        assert connection.poll() is None
        assert time.monotonic() - began < 0.05
        connection.send("SYST")
        time.sleep(0.1)
        reply = connection.poll()
        assert reply is not None
        assert reply.code == 215


# --- servers that mean no good --------------------------------------------------------------------------------------


def repeating(data: bytes, beginning: bytes = b"", pause: float = 0.0) -> Script:
    """Say something over and over, until the client has had enough."""

    def script(conversation: Conversation) -> None:
        conversation.say(beginning)
        while True:
            conversation.say(data)
            conversation.pause(pause)

    return script


HOSTILE = [
    pytest.param(repeating(b"x" * 65536), Ending.STOPPED, "more than 256 KiB", id="a greeting without a line end"),
    pytest.param(repeating(b"hello there\r\n" * 5000), Ending.STOPPED, "and no end", id="endless lines"),
    pytest.param(repeating(b"\n" * 65536), Ending.STOPPED, "more than 10000 lines", id="endless empty lines"),
    pytest.param(
        repeating(b"220-\r\n" * 10000), Ending.STOPPED, "more than 10000 lines", id="an endless multi-line reply"
    ),
    pytest.param(
        repeating(b"more " * 200 + b"\r\n", b"220-\r\n"), Ending.STOPPED, "more than 256 KiB", id="its other kind"
    ),
    pytest.param(repeating(bytes(range(256)) * 256), Ending.STOPPED, "more than 256 KiB", id="binary"),
    pytest.param(repeating(b"220-x\r\n", pause=0.05), Ending.STALLED, "no complete reply", id="a slow endless reply"),
    pytest.param(repeating(b"2", pause=0.05), Ending.STALLED, "no complete reply", id="a byte at a time"),
]


@pytest.mark.parametrize(("script", "ending", "words"), HOSTILE)
def test_hostile_greeting(script: Script, ending: Ending, words: str) -> None:
    """Endless greetings of any kind end in seconds, with one sentence that says what it was, and few lines are kept."""
    with connected(script) as connection:
        began = time.monotonic()
        assert connection.reply(WAIT if ending is Ending.STALLED else 10) is None
        connection.close()
        assert time.monotonic() - began < 3
    assert connection.hangup is not None
    assert connection.hangup.ending is ending
    assert connection.behaviour is not None
    assert words in connection.behaviour
    assert connection.behaviour.endswith(".")
    assert len(connection.lines) <= MOST_KEPT


@pytest.mark.parametrize("data", [b"x" * 65536, b"220-" + b"x" * 1000 + b"\n"], ids=["one line", "one reply"])
def test_memory(data: bytes) -> None:
    """An endless greeting takes a few megabytes and no more."""
    with connected(repeating(data)) as connection:
        tracemalloc.start()
        try:
            connection.reply(10)
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert connection.behaviour is not None
    assert most < 10 << 20


def test_endless_replies_that_nobody_asked_for() -> None:
    """A server that never stops answering is not listened to for ever."""
    with connected(repeating(b"220 Hi\r\n" * 8000)) as connection:
        time.sleep(0.05)
        began = time.monotonic()
        assert connection.reply(WAIT) is not None
        connection.send("USER a")
        assert connection.reply(WAIT) is None
        assert time.monotonic() - began < 2
        assert connection.behaviour is not None
        assert "nobody asked for" in connection.behaviour


def test_overlong_line() -> None:
    """A line of nearly as much as one reply may have is cut, and the reply after it is heard."""
    with connected(ordinary(SYST="211-\r\n" + "x" * (ftp.Patience.MAX_BYTES - 5000) + "\r\n211 End")) as connection:
        connection.reply(WAIT)
        connection.send("SYST")
        reply = connection.reply(WAIT)
        assert reply is not None
        assert (reply.code, len(reply.lines)) == (211, 3)
        assert len(reply.lines[1]) == ftp.MAX_LINE


def test_not_ftp() -> None:
    """A server of another protocol is given a moment, not the whole wait; its words are on record."""

    def script(conversation: Conversation) -> None:
        conversation.say("SSH-2.0-OpenSSH_9.2p1 Debian-2")
        conversation.hear()

    with connected(script) as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(control, "JUNK_WAIT", 0.2)
        began = time.monotonic()
        assert connection.reply(10) is None
        assert time.monotonic() - began < 1
        assert [line.text for line in connection.lines] == ["SSH-2.0-OpenSSH_9.2p1 Debian-2"]
        assert connection.hangup is not None
        assert re.fullmatch(r"No complete reply to the connection came within 0\.\d s\.", connection.hangup.detail)


def test_junk_before_the_greeting() -> None:
    """A line of nonsense before the greeting does not hide it."""
    with connected(ordinary(greeting="Welcome!\r\n\r\n220 Hi")) as connection:
        reply = connection.reply(WAIT)
        assert reply is not None
        assert reply.code == 220


def test_server_that_takes_nothing() -> None:
    """A server that never reads does not hold up the probe."""

    def script(conversation: Conversation) -> None:
        conversation.say("220 Hi")
        conversation.pause(9)

    with connected(script) as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(control, "JUNK_WAIT", 0.2)
        connection.reply(WAIT)
        began = time.monotonic()
        connection.send("USER " + "x" * (16 << 20))
        assert time.monotonic() - began < 2
        assert connection.hangup is not None
        assert connection.hangup.ending is Ending.STALLED


# --- questions that nothing depends on ------------------------------------------------------------------------------


def ignores(_conversation: Conversation, _argument: str) -> None:
    """Says nothing."""


def after(reply: str, seconds: float = 0.4) -> Callable[[Conversation, str], None]:
    """Says it late."""

    def answer(conversation: Conversation, _argument: str) -> None:
        conversation.pause(seconds)
        conversation.say(reply)

    return answer


@contextmanager
def asking(question: str, **overrides: scripted_server.Answer) -> Iterator[ControlConnection]:
    """A connection on which a question has had no answer in time."""
    with connected(ordinary("220 Hi", **overrides)) as connection:
        connection.reply(WAIT)
        assert connection.ask(question, 0.2) is None
        assert connection.usable
        assert list(connection.overdue) == [question]
        yield connection


def test_answered_question() -> None:
    """A question that is answered leaves nothing behind, whether the answer is yes or no."""
    with connected(ordinary(SYST="500 What?")) as connection:
        connection.reply(WAIT)
        for question, code in (("FEAT", 211), ("SYST", 500)):
            answer = connection.ask(question, WAIT)
            assert answer is not None
            assert answer.code == code
        assert not connection.overdue


LATE = [
    pytest.param("FEAT", ignores, "USER", "331 Go on", [], 331, id="never answered"),
    pytest.param("FEAT", ignores, "USER", "421 Too many", [], 421, id="never answered, and then a 421"),
    pytest.param("FEAT", after("211 Nothing"), "USER", "331 Go on", [211], 331, id="answered late"),
    pytest.param("FEAT", after("530 Log in first"), "USER", "331 Go on", [530], 331, id="declined late"),
    pytest.param("FEAT", after("500 What?"), "USER", "530 No", [500], 530, id="declined late, and the login too"),
    pytest.param("SYST", after("215 UNIX"), "STAT", "211 Fine", [215], 211, id="answered ahead of another answer"),
    pytest.param("SYST", ignores, "STAT", "211 Fine", [], 211, id="another question answered"),
    pytest.param("STAT", after("211 Fine"), "PORT", "500 Illegal PORT command.", [211], 500, id="ahead of a refusal"),
]


@pytest.mark.parametrize(("question", "answer", "verb", "reply", "late", "code"), LATE)
def test_unanswered_question(  # noqa: PLR0913, PLR0917  the columns of the table
    question: str, answer: scripted_server.Answer, verb: str, reply: str, late: list[int], code: int
) -> None:
    """What follows a question without an answer gets the reply that is its own, and the record says the same."""
    with asking(question, **{question: answer, verb: reply}) as connection:
        connection.send(verb)
        heard = connection.reply(3 * WAIT)
        assert heard is not None
        assert heard.code == code
        assert not connection.overdue
        assert codes(connection)[1:] == [(question, late), (verb, [code])]


def test_answer_that_comes_after_all() -> None:
    """An answer that is overtaken by a later reply is nobody's, whatever waits then."""

    def overtaken(conversation: Conversation, _argument: str) -> None:
        conversation.say("331 Go on\r\n211 Nothing")

    with asking("FEAT", FEAT=ignores, USER=overtaken) as connection:
        for verb, code in (("USER", 331), ("PASS", 230)):
            connection.send(verb)
            reply = connection.reply(WAIT)
            assert reply is not None
            assert reply.code == code
        assert codes(connection)[1:] == [("FEAT", [211]), ("USER", [331]), ("PASS", [230])]


def test_doubtful_refusal() -> None:
    """A refusal with nothing after it may be either's: it is handed out, and the question stays overdue."""
    with asking("STAT", STAT=ignores, PASV="502 No.") as connection:
        connection.send("PASV")
        reply = connection.reply(WAIT)
        assert reply is not None
        assert reply.code == 502
        assert list(connection.overdue) == ["STAT"]


def test_answer_between_two_commands() -> None:
    """An answer that comes before the next command is sent is not taken for something the server says unasked."""
    with asking("STAT", STAT=after("502 No.", 0.3)) as connection:
        time.sleep(0.3)
        assert connection.send("PASV") == ()
        assert not connection.overdue
        reply = connection.reply(WAIT)
        assert reply is not None
        assert reply.code == 227


# --- several addresses ----------------------------------------------------------------------------------------------


def test_first_address_that_accepts() -> None:
    """Addresses are tried in their order; the one that accepts is the server, those before it are on record."""
    with serving(ordinary()) as server, closing(create_server(("127.0.0.2", server.endpoint.port))):
        dead = server.endpoint.at_host("127.0.0.9")
        connection = ControlConnection(dead, server.endpoint, server.endpoint.at_host("127.0.0.2"))
        connection.connect(WAIT)
        assert (connection.server, connection.usable) == (server.endpoint, True)
        assert connection.opening is not None
        assert connection.opening.target == server.endpoint
        assert [(one.target, one.answer) for one in connection.passed_over] == [(dead, Answer.REFUSED)]
        connection.close()


def test_addresses_that_are_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many dead addresses cost no more than twice the time of one: the others share what the first may take."""
    waits: list[float] = []

    def silent(target: Endpoint, wait: float, **_: object) -> tuple[None, Opening]:
        waits.append(wait)
        began = now()
        time.sleep(wait)
        return None, socket_opening(began, Endpoint(host="", port=0), target, TimeoutError())

    monkeypatch.setattr(control, "opened", silent)
    monkeypatch.setattr(control, "OTHER_ADDRESS", 0.2)
    addresses = [Endpoint(host=f"192.0.2.{number}", port=21) for number in range(1, 40)]
    connection = ControlConnection(*addresses)
    connection.connect(0.5)
    assert waits[:3] == pytest.approx([0.5, 0.2, 0.2], abs=0.05)
    assert sum(waits) <= 1.0
    assert connection.server == addresses[0]


def test_no_address_accepts() -> None:
    """Where none accepts the first one speaks for all."""
    with closing(create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    first, second = Endpoint(host="127.0.0.1", port=port), Endpoint(host="127.0.0.2", port=port)
    connection = ControlConnection(first, second)
    connection.connect(WAIT)
    assert connection.server == first
    assert connection.opening is not None
    assert connection.opening.target == first
    assert [one.target for one in connection.passed_over] == [second]
