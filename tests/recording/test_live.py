"""A whole probe of servers on loopback: side by side, one at a time where the server insists, and never wrong."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer

from ftpdiag import ftp
from ftpdiag.discovery import declarations
from ftpdiag.facts import derive
from ftpdiag.model import (
    Answer,
    Attempt,
    Cell,
    Doubt,
    Ending,
    Endpoint,
    Experiment,
    Method,
    Recording,
    Retry,
    Target,
    Tls,
    Vantage,
)
from ftpdiag.recording import live, schedule
from ftpdiag.recording.plan import Plan, Sniffing
from ftpdiag.recording.tap import privileges
from ftpdiag.recording.tap.sniffer import CannotSniff
from ftpdiag.session import Account, Handshake
from tests import scripted_server
from tests.certificates import certificate, server_context
from tests.recording.experiments import EXPERIMENTS
from tests.scripted_server import Conversation, Script, eprt, epsv, free_port, ordinary, pasv, plan_for, port, serving

HANDSHAKES = declarations("ftpdiag.handshakes", Handshake)
ALL_FOUR = {Method.PASV, Method.EPSV, Method.PORT, Method.EPRT}


@pytest.fixture(autouse=True)
def _unhurried_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests after these keep their rights, and nobody waits for seconds."""
    monkeypatch.setattr(privileges, "drop", lambda: None)
    monkeypatch.setattr(schedule, "RELEASE", 0.05)


def probe(plan: Plan) -> Recording:
    """What a probe recorded."""
    recording, frames = live.probe(plan, HANDSHAKES, (), lambda _who, _what: None)
    assert frames == ()
    return recording


def worked(recording: Recording) -> Counter[tuple[Method, Tls]]:
    """The methods whose data moved to the end."""
    done = (channel for channel in derive(recording).channels if channel.completed)
    return Counter((channel.method, channel.session.tls) for channel in done)


def each(methods: set[Method] = ALL_FOUR, *encryptions: Tls) -> Counter[tuple[Method, Tls]]:
    """Each method once in each encryption."""
    return Counter((method, tls) for method in methods for tls in encryptions or (Tls.NONE,))


def codes(attempts: Sequence[Attempt]) -> set[int]:
    """The codes of all replies."""
    return {reply.code for one in attempts for exchange in ftp.exchanges(one.lines) for reply in exchange.replies}


# --- a real server --------------------------------------------------------------------------------------------------


def hand_over(call_back: Any) -> None:  # noqa: ANN401  pyftpdlib has no types
    """Hand a call-back over to the transfer, and forget it.

    pyftpdlib 2.2 closes it a second time when its session ends, and so stops listening to whichever session has
    inherited the file descriptor. What a probe makes of that has tests of its own, below.
    """
    FTPHandler.active_dtp.handle_connect(call_back)
    call_back._closed = call_back.cmd_channel.data_channel is not None  # noqa: SLF001


@contextmanager
def pyftpdlib(
    folder: Path, handler: type[FTPHandler], rights: str = "elradfmw", **settings: object
) -> Iterator[Endpoint]:
    """A server of `folder` with an anonymous user who may write."""
    logging.getLogger("pyftpdlib").setLevel(logging.CRITICAL)
    authorizer = DummyAuthorizer()
    with pytest.warns(RuntimeWarning, match="write permissions"):
        authorizer.add_anonymous(str(folder), perm=rights)
    calling_back = type("CallsBack", (handler.active_dtp,), {"handle_connect": hand_over})
    made = type("Handler", (handler,), {"authorizer": authorizer, "active_dtp": calling_back, **settings})
    server = FTPServer(("127.0.0.1", 0), made, ioloop=IOLoop())
    stopping = threading.Event()

    def serve() -> None:
        while not stopping.is_set():
            server.ioloop.loop(timeout=0.01, blocking=False)
        server.close_all()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield Endpoint(host="127.0.0.1", port=server.socket.getsockname()[1])
    finally:
        stopping.set()
        thread.join(5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the server serves."""
    (tmp_path / "README").write_text("hello\n")
    return tmp_path


def test_real_server(folder: Path) -> None:
    """All four handshakes with a real server work side by side, in a moment, and it is known by name."""
    with pyftpdlib(folder, FTPHandler) as server:
        began = time.monotonic()
        recording = probe(plan_for(server, timeout=3.0))
        assert time.monotonic() - began < 2
    assert worked(recording) == each()
    assert {session.product for session in derive(recording).sessions} == {"pyftpdlib 2.2.0"}
    assert (recording.vantage, recording.untried, recording.unresolved) == (Vantage.CLIENT, (), None)
    assert (recording.source.address, recording.source.sniffed) == ("127.0.0.1", False)
    assert recording.source.reason == "Nothing was sniffed, because --no-sniff was given."


def test_real_server_with_tls(folder: Path, tmp_path: Path) -> None:
    """Explicit TLS is tested too where FEAT offers it, without being asked for."""
    pem = tmp_path / "server.pem"
    certificate().private_key_and_cert_chain_pem.write_to_path(str(pem))
    with pyftpdlib(folder, TLS_FTPHandler, certfile=str(pem)) as server:
        recording = probe(plan_for(server, timeout=3.0))
    assert worked(recording) == each(ALL_FOUR, Tls.NONE, Tls.EXPLICIT)
    assert {carriage.tls for one in recording.attempts for carriage in one.carriages} == {None, "TLSv1.3"}


@pytest.mark.parametrize(("verb", "path"), [("RETR", "README"), ("STOR", None)])
def test_real_transfers(folder: Path, verb: str, path: str | None) -> None:
    """A file comes, or goes and is removed again."""
    with pyftpdlib(folder, FTPHandler) as server:
        target = Target(given="", host=server.host, port=server.port, path=path)
        recording = probe(plan_for(server, timeout=3.0, verb=verb, target=target))
    assert worked(recording) == each()
    assert [file.name for file in folder.iterdir()] == ["README"]


def test_uploads_of_sessions_that_end_are_deleted_by_another() -> None:
    """Where no control connection outlives its transfer, one more session deletes them all."""
    deleted = list[str]()

    def hang_up(conversation: Conversation, _argument: str) -> None:
        conversation.say("150 Go on.")
        conversation.data()
        conversation.close_data()
        conversation.reset()

    def delete(conversation: Conversation, argument: str) -> None:
        deleted.append(argument)
        conversation.say("250 Gone.")

    with serving(ordinary(STOR=hang_up, DELE=delete)) as server:
        recording = probe(plan_for(server.endpoint, timeout=1.0, verb="STOR"))
        assert len(server.conversations) == len(recording.attempts) + 1
    stored = [line.text for one in recording.attempts for line in one.lines if line.text.startswith("STOR")]
    assert sorted(stored) == sorted(f"STOR {one}" for one in deleted)
    assert derive(recording).left_behind == ()


def test_uploads_that_the_server_keeps_are_named(folder: Path) -> None:
    """Who may write and not delete is told what is left behind, and in the server's words why."""
    with pyftpdlib(folder, FTPHandler, rights="elrw") as server:
        recording = probe(plan_for(server, timeout=3.0, verb="STOR"))
    assert worked(recording) == each()
    left = derive(recording).left_behind
    assert {one.path for one in left} == {file.name for file in folder.iterdir()} - {"README"}
    assert {(one.server, one.answer) for one in left} == {("127.0.0.1", "550 Not enough privileges.")}


def test_real_limit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that allows one connection from an address gets one at a time, and every method its result."""
    monkeypatch.setattr(FTPServer, "max_cons_per_ip", 1)
    with pyftpdlib(folder, FTPHandler) as server:
        recording = probe(plan_for(server, timeout=3.0))
    assert worked(recording) == each()


# --- questions without an answer ------------------------------------------------------------------------------------


def ignores(_conversation: Conversation, _argument: str) -> None:
    """Says nothing."""


def deaf(conversation: Conversation, _argument: str) -> None:
    """Says nothing, and nothing to whatever follows."""
    while conversation.hear():
        pass


def unasked(recording: Recording) -> list[tuple[str, ...]]:
    """The questions that each session left out."""
    return [one.unasked for one in recording.attempts]


@pytest.mark.parametrize("question", ["FEAT", "SYST", "STAT"])
def test_ignored_question(question: str) -> None:
    """A question that the server ignores costs one short wait of one session, and no result."""
    with serving(ordinary("220 Hi", **{question: ignores})) as server:
        began = time.monotonic()
        recording = probe(plan_for(server.endpoint))
        assert time.monotonic() - began < 1.5
    assert worked(recording) == each()
    assert unasked(recording) == [(), *[(question,)] * 3]


@pytest.mark.parametrize("question", ["FEAT", "SYST", "STAT"])
def test_question_that_stops_the_server(question: str) -> None:
    """Where nothing is answered any more after a question, the session begins anew without it."""
    with serving(ordinary("220 Hi", **{question: deaf})) as server:
        recording = probe(plan_for(server.endpoint))
    assert worked(recording) == each()
    assert unasked(recording) == [(question,)] * 4


def test_refusal_after_an_ignored_question() -> None:
    """A refusal that may be the answer to a question is asked for again without the question."""
    with serving(ordinary(STAT=ignores, PASV="502 No.")) as server:
        recording = probe(plan_for(server.endpoint, methods=(Method.PASV,)))
    assert unasked(recording) == [("STAT",)]
    assert derive(recording).channels[0].negotiation.final is not None


@pytest.mark.parametrize("reply", ["211 Fine", "502 No"])
def test_question_answered_late(reply: str) -> None:
    """An answer that comes when the session has gone on is nobody else's reply."""

    def late(conversation: Conversation, _argument: str) -> None:
        conversation.pause(0.8)
        conversation.say(reply)

    with serving(ordinary(FEAT=late, STAT=late, LIST="550 No listing.")) as server:
        recording = probe(plan_for(server.endpoint))
    channels = derive(recording).channels
    finals = [channel.transfer.final for channel in channels if channel.transfer]
    assert [final.code for final in finals if final] == [550] * 4
    assert all(channel.announced for channel in channels)


def test_a_second_round_settles_what_the_first_one_leaves_open() -> None:
    """Its doubts are those about the recording with the trials of the first; what lasts comes after both."""
    with serving(ordinary(NOOP="200 Nothing done.")) as server:
        rounds = [Experiment.DIAL_AGAIN, Experiment.SMALL_SEGMENTS]

        def doubting(recording: Recording) -> list[Doubt]:
            tried = {one.experiment for one in recording.trials if isinstance(one, Retry)}
            assert tried in (set(), {Experiment.DIAL_AGAIN})
            cell = Cell(method=Method.EPSV, family=4, tls=Tls.NONE)
            return [Doubt(experiment=rounds[len(tried)], cell=cell, server=server.endpoint)]

        plan = plan_for(server.endpoint, hold=0.1, experiments=(Experiment.HELD_TRANSFER,))
        recording, _ = live.probe(plan, HANDSHAKES, EXPERIMENTS, lambda _who, _what: None, doubting)
    made = dict.fromkeys(one.experiment for one in recording.trials if isinstance(one, Retry))
    assert list(made) == [*rounds, Experiment.HELD_TRANSFER]


# --- limits ---------------------------------------------------------------------------------------------------------


def limited(most: int, refuse: Script, **overrides: scripted_server.Answer) -> Script:
    """An ordinary server that admits so many at once, and refuses the others in its way."""
    lock = threading.Lock()
    inside = 0

    def script(conversation: Conversation) -> None:
        nonlocal inside
        with lock:
            admitted = inside < most
            inside += admitted
        try:
            (ordinary("220 Hi", **overrides) if admitted else refuse)(conversation)
        finally:
            # As many servers do, it counts a connection for a moment after it has ended.
            with suppress(ConnectionAbortedError):
                conversation.pause(0.03)
            with lock:
                inside -= admitted

    return script


def say_421(conversation: Conversation) -> None:
    """The RFC's way."""
    conversation.say("421 Too many connections from your internet address.")


def say_530(conversation: Conversation) -> None:
    """ProFTPD's way, at the login."""
    ordinary(PASS="530 Sorry, the maximum number of clients (1) from your host are already connected.")(conversation)


def reset(conversation: Conversation) -> None:
    """A firewall's way."""
    conversation.reset()


def close(_conversation: Conversation) -> None:
    """Without a word."""


LIMITS = [pytest.param(one, id=one.__name__) for one in (say_421, say_530, reset, close)]


def test_limit_that_a_data_connection_met() -> None:
    """Where some are turned away at the door, one that could not connect is made again alone, and both are told."""
    dead = [free_port()]

    def announce(conversation: Conversation, argument: str) -> None:
        if dead:
            conversation.say(f"229 Here (|||{dead.pop()}|)")
        else:
            epsv(conversation, argument)

    with serving(limited(2, reset, EPSV=announce)) as server:
        recording = probe(plan_for(server.endpoint))
    assert worked(recording) == each()
    (told,) = [one.at_first for one in recording.attempts if one.at_first]
    assert told == (
        "EPSV (IPv4) could not connect beside this probe's other sessions, and was tried again alone: a firewall may "
        "limit the connections of one address."
    )


@pytest.mark.parametrize("refuse", LIMITS)
@pytest.mark.parametrize("most", [1, 2])
def test_limit(most: int, refuse: Script) -> None:
    """Whatever way a server refuses a second connection, the probe falls back and every method gets its result."""
    with serving(limited(most, refuse)) as server:
        recording = probe(plan_for(server.endpoint))
    assert worked(recording) == each()
    assert len(recording.attempts) == 4
    assert recording.untried == ()


@pytest.mark.parametrize("refuse", [say_421, say_530, reset])
def test_limit_with_tls(refuse: Script) -> None:
    """The encrypted handshakes, which begin while others are under way, get their results as well."""
    features = "211-Features:\r\n AUTH TLS\r\n211 End"
    with serving(limited(1, refuse, FEAT=features), context=server_context()) as server:
        recording = probe(plan_for(server.endpoint))
    assert worked(recording) == each(ALL_FOUR, Tls.NONE, Tls.EXPLICIT)
    assert recording.untried == ()


def test_limit_that_stays() -> None:
    """A server that lets in nobody but the first is given up in time, and the others are not called blocked."""
    admitted = threading.Lock()

    def script(conversation: Conversation) -> None:
        if admitted.acquire(blocking=False):
            ordinary()(conversation)
        else:
            say_421(conversation)

    with serving(script) as server:
        began = time.monotonic()
        recording = probe(plan_for(server.endpoint))
        assert time.monotonic() - began < 5
    assert sum(worked(recording).values()) == 1
    refused = [one for one in recording.attempts if not ftp.logged_in(ftp.exchanges(one.lines))]
    assert len(refused) == 3
    assert codes(refused) == {421}
    assert [one.crowded for one in derive(recording).sessions].count(True) == 3


def test_a_ban_is_not_prolonged() -> None:
    """A server that lets one session in and then answers no SYN is tried once more, and the others are left alone."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, socket.socket() as unserved:

        def serve() -> None:
            sock, _ = server.accept()
            unserved.connect(server.getsockname())  # it fills the queue: Linux drops the SYN of the next (listen(2))
            with sock, sock.makefile("rwb", buffering=0) as lines:
                lines.write(b"220 Hi\r\n")
                for line in lines:
                    lines.write(b"230 Welcome.\r\n" if line.startswith(b"USER") else b"500 No.\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        began = time.monotonic()
        recording = probe(plan_for(Endpoint(host="127.0.0.1", port=server.getsockname()[1])))
        assert time.monotonic() - began < 5
        thread.join()
    silent = [one for one in recording.attempts if one.openings[0].answer is Answer.SILENT]
    assert len(silent) == len(ALL_FOUR) - 1
    assert all(one.shut_out for one in derive(recording).sessions)


def test_who_is_shut_out_keeps_what_was_seen_before() -> None:
    """A session that was let in and then heard nothing more tells more than its repetition, which is turned away."""
    first = threading.Lock()

    def script(conversation: Conversation) -> None:
        if first.acquire(blocking=False):
            mute: dict[str, Any] = dict.fromkeys(("STAT", "PASV", "EPSV", "QUIT"), lambda *_: None)
            ordinary(**mute)(conversation)
        else:
            say_421(conversation)

    with serving(script) as server:
        recording = probe(plan_for(server.endpoint, methods=frozenset({Method.PASV})))
    (attempt,) = recording.attempts
    assert ftp.admitted(attempt.lines)


def test_login_refused() -> None:
    """Where the first cannot log in the others are left untried: no server is asked four times for a wrong password."""
    with serving(ordinary(PASS="530 Login incorrect.")) as server:
        recording = probe(plan_for(server.endpoint))
        assert len(server.conversations) == 1
    (attempt,) = recording.attempts
    assert set(recording.untried) == {
        Cell(method=method, family=4, tls=Tls.NONE) for method in ALL_FOUR - {attempt.method}
    }


def test_encryption_demanded() -> None:
    """A server that lets nobody in without TLS is tested with TLS, though FEAT does not offer it."""

    def answer(conversation: Conversation, _argument: str) -> None:
        encrypted = hasattr(conversation.socket, "version")
        conversation.say("331 Go on" if encrypted else "530 Non-anonymous sessions must use encryption.")

    with serving(ordinary(USER=answer), context=server_context()) as server:
        recording = probe(plan_for(server.endpoint))
    assert worked(recording) == each(ALL_FOUR, Tls.EXPLICIT)
    assert {cell.tls for cell in recording.untried} == {Tls.NONE}


def test_encryption_as_asked() -> None:
    """Only the encryptions that the user names are tested, whatever the server offers."""
    features = "211-Features:\r\n AUTH TLS\r\n211 End"
    with serving(ordinary(FEAT=features), context=server_context()) as server:
        assert worked(probe(plan_for(server.endpoint, encryptions=(Tls.NONE,)))) == each()
        asked = plan_for(server.endpoint, encryptions=(Tls.EXPLICIT,), methods=(Method.EPSV,))
        assert worked(probe(asked)) == each({Method.EPSV}, Tls.EXPLICIT)


def test_one_forwarded_port() -> None:
    """Where only one port can be listened on, PORT and EPRT take turns."""
    number = free_port()
    with serving(ordinary()) as server:
        recording = probe(plan_for(server.endpoint, active_ports=range(number, number + 1)))
    assert worked(recording) == each()
    assert all(attempt.limits == () for attempt in recording.attempts)


def test_no_port_to_listen_on() -> None:
    """Where no port can be listened on that is this machine's limit, and passive mode is tested all the same."""
    with socket.create_server(("127.0.0.1", 0)) as busy, serving(ordinary()) as server:
        number = busy.getsockname()[1]
        recording = probe(plan_for(server.endpoint, active_ports=range(number, number + 1)))
    assert worked(recording) == each({Method.PASV, Method.EPSV})
    assert {one.method for one in recording.attempts if one.limits} == {Method.PORT, Method.EPRT}


class LateRefusal:
    """A sniffer whose socket opens, and that cannot be started."""

    def __init__(self, **_how: object) -> None:
        self.open = True
        made.append(self)

    def __enter__(self) -> None:
        raise CannotSniff("Packets were not watched: scapy did not start.")

    def __exit__(self, *_error: object) -> None:
        raise AssertionError("it was never entered")

    def close(self) -> None:
        """Give the socket up."""
        self.open = False


made: list[LateRefusal] = []


@pytest.mark.lab
@pytest.mark.usefixtures("cable")
def test_an_interface_that_leads_elsewhere() -> None:
    """Where another interface is watched than the one that leads to the server, that one is named."""
    with serving(ordinary()) as server:
        recording = probe(plan_for(server.endpoint, interface="near", sniffing=Sniffing.WHERE_ALLOWED))
    assert worked(recording) == each()
    assert (recording.source.interface, recording.source.elsewhere) == ("near", ("far", "lo"))


def test_sniffer_that_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """The probe goes on without it, says why, and leaves no socket open."""
    made.clear()
    monkeypatch.setattr(live, "Sniffer", LateRefusal)
    with serving(ordinary()) as server:
        recording = probe(plan_for(server.endpoint, sniffing=Sniffing.WHERE_ALLOWED))
    assert worked(recording) == each()
    assert (recording.source.sniffed, recording.source.reason) == (
        False,
        "Packets were not watched: scapy did not start.",
    )
    assert [one.open for one in made] == [False]


# --- side by side ---------------------------------------------------------------------------------------------------


def never(conversation: Conversation, _argument: str) -> None:
    """Wait for data connections that do not come."""
    conversation.pause(9)


def test_everything_blocked_costs_one_timeout() -> None:
    """Four handshakes that fail cost one timeout, because they wait side by side."""
    with (
        socket.create_server(("127.0.0.1", 0), backlog=0) as full,
        socket.create_connection(full.getsockname()),
    ):
        number = full.getsockname()[1]
        silent: dict[str, scripted_server.Answer] = {
            "PASV": f"227 Here (127,0,0,1,{number >> 8},{number & 255})",
            "EPSV": f"229 Here (|||{number}|)",
            "LIST": never,
        }
        with serving(ordinary("220 Hi", **silent)) as server:
            began = time.monotonic()
            recording = probe(plan_for(server.endpoint, timeout=1.0))
            assert 1 <= time.monotonic() - began < 2
    answers = {one.method: one.openings[1].answer for one in recording.attempts}
    assert answers == {
        Method.PASV: Answer.SILENT,
        Method.EPSV: Answer.SILENT,
        Method.PORT: Answer.ABSENT,
        Method.EPRT: Answer.ABSENT,
    }


def stalling(*verbs: Method, times: int) -> tuple[Script, list[Method]]:
    """A server that sends no data after these commands, so many times each; and the commands that met it."""
    usual = {Method.PASV: pasv, Method.EPSV: epsv, Method.PORT: port, Method.EPRT: eprt}
    met: list[Method] = []

    def script(conversation: Conversation) -> None:
        negotiated = Method.EPSV

        def negotiate(method: Method) -> scripted_server.Answer:
            def answer(conversation: Conversation, argument: str) -> None:
                nonlocal negotiated
                negotiated = method
                usual[method](conversation, argument)

            return answer

        def transfer(conversation: Conversation, argument: str) -> None:
            if negotiated in verbs and met.count(negotiated) < times:
                met.append(negotiated)
                conversation.data()
                conversation.say("150 Here")
                conversation.pause(9)
            scripted_server.send(conversation, argument)

        overrides: dict[str, scripted_server.Answer] = {method: negotiate(method) for method in usual}
        ordinary("220 Hi", **overrides, LIST=transfer)(conversation)

    return script, met


def test_server_that_mixes_sessions_up() -> None:
    """A session that stalled beside others that worked is made again alone; that counts, and the first is told of."""
    script, met = stalling(Method.EPRT, Method.PASV, times=1)
    with serving(script) as server:
        recording = probe(plan_for(server.endpoint))
    assert set(met) == {Method.EPRT, Method.PASV}
    assert worked(recording) == each()
    assert len(recording.attempts) == 4
    told = {one.method: one.at_first for one in recording.attempts if one.at_first}
    assert set(told) == {Method.EPRT, Method.PASV}
    assert told[Method.PASV] == (
        "PASV (IPv4) stalled beside this probe's other sessions, and was tried again alone: the server may mix up "
        "sessions that run at the same time."
    )


def test_server_that_stalls_alone_as_well() -> None:
    """Where one stalls alone as well, the stall is real: the others are not made again, and both are on record."""
    script, met = stalling(Method.EPRT, Method.PASV, times=9)
    with serving(script) as server:
        recording = probe(plan_for(server.endpoint))
    assert len(met) == 3
    assert worked(recording) == each({Method.EPSV, Method.PORT})
    ends = {one.method: [carriage.ending for carriage in one.carriages] for one in recording.attempts}
    assert ends[Method.EPRT] == ends[Method.PASV] == [Ending.STALLED]
    assert not any(one.at_first for one in recording.attempts)


@pytest.mark.parametrize(("methods", "times"), [((Method.PASV,), 1), ((Method.PASV, Method.PORT), 3)])
def test_server_that_never_says_that_the_data_is_complete(methods: tuple[Method, ...], times: int) -> None:
    """Data moved to the end, and yet it stalls: one that was alone is not made again, and none owes it to others."""
    made: list[str] = []

    def transfer(conversation: Conversation, _argument: str) -> None:
        made.append("LIST")
        conversation.say("150 Here")
        with conversation.data() as data:
            data.sendall(b"x")
        conversation.pause(3)

    with serving(ordinary(LIST=transfer)) as server:
        recording = probe(plan_for(server.endpoint, methods=methods, timeout=1.0))
    assert len(made) == times
    assert not any(one.at_first for one in recording.attempts)


def test_server_that_always_stalls() -> None:
    """Where no data moved at all nothing is made again: it would stall the same way, and take as long."""
    script, met = stalling(*ALL_FOUR, times=9)
    with serving(script) as server:
        recording = probe(plan_for(server.endpoint))
    assert len(met) == 4
    assert worked(recording) == Counter()


def test_progress() -> None:
    """What each handshake does is told while it does it."""
    told: list[tuple[str, str]] = []
    with serving(ordinary()) as server:
        live.probe(plan_for(server.endpoint), HANDSHAKES, (), lambda who, what: told.append((who, what)))
    assert {who for who, _ in told} == set(ALL_FOUR)
    assert ("PASV", "connecting") in told
    assert ("PORT", "waiting for the data of LIST") in told


# --- unreachable ----------------------------------------------------------------------------------------------------


def test_refused() -> None:
    """Where nobody listens one session says so, at once, and the others are left untried."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number = listener.getsockname()[1]
    began = time.monotonic()
    recording = probe(plan_for(Endpoint(host="127.0.0.1", port=number)))
    assert time.monotonic() - began < 0.5
    (attempt,) = recording.attempts
    assert [one.answer for one in attempt.openings] == [Answer.REFUSED]
    assert len(recording.untried) == 3


def test_unresolved(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name without an address is said to be that, by family, and nothing is tried."""

    def fail(*_arguments: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    target = Target(given="nowhere.example", host="nowhere.example", port=21)
    plan = Plan(target=target, account=Account(), sniffing=Sniffing.OFF)
    recording = probe(plan)
    assert recording.unresolved == "The name nowhere.example has no address: Name or service not known."
    assert recording.attempts == ()
    only_six = Plan(target=target, account=Account(), sniffing=Sniffing.OFF, families=(6,))
    assert probe(only_six).unresolved == "The name nowhere.example has no IPv6 address: Name or service not known."


def test_both_families(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name with an IPv4 and an IPv6 address is tested over both, at the first address of each."""
    real = socket.getaddrinfo
    with serving(ordinary()) as four:

        def resolve(host: str, port: int, family: int, kind: int) -> object:
            addresses: dict[int, str] = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
            return real(addresses[family] if host == "ftp.example.org" else host, port, family, kind)

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        target = Target(given="ftp.example.org", host="ftp.example.org", port=four.endpoint.port)
        recording = probe(plan_for(four.endpoint, target=target, families=(4, 6)))
    assert worked(recording) == each()
    over_six = [one for one in recording.attempts if one.family == 6]
    assert [one.openings[0].answer for one in over_six] == [Answer.REFUSED]
    assert {cell.family for cell in recording.untried} == {6}
    assert recording.source.address == "127.0.0.1"


def test_several_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several addresses the first that accepts is probed, by every session; the first one says which was dead."""
    real = socket.getaddrinfo

    def resolve(host: str, port: int, family: int, kind: int) -> object:
        hosts = ("127.0.0.9", "127.0.0.1", "127.0.0.8") if host == "ftp.example.org" else (host,)
        return [record for one in hosts for record in real(one, port, family, kind)]

    with serving(ordinary()) as server:
        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        target = Target(given="ftp.example.org", host="ftp.example.org", port=server.endpoint.port)
        recording = probe(plan_for(server.endpoint, target=target))
    assert worked(recording) == each()
    assert recording.source.address == "127.0.0.1"
    assert [[one.target.host for one in attempt.passed_over] for attempt in recording.attempts] == [
        ["127.0.0.9"],
        [],
        [],
        [],
    ]


def test_hostile_server() -> None:
    """A server that never stops talking ends the probe in seconds, with one sentence."""

    def script(conversation: Conversation) -> None:
        while True:
            conversation.say(b"220-" + b"x" * 65536)

    with serving(script) as server:
        began = time.monotonic()
        recording = probe(plan_for(server.endpoint))
        assert time.monotonic() - began < 5
    (attempt,) = recording.attempts
    assert attempt.behaviour is not None
    assert attempt.hangup is not None
    assert attempt.hangup.ending is Ending.STOPPED


def test_no_thread_is_left() -> None:
    """When a probe has ended nothing of it is left running."""
    before = set(threading.enumerate())
    with serving(ordinary()) as server:
        probe(plan_for(server.endpoint))
    assert set(threading.enumerate()) == before
