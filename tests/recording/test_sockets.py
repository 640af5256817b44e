"""A whole session over real sockets, in the clear and encrypted, with servers of all manners."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time

import pytest

from ftpdiag import ftp
from ftpdiag.facts import derive
from ftpdiag.handshakes.eprt import eprt
from ftpdiag.handshakes.epsv import epsv
from ftpdiag.handshakes.pasv import pasv
from ftpdiag.handshakes.port import port
from ftpdiag.model import (
    Answer,
    Attempt,
    Ending,
    Endpoint,
    Method,
    Opening,
    Recording,
    Source,
    Target,
    Tls,
    Vantage,
)
from ftpdiag.recording import data, sockets, transfer
from ftpdiag.recording.plan import Dialling, Plan, Trust, Waiting
from ftpdiag.recording.sockets import SocketSession
from ftpdiag.session import Account, Handshake, log_in
from tests import scripted_server
from tests.certificates import authority, server_context
from tests.scripted_server import DATA, Conversation, ScriptedServer, free_port, ordinary, plan_for, serving

HANDSHAKES = [pasv, epsv, port, eprt]
BOTH_VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


def session_for(handshake: Handshake, plan: Plan, tls: Tls = Tls.NONE, watch: sockets.Watch | None = None) -> Attempt:
    """Log in and perform a handshake."""
    server = Endpoint(host=plan.target.host, port=plan.target.port)
    session = SocketSession(
        method=handshake.method, servers=(server,), tls=tls, plan=plan, watch=watch, tell=lambda _who, _what: None
    )
    if log_in(session, plan.account):
        handshake.perform(session)
    return session.close()


def codes(attempt: Attempt) -> dict[str, list[int]]:
    """The codes of the replies to each command."""
    return {one.verb: [reply.code for reply in one.replies] for one in ftp.exchanges(attempt.lines)}


def carried(attempt: Attempt) -> list[tuple[Ending, int]]:
    """How each data connection ended, and what it brought."""
    return [(one.ending, one.to_client) for one in attempt.carriages]


def commands(attempt: Attempt) -> list[str]:
    """The verbs we sent."""
    return [one.verb for one in ftp.exchanges(attempt.lines) if one.verb]


WORKED = [(Ending.FINISHED, len(DATA))]

# --- in the clear ---------------------------------------------------------------------------------------------------


ORDINARY = [*((one, "127.0.0.1") for one in HANDSHAKES), (epsv, "::1"), (eprt, "::1")]


@pytest.mark.parametrize(("handshake", "host"), ORDINARY)
def test_ordinary_server(handshake: Handshake, host: str) -> None:
    """Every method carries its data to the end and says goodbye, over IPv4 and IPv6."""
    with serving(ordinary(), host=host) as server:
        attempt = session_for(handshake, plan_for(server.endpoint))
    control, data = attempt.openings
    assert (control.target, control.answer) == (server.endpoint, Answer.ACCEPTED)
    assert data.answer is Answer.ACCEPTED
    assert commands(attempt)[:5] == ["FEAT", "USER", "PASS", "SYST", "STAT"]
    assert commands(attempt)[-1] == "QUIT"
    assert carried(attempt) == WORKED
    assert codes(attempt)["LIST"] == [150, 226]
    assert (attempt.hangup, attempt.behaviour, attempt.limits, attempt.strangers) == (None, None, (), ())


def pasv_without_address(conversation: Conversation, _argument: str) -> None:
    """As vsftpd over IPv6."""
    number = conversation.listen()
    conversation.say(f"227 Entering Passive Mode (0,0,0,0,{number >> 8},{number & 255}).")


def test_pasv_over_ipv6() -> None:
    """A 227 that cannot name an IPv6 address is dialled at the control connection's."""
    with serving(ordinary(PASV=pasv_without_address), host="::1") as server:
        attempt = session_for(pasv, plan_for(server.endpoint))
    assert attempt.openings[1].target.host == "::1"
    assert carried(attempt) == WORKED


def call_back_at_once(conversation: Conversation, argument: str) -> None:
    """As pyftpdlib does: connect on PORT, and answer when that succeeded."""
    conversation.announced = ftp.announced_by(Method.PORT, argument, "")
    conversation.data()
    conversation.say("200 Active data connection established.")


def data_end_late(conversation: Conversation, _argument: str) -> None:
    """226 comes before the data connection is closed."""
    data = conversation.data()
    conversation.say("150 Here")
    data.sendall(DATA)
    conversation.say("226 Done")
    conversation.pause(0.3)
    conversation.close_data()


def blank_line_first(conversation: Conversation, _argument: str) -> None:
    """An empty line, which is no reply, comes while the client waits for data."""
    conversation.data()
    conversation.say("")
    conversation.pause(0.2)
    scripted_server.send(conversation, "")


def unbracketed(conversation: Conversation, _argument: str) -> None:
    """227 without parentheses."""
    number = conversation.listen()
    conversation.say(f"227 Entering Passive Mode. 127,0,0,1,{number >> 8},{number & 255}")


MANNERS = [
    pytest.param(pasv, {"PASV": unbracketed}, id="227 without parentheses"),
    pytest.param(epsv, {"LIST": scripted_server.send_announced_first}, id="150 before the data connection"),
    pytest.param(port, {"LIST": scripted_server.send_announced_first}, id="150 before the call-back"),
    pytest.param(port, {"PORT": call_back_at_once}, id="connects back on PORT itself"),
    pytest.param(epsv, {"LIST": data_end_late}, id="226 before the end of the data"),
    pytest.param(epsv, {"LIST": blank_line_first}, id="an empty line in between"),
    pytest.param(epsv, {"USER": "230 Come in."}, id="230 straight after USER"),
    pytest.param(epsv, {"PASS": "332 Account?", "ACCT": "230 In."}, id="an account is asked for"),
    pytest.param(epsv, {"FEAT": "530 Log in first."}, id="FEAT only after the login"),
    pytest.param(epsv, {"PASV": "502 No."}, id="EPSV only"),
    pytest.param(pasv, {"EPSV": "500 What?"}, id="PASV only"),
    pytest.param(epsv, {"STAT": "211-Status\r\n211-more\r\n 211 not yet\r\n211 End"}, id="multi-line replies"),
]


@pytest.mark.parametrize(("handshake", "manners"), MANNERS)
def test_manners(handshake: Handshake, manners: dict[str, scripted_server.Answer]) -> None:
    """Whatever a server's habits, a data connection that works is seen to work, without waiting for nothing."""
    with serving(ordinary("220 Hi", **manners)) as server:
        began = time.monotonic()
        attempt = session_for(handshake, plan_for(server.endpoint))
        assert time.monotonic() - began < 1.4
    assert carried(attempt) == WORKED
    assert 226 in codes(attempt)["LIST"]
    assert attempt.hangup is None


def test_greeting_after_120() -> None:
    """RFC 959 5.4: 120 says that 220 will come."""
    with serving(ordinary(greeting="120 In a minute.\r\n220 Now.")) as server:
        attempt = session_for(epsv, plan_for(server.endpoint))
    assert codes(attempt)[""] == [120, 220]
    assert carried(attempt) == WORKED


def test_endless_120() -> None:
    """A server that is always about to be ready is not waited for, and the sentence says why."""

    def script(conversation: Conversation) -> None:
        while True:
            conversation.say("120 In a minute.")
            conversation.pause(0.05)

    with serving(script) as server:
        began = time.monotonic()
        attempt = session_for(epsv, plan_for(server.endpoint))
        assert time.monotonic() - began < 3
    assert attempt.behaviour == "The server sent 5 preliminary replies (1yz), and no final one."
    assert "USER" not in commands(attempt)


@pytest.mark.parametrize("handshake", HANDSHAKES, ids=lambda one: one.method)
def test_method_refused(handshake: Handshake) -> None:
    """A refused method is not replaced by another: one question per handshake."""
    with serving(ordinary("220 Hi", **{handshake.method: "500 What?"})) as server:
        attempt = session_for(handshake, plan_for(server.endpoint))
    assert codes(attempt)[handshake.method] == [500]
    assert "LIST" not in commands(attempt)
    assert {"PASV", "EPSV", "PORT", "EPRT"} & set(commands(attempt)) == {handshake.method}
    assert attempt.carriages == ()
    assert commands(attempt)[-1] == "QUIT"


@pytest.mark.parametrize("handshake", [epsv, port], ids=lambda one: one.method)
def test_transfer_refused(handshake: Handshake) -> None:
    """A transfer that the server declines ends at once, whoever was to open the data connection."""
    with serving(ordinary(LIST="550 No listing here.")) as server:
        began = time.monotonic()
        attempt = session_for(handshake, plan_for(server.endpoint, timeout=5.0))
        assert time.monotonic() - began < 1
    assert codes(attempt)["LIST"] == [550]
    assert all(ending is Ending.STOPPED for ending, _ in carried(attempt))
    assert attempt.hangup is None


def endless(conversation: Conversation, _argument: str) -> None:
    """As pyftpdlib with a big file: 426 as soon as the client closes the data connection."""
    stream = conversation.data()
    conversation.say("150 Here it comes.")
    with contextlib.suppress(OSError):
        while True:
            stream.sendall(b"x" * 65536)
    conversation.say("426 Connection closed; transfer aborted.")


def test_long_transfer(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the server says of a transfer that we ended, having seen enough, is recorded and refuses nothing."""
    monkeypatch.setattr(data, "ENOUGH", 0.2)
    with serving(ordinary(LIST=endless)) as server:
        attempt = session_for(epsv, plan_for(server.endpoint))
    assert codes(attempt)["LIST"] == [150, 426]
    (channel,) = derive(recorded(attempt, plan_for(server.endpoint).target)).channels
    assert channel.completed


def recorded(attempt: Attempt, target: Target) -> Recording:
    """What a probe without a sniffer makes of one session."""
    return Recording(source=Source(target=target), vantage=Vantage.CLIENT, began=attempt.began, attempts=(attempt,))


def test_421_in_a_transfer() -> None:
    """A server that hangs up in a transfer ends the session, with its last word on record."""

    def answer(conversation: Conversation, _argument: str) -> None:
        conversation.data()
        conversation.say("150 Here")
        conversation.pause(0.1)
        conversation.say("421 Shutting down.")
        conversation.close()

    with serving(ordinary(LIST=answer)) as server:
        attempt = session_for(epsv, plan_for(server.endpoint))
    assert codes(attempt)["LIST"] == [150, 421]


@pytest.mark.parametrize("verb", ["FEAT", "USER", "PASS", "SYST", "STAT", "EPSV", "LIST"])
def test_connection_lost(verb: str) -> None:
    """A control connection that is lost at any command is a hangup after it, and nothing more is asked."""
    with serving(ordinary("220 Hi", **{verb: lambda conversation, _: conversation.reset()})) as server:
        began = time.monotonic()
        attempt = session_for(epsv, plan_for(server.endpoint))
        assert time.monotonic() - began < 2
    assert attempt.hangup is not None
    assert attempt.hangup.ending is Ending.RESET
    assert verb in attempt.hangup.detail
    assert commands(attempt)[-1] == verb


def test_never_called_back() -> None:
    """A call-back that does not come is absent at the listener, after the timeout; the session ends without QUIT."""
    with serving(ordinary(LIST=lambda conversation, _: conversation.pause(9))) as server:
        began = time.monotonic()
        attempt = session_for(port, plan_for(server.endpoint))
        assert 0.5 <= time.monotonic() - began < 1.5
    assert attempt.openings[1].answer is Answer.ABSENT
    assert attempt.carriages == ()
    assert commands(attempt)[-1] == "LIST"
    assert attempt.hangup is None


def test_never_answered_port() -> None:
    """A server that calls back before it answers PORT, in vain, is not waited for longer than the call-back."""
    with serving(ordinary(PORT=lambda conversation, _: conversation.pause(9))) as server:
        began = time.monotonic()
        attempt = session_for(port, plan_for(server.endpoint))
        assert time.monotonic() - began < 1.2
    assert commands(attempt)[-1] == "PORT"
    assert attempt.hangup is None


class Sees:
    """A sniffer that saw a SYN to the listener go unanswered."""

    def __init__(self) -> None:
        self.asked: list[Endpoint] = []

    def ignored(self, listener: Endpoint) -> bool:
        """It was."""
        self.asked.append(listener)
        return True

    def expect(self, end: Endpoint) -> None:
        """It does."""


def test_own_firewall_drops_the_call_back() -> None:
    """What the sniffer saw our own machine ignore is not waited for."""
    with serving(ordinary(LIST=lambda conversation, _: conversation.pause(9))) as server:
        began = time.monotonic()
        watch = Sees()
        attempt = session_for(port, plan_for(server.endpoint, timeout=5.0), watch=watch)
        assert time.monotonic() - began < 1
    assert watch.asked[0] == attempt.openings[1].target


@pytest.mark.parametrize(("timeout", "least", "most"), [(2.0, 2, 2), (5.0, 3, 5), (20.0, 20, 20)])
def test_longer_timeout(timeout: float, least: float, most: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a sniffer three SYNs decide, unless the user grants a data connection more time than usual."""
    waits: list[float] = []

    def dialled(
        source: Endpoint | None, target: Endpoint, wait: float, _segment: int | None
    ) -> tuple[socket.socket | None, Opening]:
        waits.append(wait)
        return data.dial(source, target, wait)

    monkeypatch.setattr(sockets, "dial", dialled)
    with serving(ordinary()) as server:
        session_for(epsv, plan_for(server.endpoint, timeout=timeout), watch=Sees())
    assert len(waits) == 1
    assert least <= waits[0] <= most


def patience_answer(conversation: Conversation, _argument: str) -> None:
    """As vsftpd, but sooner than after a minute."""
    conversation.pause(0.8)
    conversation.say("425 Failed to establish connection.")


@pytest.mark.parametrize(("waiting", "replies"), [(Waiting.SERVERS_VERDICT, [425]), (Waiting.OUR_VERDICT, [])])
def test_patience(waiting: Waiting, replies: list[int]) -> None:
    """With patience the server's own verdict on a call-back that did not come is read, without it is not."""
    with serving(ordinary(LIST=patience_answer)) as server:
        attempt = session_for(port, plan_for(server.endpoint, waiting=waiting))
    assert codes(attempt)["LIST"] == replies


@pytest.mark.parametrize(("waiting", "replies"), [(Waiting.SERVERS_VERDICT, [425]), (Waiting.OUR_VERDICT, [])])
def test_patience_with_a_server_that_calls_before_it_answers(waiting: Waiting, replies: list[int]) -> None:
    """With patience the reply to PORT is waited for as well: pyftpdlib gives it when its call has failed."""
    with serving(ordinary(PORT=patience_answer)) as server:
        attempt = session_for(port, plan_for(server.endpoint, waiting=waiting), watch=Sees())
    assert codes(attempt)["PORT"] == replies


def test_patience_after_a_failed_dial() -> None:
    """With patience the transfer is asked for even though the passive port did not open."""
    with (
        socket.create_server(("127.0.0.1", 0), backlog=0) as full,
        socket.create_connection(full.getsockname()),
        serving(ordinary(EPSV=f"229 Here (|||{full.getsockname()[1]}|)", LIST=patience_answer)) as server,
    ):
        attempt = session_for(epsv, plan_for(server.endpoint, waiting=Waiting.SERVERS_VERDICT))
    assert attempt.openings[1].answer is Answer.SILENT
    assert codes(attempt)["LIST"] == [425]


def stranger_first(conversation: Conversation, argument: str) -> None:
    """Somebody else calls before the server does."""
    scripted_server.port(conversation, argument)
    assert conversation.announced
    here = (conversation.announced.host, conversation.announced.port)
    with socket.create_connection(here, source_address=("127.0.0.9", 0)):
        conversation.pause(0.2)


def test_stranger() -> None:
    """A stranger's call is refused and recorded, and the server's is served."""
    with serving(ordinary(PORT=stranger_first)) as server:
        attempt = session_for(port, plan_for(server.endpoint))
    assert [one.host for one in attempt.strangers] == ["127.0.0.9"]
    assert carried(attempt) == WORKED


def test_227_naming_another_host() -> None:
    """The announced port is dialled at the control connection's host, and the other host is left alone."""

    def answer(conversation: Conversation, _argument: str) -> None:
        number = conversation.listen()
        conversation.say(f"227 Passive (127,0,0,9,{number >> 8},{number & 255})")

    with serving(ordinary(PASV=answer)) as server:
        attempt = session_for(pasv, plan_for(server.endpoint))
        assert [one.target.host for one in attempt.openings[1:]] == ["127.0.0.1"]
        assert carried(attempt) == WORKED
        attempt = session_for(pasv, plan_for(server.endpoint, dialling=Dialling.ANNOUNCED_TOO))
        assert [one.target.host for one in attempt.openings[1:]] == ["127.0.0.9", "127.0.0.1"]
        assert [one.answer for one in attempt.openings[1:]] == [Answer.REFUSED, Answer.ACCEPTED]
        assert carried(attempt) == WORKED


def announced(server: ScriptedServer) -> Endpoint | None:
    """What the client announced to the server."""
    return server.conversations[-1].announced


def test_active_address() -> None:
    """Behind a forwarded port another address of the same family is announced, and only of the same family."""
    with serving(ordinary(LIST="425 No.")) as server:
        session_for(port, plan_for(server.endpoint, active_address="192.0.2.7"))
        assert announced(server) is not None
        assert announced(server).host == "192.0.2.7"  # type: ignore[union-attr]  # the line above
        session_for(port, plan_for(server.endpoint, active_address="2001:db8::7"))
        assert announced(server).host == "127.0.0.1"  # type: ignore[union-attr]  # ditto


def test_active_ports_busy() -> None:
    """A machine that cannot listen says so, announces nothing, and says goodbye."""
    with socket.create_server(("127.0.0.1", 0)) as busy, serving(ordinary()) as server:
        number = busy.getsockname()[1]
        attempt = session_for(port, plan_for(server.endpoint, active_ports=range(number, number + 1)))
    assert attempt.limits == (
        f"This machine cannot listen on a port of {number}-{number} of 127.0.0.1: Address already in use.",
    )
    assert "PORT" not in commands(attempt)
    assert commands(attempt)[-1] == "QUIT"


def test_active_ports() -> None:
    """The call-back is awaited on a port of the range."""
    number = free_port()
    with serving(ordinary()) as server:
        attempt = session_for(port, plan_for(server.endpoint, active_ports=range(number, number + 1)))
    assert attempt.openings[1].target.port == number
    assert carried(attempt) == WORKED


# --- what is carried ------------------------------------------------------------------------------------------------


def targeting(server: ScriptedServer, path: str) -> Target:
    """A file or folder on the server."""
    return Target(given="", host=server.endpoint.host, port=server.endpoint.port, path=path)


@pytest.mark.parametrize(("verb", "path"), [("LIST", None), ("LIST", "pub/"), ("RETR", "pub/README")])
def test_path(verb: str, path: str | None) -> None:
    """The transfer names the path of the target."""
    with serving(ordinary()) as server:
        target = targeting(server, path) if path else targeting(server, "")
        attempt = session_for(epsv, plan_for(server.endpoint, target=target, verb=verb))
    said = [line.text for line in attempt.lines]
    assert (f"{verb} {path}" if path else verb) in [text.strip() for text in said]
    assert ("TYPE I" in said) is (verb == "RETR")
    assert carried(attempt) == WORKED


def test_upload() -> None:
    """STOR makes a file of a name of its own in the folder of the target, and removes it."""
    with serving(ordinary()) as server:
        target = targeting(server, "incoming/")
        attempt = session_for(epsv, plan_for(server.endpoint, target=target, verb="STOR"))
        arrived = server.conversations[0].received
    said = [line.text for line in attempt.lines]
    stored = next(text for text in said if text.startswith("STOR "))
    assert stored.startswith("STOR incoming/ftpdiag-")
    assert stored.replace("STOR", "DELE") in said
    assert len(arrived) == attempt.carriages[0].to_server > 0
    assert codes(attempt)["STOR"] == [150, 226]


@pytest.mark.parametrize("handshake", [epsv, port], ids=lambda one: one.method)
def test_refused_upload(handshake: Handshake) -> None:
    """A server that declines an upload is sent nothing, and is not asked to delete what is not ours."""
    with serving(ordinary(STOR="553 Could not create file.")) as server:
        began = time.monotonic()
        attempt = session_for(handshake, plan_for(server.endpoint, verb="STOR", timeout=3.0))
        assert time.monotonic() - began < 1
    assert codes(attempt)["STOR"] == [553]
    assert "DELE" not in commands(attempt)
    assert all((one.ending, one.to_server) == (Ending.STOPPED, 0) for one in attempt.carriages)


def test_upload_that_nobody_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that says nothing before it has the data gets it all the same."""
    monkeypatch.setattr(transfer, "FIRST_WORD", 0.2)

    def silently(conversation: Conversation, _argument: str) -> None:
        data = conversation.data()
        while data.recv(65536):
            pass
        conversation.close_data()
        conversation.say("226 Done")

    with serving(ordinary(STOR=silently)) as server:
        attempt = session_for(epsv, plan_for(server.endpoint, verb="STOR"))
    assert codes(attempt)["STOR"] == [226]
    assert attempt.carriages[0].ending is Ending.FINISHED


# --- encrypted ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", BOTH_VERSIONS, ids=lambda one: one.name)
@pytest.mark.parametrize("handshake", HANDSHAKES, ids=lambda one: one.method)
def test_explicit_tls(handshake: Handshake, version: ssl.TLSVersion) -> None:
    """RFC 4217: AUTH TLS, PBSZ 0, PROT P; the data connection resumes the control connection's TLS session."""
    with serving(ordinary(), context=server_context(version)) as server:
        attempt = session_for(handshake, plan_for(server.endpoint), Tls.EXPLICIT)
        resumed = server.conversations[0].resumed
    assert carried(attempt) == WORKED
    assert attempt.hangup is None
    (carriage,) = attempt.carriages
    assert carriage.tls == version.name.replace("_", ".")
    assert carriage.resumed is True
    assert resumed == [True]
    said = commands(attempt)
    assert said[0] == "AUTH"
    assert said.index("PBSZ") < said.index("PROT") < said.index(handshake.method)


@pytest.mark.parametrize("version", BOTH_VERSIONS, ids=lambda one: one.name)
def test_implicit_tls(version: ssl.TLSVersion) -> None:
    """TLS before the greeting, and no AUTH."""

    def script(conversation: Conversation) -> None:
        conversation.secure()
        ordinary()(conversation)

    with serving(script, context=server_context(version)) as server:
        attempt = session_for(epsv, plan_for(server.endpoint), Tls.IMPLICIT)
    assert carried(attempt) == WORKED
    assert "AUTH" not in commands(attempt)
    assert attempt.carriages[0].resumed


def test_encrypted_upload() -> None:
    """An upload over TLS ends with a close_notify, so that the server knows that it is whole."""
    with serving(ordinary(), context=server_context()) as server:
        attempt = session_for(epsv, plan_for(server.endpoint, verb="STOR"), Tls.EXPLICIT)
        arrived = server.conversations[0].received
    assert len(arrived) == attempt.carriages[0].to_server > 0
    assert codes(attempt)["STOR"] == [150, 226]


def test_verified_certificate() -> None:
    """A certificate of the authority that the user names is accepted, also on the data connection."""
    with serving(ordinary(), context=server_context()) as server:
        trusted = plan_for(server.endpoint, trust=Trust.AUTHORITIES, authorities=authority().cert_pem.bytes().decode())
        attempt = session_for(epsv, trusted, Tls.EXPLICIT)
    assert carried(attempt) == WORKED


def test_untrusted_certificate() -> None:
    """A certificate of nobody we trust ends the session, and the sentence says so; no password was sent."""
    with serving(ordinary(), context=server_context()) as server:
        attempt = session_for(epsv, plan_for(server.endpoint, trust=Trust.SYSTEM), Tls.EXPLICIT)
    assert attempt.hangup is not None
    assert attempt.hangup.ending is Ending.UNTRUSTED
    assert attempt.hangup.detail.startswith("The server's certificate does not verify: ")
    assert commands(attempt) == ["AUTH"]


def test_tls_declined() -> None:
    """A server that declines AUTH is asked nothing more in the clear."""
    with serving(ordinary(AUTH="502 No TLS here.")) as server:
        attempt = session_for(epsv, plan_for(server.endpoint), Tls.EXPLICIT)
    assert codes(attempt)["AUTH"] == [502]
    assert commands(attempt) == ["AUTH", "QUIT"]


BROKEN_TLS = [
    pytest.param(lambda conversation: conversation.reset(), Ending.RESET, id="reset"),
    pytest.param(lambda conversation: conversation.close(), Ending.RESET, id="closed"),
    pytest.param(lambda conversation: conversation.pause(9), Ending.STALLED, id="silent"),
    pytest.param(lambda conversation: conversation.say("421 Go away."), Ending.TLS_FAILED, id="in the clear"),
]


@pytest.mark.parametrize(("then", "ending"), BROKEN_TLS)
def test_tls_broken(then: scripted_server.Script, ending: Ending) -> None:
    """A TLS handshake that fails says how, in a sentence."""

    def answer(conversation: Conversation, _argument: str) -> None:
        conversation.say("234 Go.")
        then(conversation)
        conversation.pause(5)

    with serving(ordinary(AUTH=answer)) as server:
        attempt = session_for(epsv, plan_for(server.endpoint, timeout=0.3), Tls.EXPLICIT)
    assert attempt.hangup is not None
    assert attempt.hangup.ending in {ending, Ending.FINISHED if ending is Ending.RESET else ending}
    assert "TLS handshake" in attempt.hangup.detail
    assert commands(attempt) == ["AUTH"]


def refuse_data_tls(conversation: Conversation, _argument: str) -> None:
    """As vsftpd without session reuse: the data connection is closed in the TLS handshake, then 522."""
    conversation.protected = False
    conversation.data()
    conversation.say("150 Here")
    conversation.close_data()
    conversation.say("522 SSL connection failed; session reuse required: see require_ssl_reuse option")


def test_data_tls_refused() -> None:
    """A data connection that fails in TLS is recorded as that, with the server's word on it."""
    with serving(ordinary(LIST=refuse_data_tls), context=server_context()) as server:
        began = time.monotonic()
        attempt = session_for(epsv, plan_for(server.endpoint), Tls.EXPLICIT)
        assert time.monotonic() - began < 2
    assert carried(attempt) == [(Ending.TLS_FAILED, 0)]
    assert codes(attempt)["LIST"] == [150, 522]
    assert attempt.hangup is None


def test_protection_refused() -> None:
    """Where PROT P is declined the data connection stays in the clear, and the reply is on record."""
    with serving(ordinary(PROT="536 Not P."), context=server_context()) as server:
        attempt = session_for(epsv, plan_for(server.endpoint), Tls.EXPLICIT)
    assert codes(attempt)["PROT"] == [536]
    assert carried(attempt) == WORKED
    assert attempt.carriages[0].tls is None


def test_name_that_no_certificate_can_have() -> None:
    """A name that TLS cannot send is a failure of the handshake, not of this program."""
    with serving(ordinary(), context=server_context()) as server:
        session = SocketSession(
            method=Method.EPSV,
            servers=(server.endpoint,),
            tls=Tls.EXPLICIT,
            plan=plan_for(server.endpoint, target=Target(given="", host="x" * 64, port=server.endpoint.port)),
            watch=None,
            tell=lambda _who, _what: None,
        )
        assert not log_in(session, Account())
        attempt = session.close()
    assert attempt.hangup is not None
    assert "TLS handshake failed" in attempt.hangup.detail
