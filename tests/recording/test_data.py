"""The data connection, over real sockets: dialled or awaited, carried to its end, whatever the peer does."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from ftpdiag.model import Answer, Carriage, Ending, Endpoint, View
from ftpdiag.recording import data
from ftpdiag.recording.data import UPLOAD, DataConnection, Listener, dial

LOOPBACK = "127.0.0.1"
ANYWHERE = Endpoint(host=LOOPBACK, port=0)
Peer = Callable[[socket.socket], None]


def never() -> bool:
    """Nothing on the control connection."""
    return False


@contextlib.contextmanager
def facing(peer: Peer) -> Iterator[DataConnection]:
    """A data connection whose other end does what `peer` does."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        ours, opening = dial(ANYWHERE, _endpoint(listener), 1)
        assert ours is not None
        theirs, _ = listener.accept()

    def play() -> None:
        with theirs, contextlib.suppress(OSError):
            peer(theirs)

    thread = threading.Thread(target=play)
    thread.start()
    try:
        yield DataConnection(ours, local=opening.opener, remote=opening.target)
    finally:
        ours.close()
        with contextlib.suppress(OSError):
            theirs.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _endpoint(sock: socket.socket) -> Endpoint:
    host, port = sock.getsockname()[:2]
    return Endpoint(host=host, port=port)


def received(peer: Peer, stopped: Callable[[], bool] = never, wait: float = 0.3) -> Carriage:
    """What became of a transfer to us."""
    with facing(peer) as connection:
        connection.receive(wait, stopped)
        return connection.carriage


def sent(peer: Peer, wait: float = 0.3) -> Carriage:
    """What became of a transfer from us."""
    with facing(peer) as connection:
        connection.send(wait, never)
        return connection.carriage


# --- dialling -------------------------------------------------------------------------------------------------------


def test_dial() -> None:
    """A connection that opens is recorded from the socket's view, with the port it went out from."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        sock, opening = dial(ANYWHERE, _endpoint(listener), 1)
        assert sock is not None
        with sock:
            assert opening.opener == _endpoint(sock)
            assert (opening.answer, opening.view, opening.established) == (Answer.ACCEPTED, View.CLIENT_SOCKET, True)


def test_dial_from_the_address_of_the_control_connection() -> None:
    """The data connection goes out from the address that the server knows us by (RFC 2577, peer checks)."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        sock, opening = dial(Endpoint(host="127.0.0.9", port=40000), _endpoint(listener), 1)
        assert sock is not None
        with sock:
            assert opening.opener.host == "127.0.0.9"


def test_dial_refused() -> None:
    """A port where nobody listens refuses at once."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        target = _endpoint(listener)
    sock, opening = dial(ANYWHERE, target, 1)
    assert sock is None
    assert (opening.answer, opening.error, opening.target) == (Answer.REFUSED, "ECONNREFUSED", target)


def test_dial_silent() -> None:
    """A port that does not answer is given the wait and no more."""
    with socket.create_server((LOOPBACK, 0), backlog=0) as listener, socket.socket() as first:
        first.connect(listener.getsockname())
        began = time.monotonic()
        sock, opening = dial(ANYWHERE, _endpoint(listener), 0.2)
        assert sock is None
        assert 0.2 <= time.monotonic() - began < 1
        assert (opening.answer, opening.error) == (Answer.SILENT, "ETIMEDOUT")


def test_dial_another_family() -> None:
    """An IPv4 address that a 227 names over IPv6 is dialled as what it is."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        sock, opening = dial(Endpoint(host="::1", port=40000), _endpoint(listener), 1)
        assert sock is not None
        sock.close()
        assert opening.answer is Answer.ACCEPTED


def test_dial_nowhere() -> None:
    """What the kernel itself refuses is a value, too."""
    sock, opening = dial(None, Endpoint(host="255.255.255.255", port=9), 0.2)
    assert sock is None
    assert opening.answer is Answer.REJECTED


# --- listening ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", [LOOPBACK, "::1"])
def test_listener(host: str) -> None:
    """The server's call is accepted, and recorded with the port it came from."""
    listener = Listener(host, None)
    with socket.create_connection((host, listener.endpoint.port)) as caller:
        sock = listener.accept(host, 1)
        assert sock is not None
        sock.close()
        assert listener.opening.opener == _endpoint(caller)
    assert (listener.opening.answer, listener.opening.established) == (Answer.ACCEPTED, True)
    assert listener.strangers == []
    listener.close(LOOPBACK)


def test_nobody_calls() -> None:
    """A listener that nobody called says so: it was watched, and nobody tried."""
    listener = Listener(LOOPBACK, None)
    began = time.monotonic()
    assert listener.accept(LOOPBACK, 0.1) is None
    assert time.monotonic() - began < 1
    assert (listener.opening.answer, listener.opening.target) == (Answer.ABSENT, listener.endpoint)
    listener.close(LOOPBACK)


def test_call_that_was_never_taken() -> None:
    """A call that came while nobody took it is on record."""
    listener = Listener(LOOPBACK, None)
    with socket.create_connection((LOOPBACK, listener.endpoint.port)) as caller:
        listener.close(LOOPBACK)
        assert (listener.opening.answer, listener.opening.opener) == (Answer.ACCEPTED, _endpoint(caller))


def test_stranger() -> None:
    """A caller other than the server is recorded and reset, and the server may still call."""
    listener = Listener(LOOPBACK, None)
    with socket.create_connection((LOOPBACK, listener.endpoint.port), source_address=("127.0.0.9", 0)) as stranger:
        assert listener.accept(LOOPBACK, 1) is None
        with pytest.raises(ConnectionResetError):
            stranger.recv(1)
        assert [one.host for one in listener.strangers] == ["127.0.0.9"]
        assert listener.opening.answer is Answer.ABSENT
    with socket.create_connection((LOOPBACK, listener.endpoint.port)):
        sock = listener.accept(LOOPBACK, 1)
        assert sock is not None
        sock.close()
    listener.close(LOOPBACK)


def free_ports(count: int) -> range:
    """Ports in a row on which nobody listens."""
    for first in range(20000, 30000, count):
        ports = range(first, first + count)
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for port in ports:
                stack.enter_context(socket.create_server((LOOPBACK, port)))
            return ports
    raise AssertionError("no ports are free")


def test_listener_takes_a_free_port_of_the_range() -> None:
    """Of `--active-ports` a free one is taken, wherever in the range it is."""
    ports = free_ports(3)
    with socket.create_server((LOOPBACK, ports[0])), socket.create_server((LOOPBACK, ports[2])):
        listener = Listener(LOOPBACK, ports)
        assert listener.endpoint.port == ports[1]
        listener.close(LOOPBACK)


def test_listener_with_a_busy_range() -> None:
    """Where all of `--active-ports` are busy that is an error of this machine, to be said."""
    ports = free_ports(1)
    with (
        socket.create_server((LOOPBACK, ports[0])),
        pytest.raises(OSError, match="in use"),
    ):
        Listener(LOOPBACK, ports)


def test_listener_on_a_port_used_a_moment_ago() -> None:
    """A forwarded port can serve one call-back after another, though the last one is in TIME_WAIT."""
    ports = free_ports(1)
    for _ in range(3):
        listener = Listener(LOOPBACK, ports)
        with socket.create_connection((LOOPBACK, ports[0])) as caller:
            sock = listener.accept(LOOPBACK, 1)
            assert sock is not None
            sock.close()  # first, so that TIME_WAIT is on this side
            assert caller.recv(1) == b""
        listener.close(LOOPBACK)


def _quiet(peer: socket.socket) -> None:
    peer.recv(1)


def _deaf(_peer: socket.socket) -> None:
    time.sleep(0.6)


# --- carrying -------------------------------------------------------------------------------------------------------


def test_receive() -> None:
    """Bytes are counted up to the server's end of file."""
    carriage = received(lambda peer: peer.sendall(b"x" * 100_000))
    assert (carriage.to_client, carriage.to_server) == (100_000, 0)
    assert (carriage.ending, carriage.ended_by, carriage.error) == (Ending.FINISHED, LOOPBACK, None)


def test_receive_nothing() -> None:
    """An empty listing ends in order, with no bytes."""
    carriage = received(lambda _: None)
    assert (carriage.to_client, carriage.ending) == (0, Ending.FINISHED)


def test_receive_stalls() -> None:
    """A server that stops sending is given the wait, from its last byte on, and no more."""

    def peer(sock: socket.socket) -> None:
        sock.sendall(b"x")
        time.sleep(0.2)
        sock.sendall(b"x")
        sock.recv(1)

    began = time.monotonic()
    carriage = received(peer, wait=0.3)
    assert 0.5 <= time.monotonic() - began < 1.5
    assert (carriage.to_client, carriage.ending, carriage.error) == (2, Ending.STALLED, "Nothing came for 0.3 s.")


def test_receive_reset() -> None:
    """A RST in the middle is told from an end."""

    def peer(sock: socket.socket) -> None:
        sock.sendall(b"x")
        time.sleep(0.1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    assert received(peer).ending is Ending.RESET


def test_reset_before_the_transfer() -> None:
    """A connection that was reset as soon as it opened still has its ends, and its end."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        target = _endpoint(listener)
        sock, opening = dial(ANYWHERE, target, 1)
    assert sock is not None  # accepted by the kernel, and reset when the listener was closed
    time.sleep(0.05)
    connection = DataConnection(sock, local=opening.opener, remote=opening.target)
    connection.receive(0.3, never)
    assert (connection.carriage.ending, connection.carriage.remote) == (Ending.RESET, target)


def test_receive_stopped() -> None:
    """Waiting ends when the control connection says that nothing will come."""
    carriage = received(_quiet, stopped=lambda: True, wait=9)
    assert carriage.ending is Ending.STOPPED


def test_endless_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data without end are stopped once they have shown what they can, and are held in no memory."""
    monkeypatch.setattr(data, "ENOUGH", 0.3)

    def peer(sock: socket.socket) -> None:
        while True:
            sock.sendall(b"x" * 65536)

    carriage = received(peer)
    assert carriage.ending is Ending.SUFFICED
    assert carriage.error == "The transfer was still moving after 0.3 s."
    assert carriage.to_client > 1 << 20


def test_a_byte_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data that drip for ever are stopped as well."""
    monkeypatch.setattr(data, "ENOUGH", 0.3)

    def peer(sock: socket.socket) -> None:
        while True:
            sock.sendall(b"x")
            time.sleep(0.05)

    assert received(peer).ending is Ending.SUFFICED


def test_send() -> None:
    """An upload goes out whole, and ends with our end of file."""
    arrived = bytearray()

    def peer(sock: socket.socket) -> None:
        while chunk := sock.recv(65536):
            arrived.extend(chunk)

    carriage = sent(peer)
    assert (carriage.to_server, carriage.ending, carriage.ended_by) == (len(UPLOAD), Ending.FINISHED, LOOPBACK)
    time.sleep(0.05)
    assert bytes(arrived) == UPLOAD


def test_send_stalls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes nothing is given the wait and no more."""
    monkeypatch.setattr(data, "UPLOAD", b"x" * (16 << 20))
    carriage = sent(_deaf)
    assert (carriage.ending, carriage.error) == (Ending.STALLED, "The server took nothing for 0.3 s.")


def test_an_upload_that_our_own_system_took_may_still_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the server's system has not confirmed has not arrived."""
    monkeypatch.setattr(data, "UPLOAD", b"x" * (1 << 20))
    carriage = sent(_deaf)
    assert carriage.ending is Ending.STALLED
    assert 0 < carriage.to_server < 1 << 20


def test_an_upload_that_our_own_system_took_may_still_be_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is seen at once."""
    monkeypatch.setattr(data, "UPLOAD", b"x" * (1 << 20))

    def peer(sock: socket.socket) -> None:
        sock.recv(1)
        time.sleep(0.1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    began = time.monotonic()
    assert sent(peer, 5).ending is Ending.RESET
    assert time.monotonic() - began < 1


def test_small_segments() -> None:
    """Neither side puts more bytes into a segment than were asked for."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        ours, _ = dial(ANYWHERE, _endpoint(listener), 1, 536)
        theirs, _ = listener.accept()
        assert ours is not None
        with ours, theirs:
            assert all(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) <= 536 for one in (ours, theirs))


def test_send_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    """A RST during an upload is told from an end."""
    monkeypatch.setattr(data, "UPLOAD", b"x" * (16 << 20))

    def peer(sock: socket.socket) -> None:
        sock.recv(1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    assert sent(peer).ending is Ending.RESET
