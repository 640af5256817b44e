"""A Session over real sockets, TLS included: what a handshake asks for in, an Attempt out."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable, Collection
from typing import Protocol

from ftpdiag import ftp
from ftpdiag.model import Attempt, Carriage, Ending, Endpoint, Method, Opening, Reply, Tls
from ftpdiag.recording.clock import now
from ftpdiag.recording.connect import words
from ftpdiag.recording.control import ControlConnection
from ftpdiag.recording.data import DataConnection, Listener, dial
from ftpdiag.recording.plan import (
    ASSUMED_ROUND_TRIP,
    DEFAULT_TIMEOUT,
    LATE_ANSWER,
    SERVERS_VERDICT,
    SLICE,
    SYN_SCHEDULE,
    Dialling,
    Plan,
    Tell,
    Waiting,
)
from ftpdiag.recording.tls import context_for

WORD_AFTER_FAILURE = 1.0
"""Seconds the server gets to say what it thinks of a data connection that failed: its 426 or 522 comes at once."""

FIRST_WORD = 1.0
"""Seconds the server gets to decline an upload, or to ask for it, before it is sent."""

MOST_PRELIMINARY = 5
"""1yz replies before the one that ends an exchange. RFC 959 §5.4 knows at most one."""


class Watch(Protocol):
    """What the sniffer saw so far."""

    def ignored(self, listener: Endpoint) -> bool:
        """Whether a SYN to our own listener has been left unanswered by this machine."""


class SocketSession:
    """One session of a probe. Every verb records; none raises for what the network or the server does."""

    def __init__(  # noqa: PLR0913  what a session is made of
        self,
        *,
        method: Method,
        servers: tuple[Endpoint, ...],
        tls: Tls,
        plan: Plan,
        watch: Watch | None,
        tell: Tell,
        unasked: Collection[str] = (),
    ) -> None:
        """`servers`: the first of these addresses that accepts is the server's. `unasked`: questions to leave out."""
        self.method = method
        self.tls = tls
        self.offers_tls = False
        """FEAT lists AUTH TLS, or the login was declined for want of it."""
        self.unanswered: set[str] = set()
        """The questions that were asked and had no answer in time."""
        self._unasked = frozenset(unasked)
        self._plan = plan
        self._watch = watch
        self._tell = tell
        self._began = now()
        self._control = ControlConnection(*servers)
        self._context = None if tls is Tls.NONE else context_for(plan)
        self._protected = False
        self._openings: list[Opening] = []
        self._carriages: list[Carriage] = []
        self._limits: list[str] = []
        self._listener: Listener | None = None
        self._dialled: socket.socket | None = None
        self._data_lost = False
        self._begun = False
        """The transfer command was answered."""
        self._final: Reply | None = None
        """The reply that ended the transfer."""

    @property
    def server(self) -> Endpoint:
        """The server's end of the control connection."""
        return self._control.server

    @property
    def dials_announced(self) -> bool:
        """Whether a third host that a 227 names may be dialled."""
        return self._plan.dialling is Dialling.ANNOUNCED_TOO

    @property
    def _data_wait(self) -> float:
        """With a sniffer, three unanswered SYNs decide; without one, the user's timeout does."""
        if self._watch is None:
            return self._plan.timeout
        round_trip = self._control.round_trip or ASSUMED_ROUND_TRIP
        return min(self._plan.timeout, SYN_SCHEDULE + round_trip + LATE_ANSWER)

    @property
    def _call_wait(self) -> float:
        """A call-back that has not begun has no SYNs to count: who grants it more than usual waits that long."""
        return max(self._data_wait, self._plan.timeout if self._plan.timeout > DEFAULT_TIMEOUT else 0.0)

    # --- the control connection ---

    def greeting(self) -> Reply | None:
        """Connect, with TLS first where it is implicit, and read what the server says unasked."""
        self._tell(self.method, "connecting")
        self._control.connect(self._data_wait)
        if self.tls is Tls.IMPLICIT and not self.secure():
            return None
        return self._reply_past_preliminary(self._plan.reply_wait)  # RFC 959 §5.4: 120 "ready in nnn minutes", then 220

    @property
    def in_doubt(self) -> bool:
        """A question had no answer, and nothing since shows that the server hears us: it may still be at that one."""
        return bool(self.unanswered and self._control.overdue)

    def ask(self, question: str) -> Reply | None:
        """Ask what nothing depends on; the reply, or None when none came soon."""
        if question in self._unasked or self._control.overdue:
            return None  # a second question would only make it harder to say which of them an answer is for
        self._tell(self.method, f"waiting for the reply to {question}")
        reply = self._control.ask(question, self._plan.question_wait)
        if question in self._control.overdue:
            self.unanswered.add(question)
        if reply is not None and question == "FEAT" and ftp.offers_tls(reply):
            self.offers_tls = True
        return reply

    def command(self, verb: str, argument: str | None = None) -> Reply | None:
        """Send a command; the first reply to it."""
        self._tell(self.method, f"waiting for the reply to {verb}")
        self._control.send(verb if argument is None else f"{verb} {argument}")
        if self._listener and verb in Method.__members__:
            # A server may call back before it answers (pyftpdlib), and answer only when that succeeded or failed.
            reply = self._control.reply(self._call_wait, hopeless=self._ignored)
            self._data_lost = reply is None
        else:
            reply = self._control.reply(self._plan.reply_wait)
        if reply is not None and ftp.wants_tls(reply):
            self.offers_tls = True
        if verb == "PROT" and argument == "P" and reply is not None and reply.positive:
            self._protected = True
        return reply

    def secure(self) -> bool:
        """Start TLS on the control connection."""
        if self._context is None:
            return False
        self._tell(self.method, "in the TLS handshake")
        return self._control.secure(self._context, self._plan.target.host, self._plan.reply_wait)

    # --- the data connection ---

    def connect(self, endpoint: Endpoint) -> bool:
        """Open the data connection to `endpoint`."""
        self._tell(self.method, f"opening to port {endpoint.port}")
        sock, opening = dial(self._control.client, endpoint, self._data_wait)
        self._openings.append(opening)
        if sock is not None:
            if self._dialled:
                self._dialled.close()
            self._dialled = sock
        elif endpoint.host == self.server.host:
            self._hear_server_out()
        return sock is not None

    def listen(self) -> Endpoint | None:
        """Listen on a fresh port of the control connection's own address; the endpoint to announce."""
        if self._control.client is None:
            return None
        try:
            self._listener = Listener(self._control.client.host, self._plan.active_ports)
        except OSError as failure:
            ports = self._plan.active_ports
            where = f"a port of {ports.start}-{ports.stop - 1}" if ports else "a port"
            self._limits.append(
                f"This machine cannot listen on {where} of {self._control.client.host}: {words(failure)}."
            )
            return None
        here = self._listener.endpoint
        elsewhere = here.at_host(self._plan.active_address or here.host)
        return elsewhere if elsewhere.family == here.family else here

    def transfer(self) -> None:
        """Send the transfer command and carry its data to the end."""
        verb, argument = self._transfer_command()
        if verb in {"RETR", "STOR"}:
            self.command("TYPE", "I")
        self._tell(self.method, f"waiting for the data of {verb}")
        # A server may turn the data connection away before it is asked for data (pyftpdlib).
        unasked = self._control.send(verb if argument is None else f"{verb} {argument}")
        refusals = [reply for reply in unasked if reply.code and not reply.positive]
        sock = self._dialled or self._await_call(refusals)
        self._dialled = None
        if sock is None:
            self._data_lost = not refusals and self._final is None
            if self._data_lost:
                self._hear_server_out(sent=True)
            return
        data = DataConnection(sock, **self._ends())
        self._carry(data, verb, refusals)
        self._carriages.append(data.carriage)
        if not refusals:
            self._final_reply(data.carriage)
        if verb == "STOR" and self._final and self._final.positive:
            self.command("DELE", argument)

    def _ends(self) -> dict[str, Endpoint]:
        if self._listener:
            return {"local": self._listener.opening.target, "remote": self._listener.opening.opener}
        return {"local": self._openings[-1].opener, "remote": self._openings[-1].target}

    def _transfer_command(self) -> tuple[str, str | None]:
        """STOR makes a name of its own, so that no file of the user's is ever overwritten."""
        verb, path = self._plan.verb, self._plan.target.path
        if verb != "STOR":
            return verb, path
        folder = f"{path.rstrip('/')}/" if path else ""
        return verb, f"{folder}ftpdiag-{secrets.token_hex(4)}.txt"

    def _await_call(self, refusals: list[Reply]) -> socket.socket | None:
        """The server's call-back; None when it did not come, or the server declined meanwhile."""
        deadline = time.monotonic() + self._call_wait
        while self._listener and time.monotonic() < deadline and not refusals:
            sock = self._listener.accept(self.server.host, SLICE)
            if sock is not None:
                return sock
            self._poll(refusals)
            if self._ignored() or not self._control.usable:
                return None
        return None

    def _ignored(self) -> bool:
        return bool(self._watch and self._listener and self._watch.ignored(self._listener.endpoint))

    def _poll(self, refusals: list[Reply]) -> None:
        self._hear(self._control.poll(), refusals)

    def _hear(self, reply: Reply | None, refusals: list[Reply]) -> None:
        if reply is None or not reply.code:
            return
        self._begun = True
        if reply.preliminary:
            return
        self._final = reply
        if not reply.positive:
            refusals.append(reply)

    def _carry(self, data: DataConnection, verb: str, refusals: list[Reply]) -> None:
        if self._protected and self._context is not None:
            self._tell(self.method, "in the TLS handshake of the data connection")
            session = self._control.tls_session
            if not data.secure(self._context, self._plan.target.host, session, self._plan.timeout):
                return
        if verb == "STOR":
            self._hear_first_word(refusals)
            if refusals:
                data.stop()
            else:
                data.send(self._plan.timeout)
            return

        def stopped() -> bool:
            self._poll(refusals)
            return bool(refusals) or not self._control.usable

        data.receive(self._plan.timeout, stopped)

    def _hear_first_word(self, refusals: list[Reply]) -> None:
        """RFC 959 §5.4: a server answers 1yz before it takes data. One that does not gets the data all the same."""
        if not self._begun:
            self._hear(self._control.reply(FIRST_WORD, hopeless=_never), refusals)

    def _final_reply(self, carriage: Carriage) -> None:
        """Read on to the reply that ends the transfer. After a failure the server may need a minute to notice."""
        if self._final:
            return
        if carriage.ending is Ending.FINISHED:
            self._final = self._reply_past_preliminary(self._plan.reply_wait)
        elif self._plan.waiting is Waiting.SERVERS_VERDICT:
            self._final = self._reply_past_preliminary(SERVERS_VERDICT)
        else:
            self._final = self._reply_past_preliminary(WORD_AFTER_FAILURE, hopeless=_never)
            self._data_lost = self._final is None

    def _reply_past_preliminary(self, wait: float, hopeless: Callable[[], bool] | None = None) -> Reply | None:
        for _ in range(MOST_PRELIMINARY):
            reply = self._control.reply(wait, hopeless)
            if reply is None or not reply.preliminary:
                return reply
        self._control.behaviour = f"The server sent {MOST_PRELIMINARY} preliminary replies (1yz), and no final one."
        return None

    def _hear_server_out(self, *, sent: bool = False) -> None:
        """With `--patience`: what the server says about a data connection that did not come."""
        if self._plan.waiting is not Waiting.SERVERS_VERDICT:
            return
        self._tell(self.method, "waiting for the server's own verdict")
        if not sent:
            verb, argument = self._transfer_command()
            self._control.send(verb if argument is None else f"{verb} {argument}")
        self._reply_past_preliminary(SERVERS_VERDICT)

    # --- the record ---

    def close(self) -> Attempt:
        """End the session; the record of it."""
        if self._dialled:
            self._dialled.close()
        if self._data_lost:
            self._control.abandon()
        self._control.close()
        strangers: tuple[Endpoint, ...] = ()
        ended = now()
        if self._listener:
            self._listener.close(self.server.host)
            self._openings.append(self._listener.opening)
            strangers = tuple(self._listener.strangers)
        control = self._control.opening
        return Attempt(
            method=self.method,
            family=self.server.family,
            tls=self.tls,
            client=self._control.client,
            server=self.server,
            began=self._began,
            ended=ended,
            lines=tuple(self._control.lines),
            openings=(*((control,) if control else ()), *self._openings),
            carriages=tuple(self._carriages),
            hangup=self._control.hangup,
            limits=tuple(self._limits),
            strangers=strangers,
            behaviour=self._control.behaviour,
            passed_over=self._control.passed_over,
            unasked=tuple(sorted(self._unasked)),
        )


def _never() -> bool:
    """A reply that may come or not."""
    return False
