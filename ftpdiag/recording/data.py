"""The data connection over real sockets: dial or await it, secure it, carry the bytes to the end; each a value."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import socket
import ssl
import struct
import sys
import time
from collections.abc import Callable, Iterator

from msgspec.structs import replace

from ftpdiag.model import Answer, Carriage, Ending, Endpoint, Opening, View
from ftpdiag.recording import tls
from ftpdiag.recording.clock import now
from ftpdiag.recording.connect import endpoint, limit_segments, opened, seconds, words
from ftpdiag.recording.plan import SLICE

LINE = b"Sent by ftpdiag to test the data connection; safe to delete.\r\n"

UPLOAD = LINE * 1024
"""What STOR sends: 62 KB, several windows of full segments at first (RFC 6928: ten)."""

ENOUGH = 10.0
"""Seconds after which a transfer that keeps moving is stopped. What breaks an open data connection (a smaller MTU, TLS,
a device that inspects content) shows within its first few windows; a longer download would only test the patience."""

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def dial(
    source: Endpoint | None, target: Endpoint, wait: float, segment: int | None = None
) -> tuple[socket.socket | None, Opening]:
    """Open to `target` within `wait` seconds, from the control connection's address. `segment`: most bytes of one."""
    own = source.host if source is not None and source.family == target.family else None
    return opened(target, wait, own, segment)


class Listener:
    """A fresh listening port at our own address, for one call-back. Callers other than the server are refused."""

    def __init__(self, host: str, ports: range | None, segment: int | None = None) -> None:
        self._socket = _listening(host, ports)
        limit_segments(self._socket, segment)
        self.endpoint = endpoint(self._socket.getsockname())
        self.strangers: list[Endpoint] = []
        self._began = now()
        self._accepted: Opening | None = None

    def accept(self, server: str, wait: float) -> socket.socket | None:
        """The server's call, within `wait` seconds."""
        self._socket.settimeout(wait)
        try:
            sock, address = self._socket.accept()
        except OSError:
            return None
        caller = endpoint(address)
        if caller.host != server:
            self.strangers.append(caller)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            sock.close()
            return None
        self._accepted = replace(self._opening(Answer.ACCEPTED), at=now(), opener=caller, tries=1, established=True)
        return sock

    @property
    def opening(self) -> Opening:
        """What the listening socket saw: the server's call, or nobody's."""
        return self._accepted or self._opening(Answer.ABSENT)

    def _opening(self, answer: Answer) -> Opening:
        nobody = Endpoint(host="", port=0)
        return Opening(
            at=self._began,
            opener=nobody,
            target=self.endpoint,
            answer=answer,
            view=View.CLIENT_SOCKET,
            waited=now() - self._began,
        )

    def close(self, server: str) -> None:
        """Stop listening. A call that was never taken has come all the same."""
        if self._accepted is None and (late := self.accept(server, 0.0)):
            late.close()
        self._socket.close()


def _listening(host: str, ports: range | None) -> socket.socket:
    """OSError when no port of the range is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in random.sample(ports, len(ports)) if ports else (0,):
        sock = socket.socket(family)
        # A port on which the last call-back is still in TIME_WAIT is free; one that somebody listens on is not.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
            sock.listen(4)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure


class DataConnection:
    """An open data connection, carrying one transfer."""

    def __init__(self, sock: socket.socket, *, local: Endpoint, remote: Endpoint) -> None:
        """The ends are told, because a socket that was reset already has forgotten them."""
        self._socket = sock
        self.carriage = Carriage(local=local, remote=remote, ending=Ending.OPEN)
        self.until = float("inf")
        """When enough was received in any case, by the monotonic clock."""

    def secure(self, context: ssl.SSLContext, name: str, session: ssl.SSLSession | None, wait: float) -> bool:
        """TLS as the client, in active mode too (RFC 4217 §7), resuming the control connection's session."""
        self._socket.settimeout(wait)
        try:
            sock = tls.secured(context, self._socket, name, session)
        except (OSError, ValueError) as failure:
            ending = tls.ending(failure)
            if ending in {Ending.FINISHED, Ending.RESET}:
                ending = Ending.TLS_FAILED
            self._end(ending, tls.reason(failure, wait))
            return False
        self._socket = sock
        self.carriage = replace(self.carriage, tls=sock.version(), resumed=bool(sock.session_reused))
        return True

    def receive(self, wait: float, stopped: Callable[[], bool]) -> None:
        """Read to the end of file. Gives up when nothing came for `wait` seconds, or when `stopped` says so."""
        began = heard = time.monotonic()
        self._socket.settimeout(SLICE)
        while True:
            try:
                data = self._socket.recv(65536)
            except TimeoutError:
                if stopped():
                    return self._end(Ending.STOPPED)
                if time.monotonic() - heard > wait:
                    return self._end(Ending.STALLED, f"Nothing came for {seconds(wait)}.")
                continue
            except OSError as failure:
                return self._end(_ending(failure), words(failure))
            if not data:
                return self._end(Ending.FINISHED, by=self.carriage.remote.host)
            heard = time.monotonic()
            self._count(to_client=len(data))
            if heard > min(began + ENOUGH, self.until):
                return self._end(Ending.SUFFICED, f"The transfer was still moving after {seconds(ENOUGH)}.")

    def send(self, wait: float, stopped: Callable[[], bool]) -> None:
        """Send the upload and close our side, once the server's system has it all, or has ended it."""
        self._socket.settimeout(wait)
        try:
            self._socket.sendall(UPLOAD)
        except TimeoutError:
            return self._end(Ending.STALLED, f"The server took nothing for {seconds(wait)}.")
        except OSError as failure:
            return self._end(_ending(failure), words(failure))
        left = self._left(wait, stopped)
        self._count(to_server=max(0, len(UPLOAD) - left))
        if left and _gone(self._socket):
            return self._end(Ending.RESET, os.strerror(errno.ECONNRESET))
        if left:
            return self._end(Ending.STALLED, f"The server took nothing for {seconds(wait)}.")
        return self._end(Ending.FINISHED, by=self.carriage.local.host)

    def _left(self, wait: float, stopped: Callable[[], bool]) -> int:
        """Bytes that nobody acknowledged, when none was for `wait` seconds, or `stopped` says that it is over."""
        least, moved = len(UPLOAD), time.monotonic()
        while left := _unacknowledged(self._socket):
            if left < least:
                least, moved = left, time.monotonic()
            if _gone(self._socket) or time.monotonic() - moved > wait or stopped():
                break
            time.sleep(SLICE / 5)
        return left

    def send_slowly(self, holding: Callable[[], bool], pace: float) -> None:
        """Send a line of the upload every `pace` seconds for as long as `holding` says so; what is left is left."""
        self._socket.settimeout(pace)
        for _ in every(pace, holding):
            try:
                self._count(to_server=self._socket.send(LINE))
            except TimeoutError:
                continue
            except OSError as failure:
                return self._end(_ending(failure), words(failure))
        return None

    def receive_slowly(self, holding: Callable[[], bool], pace: float) -> None:
        """Take a little every `pace` seconds for as long as `holding` says so; it may end before that."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # the least that the system allows
        self._socket.settimeout(SLICE)
        for _ in every(pace, holding):
            if self.carriage.ending is not Ending.OPEN:
                continue
            try:
                data = self._socket.recv(len(LINE))
            except TimeoutError:
                continue
            except OSError as failure:
                self._end(_ending(failure), words(failure))
                continue
            self._count(to_client=len(data))
            if not data:
                self._end(Ending.FINISHED, by=self.carriage.remote.host)

    def _count(self, *, to_client: int = 0, to_server: int = 0) -> None:
        carriage = self.carriage
        self.carriage = replace(
            carriage, to_client=carriage.to_client + to_client, to_server=carriage.to_server + to_server
        )

    def stop(self) -> None:
        """Close it: the server has declined the transfer."""
        self._end(Ending.STOPPED)

    def _end(self, ending: Ending, error: str | None = None, *, by: str | None = None) -> None:
        if ending is Ending.FINISHED and isinstance(self._socket, ssl.SSLSocket):
            with contextlib.suppress(OSError, ValueError):
                self._socket.settimeout(1.0)  # a peer that never says close_notify is not waited for
                self._socket.unwrap()
        sufficed = now() if ending is Ending.SUFFICED else None
        self._socket.close()
        self.carriage = replace(self.carriage, ending=ending, ended_by=by, error=error, sufficed=sufficed)


def every(pace: float, holding: Callable[[], bool]) -> Iterator[None]:
    """Now, and then whenever `pace` seconds have passed, for as long as `holding` says so; it is asked often."""
    due = time.monotonic()
    while holding():
        if time.monotonic() >= due:
            due += pace
            yield
        time.sleep(SLICE)


def _unacknowledged(sock: socket.socket) -> int:
    """Bytes that have left, or are to, and that the peer's TCP has not confirmed; 0 where the system does not tell."""
    left = bytearray(4)
    try:
        import fcntl  # noqa: PLC0415 - not on every system
        import termios  # noqa: PLC0415 - ditto

        fcntl.ioctl(sock, termios.TIOCOUTQ, left)  # SIOCOUTQ (tcp(7))
    except (ImportError, OSError):
        return 0
    return int.from_bytes(left, sys.byteorder)


def _gone(sock: socket.socket) -> bool:
    """It was reset: such a socket has forgotten its peer."""
    try:
        sock.getpeername()
    except OSError:
        return True
    return False


def _ending(failure: OSError) -> Ending:
    return Ending.TLS_FAILED if isinstance(failure, ssl.SSLError) else Ending.RESET
