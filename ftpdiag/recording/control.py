"""The control connection over a real socket: lines out, replies in, every line recorded with its time.

However the server behaves, memory and time are bounded, and how the connection ended is a value (`hangup`).
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress

from ftpdiag import ftp
from ftpdiag.model import Ending, Endpoint, Hangup, Line, Opening, Reply
from ftpdiag.recording import tls
from ftpdiag.recording.clock import now
from ftpdiag.recording.connect import opened, seconds, words
from ftpdiag.recording.plan import SLICE
from ftpdiag.recording.transcript import Transcript

JUNK_WAIT = 2.0
"""Seconds a server that began with something else than a reply gets to say one."""

MOST_UNASKED = 1000
"""Lines that a server may say before it is asked: banners that do not keep to the form of a reply."""

FAREWELL_WAIT = 1.0
"""Seconds for the reply to QUIT: nothing depends on it."""

MOST_PRELIMINARY = 5
"""1yz replies before the one that ends an exchange. RFC 959 §5.4 knows at most one."""

SECOND_WORD = 1.0
"""Seconds in which a server that has declined a question late answers what was asked after it."""

OTHER_ADDRESS = 2.0
"""Seconds for each address after the first: a SYN, and one that repeats it (RFC 6298 §2)."""

GOODBYE = 221
"""RFC 959 §5.4: the reply to QUIT."""


class ControlConnection:
    """One control connection and its record."""

    def __init__(self, server: Endpoint, *others: Endpoint, segment: int | None = None) -> None:
        """`others`: addresses of the same name, for when `server` does not accept. `segment`: most bytes of one."""
        self.server = server
        self._segment = segment
        self.passed_over: tuple[Opening, ...] = ()
        """Attempts at other addresses than `server`, in the order in which they were made."""
        self._others = others
        self.client: Endpoint | None = None
        self.round_trip: float | None = None
        self.opening: Opening | None = None
        self.hangup: Hangup | None = None
        self.behaviour: str | None = None
        self.until = float("inf")
        """When no reply is waited for any longer, by the monotonic clock."""
        self._socket: socket.socket | None = None
        self._asked = "the connection"
        self._transcript = Transcript()
        self._overdue = ftp.Overdue()

    @property
    def lines(self) -> Sequence[Line]:
        """The record."""
        return self._transcript.lines

    @property
    def overdue(self) -> Collection[str]:
        """Questions without an answer, while nothing the server said since shows that it has passed them over."""
        return self._overdue.questions

    @property
    def late(self) -> bool:
        """The time is up."""
        return time.monotonic() >= self.until

    @property
    def usable(self) -> bool:
        """It is open and nothing has ended it."""
        return self._socket is not None and self.hangup is None

    def connect(self, wait: float) -> None:
        """Open it, to the first address that accepts; the first of all where none does. What was tried is recorded.

        `wait`: seconds for the first address; all others share as many again.
        """
        tried = [self._attempt(self.server, wait)]
        deadline = time.monotonic() + wait
        for server in self._others:
            left = deadline - time.monotonic()
            if self._socket or left <= 0:
                break
            tried.append(self._attempt(server, min(left, OTHER_ADDRESS)))
        told = tried[-1 if self._socket else 0]
        self.server, self.opening = told.target, told
        self.passed_over = tuple(one for one in tried if one is not told)

    def _attempt(self, server: Endpoint, wait: float) -> Opening:
        sock, opening = opened(server, wait, segment=self._segment)
        if sock is not None:
            self.round_trip = opening.waited
            with suppress(OSError):  # it may have been reset already
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.client = opening.opener
            self._socket = sock
        return opening

    def secure(self, context: ssl.SSLContext, name: str, wait: float) -> bool:
        """Start TLS; False, with a hangup, where it fails."""
        if self._socket is None:
            return False
        self._asked = "the TLS handshake"
        self._socket.settimeout(wait)
        try:
            self._socket = tls.secured(context, self._socket, name)
        except (OSError, ValueError) as failure:
            self._hang_up(tls.ending(failure), tls.reason(failure, wait))
            return False
        return True

    @property
    def tls_session(self) -> ssl.SSLSession | None:
        """The session to resume on a data connection; with TLS 1.3 it is the latest ticket."""
        return self._socket.session if isinstance(self._socket, ssl.SSLSocket) else None

    def send(self, line: str) -> tuple[Reply, ...]:
        """Send one command line. What the server has said before it was asked is no reply to it, and comes back."""
        unasked = tuple(self._hear_out())
        self._asked = line.partition(" ")[0]
        self._transcript.turn()
        if self._socket is None or self.hangup:
            return unasked
        self._transcript.say(line)
        try:
            self._socket.settimeout(JUNK_WAIT)
            self._socket.sendall(line.encode() + b"\r\n")
        except OSError as failure:
            self._lost(failure)
            self._receive(0.0)  # its last word, if there is one
        return unasked

    def _hear_out(self) -> Iterator[Reply]:
        for _ in range(MOST_UNASKED):
            reply = self.poll()
            if reply is None:
                return
            if not self._overdue.settled_by(reply):
                yield reply
        self._stop_reading(f"{MOST_UNASKED} replies that nobody asked for")

    def _stop_reading(self, heard: str) -> None:
        self.behaviour = ftp.endless(self._asked, heard)
        self._hang_up(Ending.STOPPED, self.behaviour)
        self._transcript.drop()

    def ask(self, question: str, wait: float) -> Reply | None:
        """The answer to one of `ftp.QUESTIONS`, if one comes soon; if not, the session goes on."""
        self.send(question)
        reply = self.reply(wait, hopeless=never)
        if reply is None and self.usable:
            self._overdue.add(question)
        return reply

    def reply(self, wait: float, hopeless: Callable[[], bool] | None = None) -> Reply | None:
        """The next reply, or None: none came in `wait` seconds, the connection ended, or it became `hopeless`.

        With `hopeless`, a reply that does not come is the data connection's doing and ends nothing.
        A late answer to a question is no reply to what was asked after it.
        """
        return self._overdue.reply_to(
            self._asked, lambda refusal: self._next(SECOND_WORD, never) if refusal else self._next(wait, hopeless)
        )

    def final_reply(self, wait: float, hopeless: Callable[[], bool] | None = None) -> Reply | None:
        """The next reply that is not preliminary, each within `wait` seconds."""
        for _ in range(MOST_PRELIMINARY):
            reply = self.reply(wait, hopeless)
            if reply is None or not reply.preliminary:
                return reply
        self.behaviour = f"The server sent {MOST_PRELIMINARY} preliminary replies (1yz), and no final one."
        return None

    def _next(self, wait: float, hopeless: Callable[[], bool] | None = None) -> Reply | None:
        began = time.monotonic()
        deadline = min(began + wait, self.until)
        while self.usable:
            while (complete := self._complete()) is not None:
                if complete.code:
                    return complete
                if self._asked == "the connection":
                    deadline = min(deadline, time.monotonic() + JUNK_WAIT)
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                if hopeless:
                    return None
                self._stall(time.monotonic() - began)
            elif self._receive(min(remaining, SLICE) if hopeless else remaining) or not hopeless:
                continue
            elif hopeless():
                return None
        return self._junk()

    def poll(self) -> Reply | None:
        """A reply that is there already."""
        while self.usable:
            complete = self._complete()
            if complete is not None:
                return complete
            if not self._receive(0.0):
                return None
        return None

    def close(self) -> None:
        """Say goodbye where the server still listens, and close."""
        if self.usable:
            self.send("QUIT")
            until = time.monotonic() + FAREWELL_WAIT
            farewell = self.reply(FAREWELL_WAIT)
            while farewell and farewell.code != GOODBYE:  # what it still had to say of the commands before
                farewell = self.reply(max(0.0, until - time.monotonic()))
            self.hangup = None
        self._let_go()

    def abandon(self) -> None:
        """Close without a word: the server is busy with a data connection that will not come.

        What it has said meanwhile is part of the record; that it has left, too, is no news.
        """
        hangup, behaviour = self.hangup, self.behaviour
        for _ in self._hear_out():
            pass
        self.hangup, self.behaviour = hangup, behaviour
        self._let_go()

    def _let_go(self) -> None:
        if self._socket:
            self._socket.close()
            self._socket = None

    # --- reading ---

    def _complete(self) -> Reply | None:
        """The next complete reply to anything but a question that was passed over."""
        while reply := self._transcript.reply():
            if not self._overdue.overtaken(reply, self._asked):
                return reply
        self._lose_patience()
        return None

    def _lose_patience(self) -> None:
        if (heard := self._transcript.exhausted) and self.usable:
            self._stop_reading(heard)

    def _receive(self, wait: float) -> bool:
        """Take what comes within `wait` seconds; False when nothing came."""
        if self._socket is None:
            return False
        try:
            self._socket.settimeout(wait)
            data = self._socket.recv(65536)
        except (TimeoutError, BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError as failure:
            self._lost(failure)
            return False
        if not data:
            self._transcript.flush()
            self._hang_up(Ending.FINISHED, f"The server closed the control connection after {self._asked}.")
        self._transcript.hear(data)
        self._lose_patience()
        return True

    def _stall(self, waited: float) -> None:
        if self._transcript.received:
            self.behaviour = ftp.unfinished(self._asked, self._transcript.received, waited)
        self._transcript.flush()
        self._hang_up(Ending.STALLED, f"No complete reply to {self._asked} came within {seconds(waited)}.")

    def _junk(self) -> Reply | None:
        """What came although it is no reply: the last word of a server that does not speak FTP."""
        reply = None
        while (complete := self._complete()) is not None:
            reply = complete
        return reply if reply and reply.code else None

    def _lost(self, failure: OSError) -> None:
        ending = Ending.RESET if isinstance(failure, ConnectionResetError | BrokenPipeError) else Ending.STALLED
        if isinstance(failure, ssl.SSLError):
            ending = Ending.FINISHED if isinstance(failure, ssl.SSLEOFError) else Ending.TLS_FAILED
        self._hang_up(ending, f"The control connection was lost after {self._asked}: {words(failure)}.")

    def _hang_up(self, ending: Ending, detail: str) -> None:
        self.hangup = self.hangup or Hangup(at=now(), ending=ending, detail=detail)


def never() -> bool:
    """A reply that may come or not."""
    return False
