import ftplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import TLS_FTPHandler
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer
from typer.testing import CliRunner

from ftpdiag.cli import app
from ftpdiag.facts import derive
from ftpdiag.model import Endpoint, Method, Recording, Tls, Vantage
from ftpdiag.recording.captures import keylog, pcap
from ftpdiag.recording.captures.stream import Unreadable
from ftpdiag.recording.frames.packets import Frame
from ftpdiag.recording.replay import record
from tests.certificates import certificate

SECRET = "correct horse"
CONTENT = b"x" * 5000
HOST = "127.0.0.1"
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class Implicit(ftplib.FTP_TLS):
    """TLS from the first byte on."""

    def connect(  # type: ignore[override]  # less will do
        self, host: str, port: int, timeout: float
    ) -> str:
        """Shake hands before the greeting."""
        self.host, self.af = host, socket.AF_INET
        self.sock = self.context.wrap_socket(socket.create_connection((host, port), timeout))
        self.file = self.sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()
        return self.welcome


class Old(ftplib.FTP_TLS):
    """Asks for TLS by its old name, as curl does, and in small letters."""

    def auth(self) -> str:
        """Ask, and shake hands."""
        answer = self.voidcmd("auth ssl")
        assert self.sock
        self.sock = self.context.wrap_socket(self.sock)
        self.file = self.sock.makefile("r", encoding=self.encoding)
        return answer


CLIENTS = {990: Implicit, 2122: Old}
"""By the server's port; all others ask with AUTH TLS."""


@contextmanager
def server(folder: Path, port: int) -> Iterator[None]:
    """pyftpdlib, on its own thread; implicit TLS on port 990."""
    pem = folder / "server.pem"
    pem.write_bytes(certificate().private_key_and_cert_chain_pem.bytes())
    (folder / "file").write_bytes(CONTENT)
    authorizer = DummyAuthorizer()
    authorizer.add_user("me", SECRET, str(folder))

    class Handler(TLS_FTPHandler):  # type: ignore[misc]  # pyftpdlib has no types
        def handle(self) -> None:
            """Greet, from port 990 in TLS."""
            if port == 990:
                self.secure_connection(self.ssl_context)
            super().handle()

    Handler.authorizer, Handler.certfile, Handler.tls_control_required = authorizer, str(pem), port != 990
    Handler.ssl_context = None
    loop = IOLoop()
    listening = FTPServer((HOST, port), Handler, ioloop=loop)
    stopping = threading.Event()

    def serve() -> None:
        while not stopping.is_set():
            loop.loop(timeout=0.05, blocking=False)
        listening.close_all()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


@contextmanager
def tapped(path: Path) -> Iterator[None]:
    """What passes on the loopback meanwhile goes to a capture."""
    frames: list[Frame] = []
    stopping = threading.Event()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as tap:
        tap.bind(("lo", 3))
        tap.settimeout(0.2)

        def listen() -> None:
            at = 1_795_000_000.0
            while True:
                try:
                    data, address = tap.recvfrom(1 << 17)
                except TimeoutError:
                    if stopping.is_set():
                        return
                    continue
                if address[2] != socket.PACKET_OUTGOING:  # each passes twice
                    at += 0.001
                    frames.append(Frame(at=at, data=data, length=len(data), link_type=1))

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join()
    with path.open("wb") as file:
        pcap.write(file, frames)


@pytest.fixture
def session(request: pytest.FixtureRequest, tmp_path: Path, network: None) -> tuple[Path, Path]:  # noqa: ARG001
    """A capture of a session, and its key log."""
    port, version = request.param
    keys = tmp_path / "keys"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = VERSIONS[version]
    context.keylog_filename = str(keys)
    capture = tmp_path / "one.pcap"
    with server(tmp_path, port), tapped(capture):
        client = CLIENTS.get(port, ftplib.FTP_TLS)(context=context)
        client.connect(HOST, port, timeout=5)
        if port == 990:
            ftplib.FTP.login(client, "me", SECRET)
        else:
            client.login("me", SECRET)
        client.prot_p()
        received: list[bytes] = []
        for passive in (True, False):
            client.set_pasv(passive)
            client.retrbinary("RETR file", received.append)
        client.quit()
    assert b"".join(received) == CONTENT * 2
    return capture, keys


def told(recording: Recording) -> list[tuple[Method, bool]]:
    """The channels, and whether they are inferred."""
    return [(channel.method, channel.inferred) for channel in derive(recording).channels]


SESSIONS = [(port, version) for port in (21, 2121, 2122, 990) for version in VERSIONS]


@pytest.mark.lab
@pytest.mark.parametrize("session", SESSIONS, indirect=True, ids=lambda one: f"{one[0]}-{one[1]}")
def test_the_dialogue_is_read(session: tuple[Path, Path]) -> None:
    """With its secrets an encrypted session tells its commands, replies and channels as one in clear text does."""
    capture, keys = session
    recording = keylog.decrypted(record([capture], Vantage.CLIENT), keys)
    assert not recording.source.files[0].problems
    assert told(recording) == [(Method.PASV, False), (Method.PORT, False)]
    facts = derive(recording)
    (control,) = facts.sessions
    assert control.logged_in
    assert not control.opaque
    assert control.tls is (Tls.IMPLICIT if control.server.port == 990 else Tls.EXPLICIT)
    verbs = [exchange.verb for exchange in control.exchanges]
    assert verbs[-7:] == ["TYPE", "PASV", "RETR", "TYPE", "PORT", "RETR", "QUIT"]
    assert all(exchange.final for exchange in control.exchanges)
    assert "PASS ***" in [line.text for line in control.lines]
    assert SECRET not in repr(facts.sessions)
    announced = [channel.announced for channel in facts.channels]
    assert all(isinstance(one, Endpoint) and one.host == HOST for one in announced)
    assert all(channel.carriages[0].to_client > len(CONTENT) for channel in facts.channels)


@pytest.mark.lab
@pytest.mark.parametrize("session", [(21, "1.3")], indirect=True)
def test_secrets_of_others(session: tuple[Path, Path]) -> None:
    """Secrets of other sessions open nothing, which is said; the channels stay inferred."""
    capture, keys = session
    keys.write_text("CLIENT_RANDOM " + "ab" * 32 + " " + "cd" * 48 + "\n")
    recording = keylog.decrypted(record([capture], Vantage.CLIENT), keys)
    assert recording.source.files[0].problems == (f"{keys} holds no keys for 1 of 1 encrypted control connections.",)
    assert [inferred for _, inferred in told(recording)] == [True, True]


def test_no_key_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key log that is missing or none, and a missing tshark, are told in one sentence each."""
    recording = record([], Vantage.UNKNOWN)
    path = tmp_path / "keys"
    with pytest.raises(Unreadable, match=r"cannot be read \(No such file or directory\): .*\.$"):
        keylog.decrypted(recording, path)
    path.write_text("anything")
    with pytest.raises(Unreadable, match=r"is no key log: .*\.$"):
        keylog.decrypted(recording, path)
    path.write_text("CLIENT_RANDOM " + "ab" * 32 + " " + "cd" * 48 + "\n")
    assert keylog.decrypted(recording, path) == recording
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unreadable, match=r"needs tshark, .*\.$"):
        keylog.decrypted(recording, path)


@pytest.mark.lab
@pytest.mark.parametrize("session", [(21, "1.3")], indirect=True)
def test_the_command(session: tuple[Path, Path]) -> None:
    """`ftpdiag replay --keylog FILE` tells the dialogue, and never the password."""
    capture, keys = session
    command = ["replay", str(capture), "--keylog", str(keys), "--format", "json"]
    result = CliRunner().invoke(app, command)
    assert '"PASS ***"' in result.stdout
    assert '"method": "PASV"' in result.stdout
    assert SECRET not in result.stdout
    refused = CliRunner().invoke(app, [*command, "--keylog", str(capture)])
    assert refused.exit_code == 2
    assert "is no key log" in refused.stderr
