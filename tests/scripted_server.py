"""A server in a thread that says what a test wants, on loopback: an ordinary FTP server, but for what is overridden.

with serving(ordinary(EPSV="500 What?")) as server: ...
"""

from __future__ import annotations

import random
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress

from ftpdiag import ftp
from ftpdiag.model import Endpoint, Method, Target
from ftpdiag.recording.plan import Plan, Sniffing, Trust
from ftpdiag.session import Account

DATA = b"-rw-r--r-- 1 ftp ftp 6 README\r\n"
"""What every transfer to the client carries."""


def free_port() -> int:
    """A port of 127.0.0.1 where nobody listens, below those that a system gives to whoever asks for any."""
    while True:
        port = random.randrange(20_000, 30_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Conversation:
    """The server's side of one control connection."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext | None, stopping: threading.Event) -> None:
        self.socket = sock
        self.context = context
        self.protected = False
        self.announced: Endpoint | None = None
        self.received = b""
        """What the client sent over the data connection."""
        self.resumed: list[bool] = []
        """For each encrypted data connection, whether it resumed a TLS session."""
        self._stopping = stopping
        self._pending = b""
        self._held = ExitStack()
        self._listener: socket.socket | None = None
        self._data: socket.socket | None = None

    def say(self, text: str | bytes) -> None:
        """Send a reply, or bytes as they are."""
        self.socket.sendall(f"{text}\r\n".encode() if isinstance(text, str) else text)

    def hear(self) -> str:
        """The next command; nothing when the client has gone."""
        while b"\n" not in self._pending:
            data = self.socket.recv(4096)
            if not data:
                return ""
            self._pending += data
        line, self._pending = self._pending.split(b"\n", 1)
        return line.strip().decode()

    def pause(self, seconds: float) -> None:
        """Wait; a server that is being stopped waits no more."""
        if self._stopping.wait(seconds):
            raise ConnectionAbortedError

    def secure(self) -> None:
        """TLS from here on."""
        assert self.context
        self.socket = self.context.wrap_socket(self.socket, server_side=True)

    def reset(self) -> None:
        """End the control connection with a RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def listen(self) -> int:
        """A passive port."""
        here, family = (self.socket.getsockname()[0], 0), self.socket.family
        self._listener = self._held.enter_context(socket.create_server(here, family=family, backlog=1))
        return int(self._listener.getsockname()[1])

    def data(self) -> socket.socket:
        """The data connection, opened by whoever is to open it, and encrypted if that was agreed."""
        if self._data is None:
            if self._listener is not None:
                self._listener.settimeout(5)
                self._data = self._listener.accept()[0]
            else:
                assert self.announced
                self._data = socket.create_connection((self.announced.host, self.announced.port), timeout=5)
            self._held.enter_context(self._data)
        if self.protected and not isinstance(self._data, ssl.SSLSocket):
            assert self.context
            self._data = self._held.enter_context(self.context.wrap_socket(self._data, server_side=True))
            self.resumed.append(bool(self._data.session_reused))
        return self._data

    def close_data(self) -> None:
        """End the data connection in order, and stop listening for it."""
        for sock in (self._data, self._listener):
            if sock is not None:
                with suppress(OSError):
                    if isinstance(sock, ssl.SSLSocket):
                        sock.settimeout(1)
                        sock.unwrap()
                sock.close()
        self._data = self._listener = None

    def close(self) -> None:
        """End it all."""
        self._held.close()
        self.socket.close()


Script = Callable[[Conversation], None]
Answer = str | Callable[[Conversation, str], None]
"""A reply, or what to do with the argument of the command."""


class ScriptedServer:
    """Listens on a port of 127.0.0.1 or ::1, and plays its script to everyone who calls."""

    def __init__(self, script: Script, *, host: str = "127.0.0.1", context: ssl.SSLContext | None = None) -> None:
        self._script = script
        self._context = context
        self._stopping = threading.Event()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family, backlog=50)
        self.endpoint = Endpoint(host=host, port=int(self._listener.getsockname()[1]))
        self.conversations: list[Conversation] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            conversation = Conversation(sock, self._context, self._stopping)
            self.conversations.append(conversation)
            self._threads.append(threading.Thread(target=self._play, args=(conversation,)))
            self._threads[-1].start()

    def _play(self, conversation: Conversation) -> None:
        with suppress(OSError):
            self._script(conversation)
        conversation.close()

    def stop(self) -> None:
        """Hang up on everyone; nothing is left behind."""
        self._stopping.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join(5)
        for conversation in self.conversations:
            with suppress(OSError):
                conversation.socket.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join(10)
        assert not any(thread.is_alive() for thread in self._threads)


@contextmanager
def serving(
    script: Script, *, host: str = "127.0.0.1", context: ssl.SSLContext | None = None
) -> Iterator[ScriptedServer]:
    """A scripted server, while it lasts."""
    server = ScriptedServer(script, host=host, context=context)
    try:
        yield server
    finally:
        server.stop()


# --- an ordinary server ---------------------------------------------------------------------------------------------


def ordinary(greeting: str | None = "220 Scripted.", **overrides: Answer) -> Script:
    """An FTP server that lets anyone in and knows every method; `overrides` says otherwise, by verb."""
    answers: Mapping[str, Answer] = {**_ORDINARY, **overrides}

    def script(conversation: Conversation) -> None:
        if greeting is not None:
            conversation.say(greeting)
        while line := conversation.hear():
            verb, _, argument = line.partition(" ")
            answer = answers.get(verb.upper(), "502 Command not implemented.")
            if callable(answer):
                answer(conversation, argument)
            else:
                conversation.say(answer)
            if verb == "QUIT":
                return

    return script


def pasv(conversation: Conversation, _argument: str) -> None:
    """Announce a port, the RFC's way."""
    port = conversation.listen()
    host = conversation.socket.getsockname()[0].replace(".", ",")
    conversation.say(f"227 Entering Passive Mode ({host},{port >> 8},{port & 255}).")


def epsv(conversation: Conversation, _argument: str) -> None:
    """Announce a port, whatever the family."""
    conversation.say(f"229 Entering Extended Passive Mode (|||{conversation.listen()}|)")


def port(conversation: Conversation, argument: str) -> None:
    """Remember whom to call back."""
    conversation.announced = ftp.announced_by(Method.PORT, argument, "")
    conversation.say("200 PORT command successful.")


def eprt(conversation: Conversation, argument: str) -> None:
    """Remember whom to call back, whatever the family."""
    conversation.announced = ftp.announced_by(Method.EPRT, argument, "")
    conversation.say("200 EPRT command successful.")


def auth(conversation: Conversation, _argument: str) -> None:
    """Encrypt the control connection."""
    conversation.say("234 Proceed.")
    conversation.secure()


def prot(conversation: Conversation, argument: str) -> None:
    """Encrypt the data connections."""
    conversation.protected = argument == "P"
    conversation.say("200 Ok.")


def send(conversation: Conversation, _argument: str) -> None:
    """Transfer to the client: 150 once the data connection stands, as most servers do."""
    data = conversation.data()
    conversation.say("150 Here it comes.")
    data.sendall(DATA)
    conversation.close_data()
    conversation.say("226 Transfer complete.")


def send_announced_first(conversation: Conversation, _argument: str) -> None:
    """Transfer to the client: 150 before the data connection, as FileZilla Server and IIS do."""
    conversation.say("150 About to start data transfer.")
    conversation.pause(0.05)
    conversation.data().sendall(DATA)
    conversation.close_data()
    conversation.say("226 Transfer complete.")


def receive(conversation: Conversation, _argument: str) -> None:
    """Transfer from the client."""
    data = conversation.data()
    conversation.say("150 Go on.")
    while chunk := data.recv(65536):
        conversation.received += chunk
    conversation.close_data()
    conversation.say("226 Transfer complete.")


_ORDINARY: Mapping[str, Answer] = {
    "FEAT": "211-Features:\r\n EPSV\r\n EPRT\r\n211 End",
    "USER": "331 Password, please.",
    "PASS": "230 In.",
    "SYST": "215 UNIX Type: L8",
    "STAT": "502 Not now.",
    "TYPE": "200 Ok.",
    "PBSZ": "200 Ok.",
    "PASV": pasv,
    "EPSV": epsv,
    "PORT": port,
    "EPRT": eprt,
    "AUTH": auth,
    "PROT": prot,
    "LIST": send,
    "RETR": send,
    "STOR": receive,
    "DELE": "250 Gone.",
    "QUIT": "221 Bye.",
}


# --- a probe of it --------------------------------------------------------------------------------------------------


def plan_for(server: Endpoint, **changes: object) -> Plan:
    """A probe of a scripted server: anonymous, unsniffed, in a hurry, and trusting any certificate."""
    settings: dict[str, object] = {
        "target": Target(given=str(server), host=server.host, port=server.port),
        "account": Account(),
        "methods": (Method.PASV, Method.EPSV, Method.PORT, Method.EPRT),
        "families": (server.family,),
        "timeout": 0.5,
        "trust": Trust.NOTHING,
        "sniffing": Sniffing.OFF,
    }
    return Plan(**{**settings, **changes})  # type: ignore[arg-type]  # each change is of its field's type
