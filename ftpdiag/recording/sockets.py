"""A Session over real sockets, TLS included: what a handshake asks for in, an Attempt out."""

from __future__ import annotations

import socket
import time
from collections.abc import Collection
from math import inf, isinf
from typing import Protocol

from msgspec import Struct

from ftpdiag import ftp
from ftpdiag.model import Attempt, Carriage, Ending, Endpoint, Method, Opening, Reply, Tls
from ftpdiag.recording.clock import now
from ftpdiag.recording.connect import words
from ftpdiag.recording.control import ControlConnection, never
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
from ftpdiag.recording.transfer import Transfer


class Watch(Protocol):
    """What the sniffer saw so far."""

    def ignored(self, listener: Endpoint) -> bool:
        """Whether a SYN to our own listener has been left unanswered by this machine."""

    def expect(self, end: Endpoint) -> None:
        """What passes to or from this end of ours is the probe's own."""


class Upload(Struct, frozen=True, kw_only=True):
    """A transfer that may have left a file on a server."""

    server: Endpoint
    tls: Tls
    transfer: Transfer


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
        uploads: list[Upload] | None = None,
    ) -> None:
        """`servers`: the first of these addresses that accepts is the server's. `unasked`: questions to leave out.

        `uploads`: to be told what is uploaded.
        """
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
        self._uploads = [] if uploads is None else uploads
        self._began = now()
        self._control = ControlConnection(*servers, segment=plan.segment)
        self._context = None if tls is Tls.NONE else context_for(plan)
        self._protected = False
        self._openings: list[Opening] = []
        self._carriages: list[Carriage] = []
        self._limits: list[str] = []
        self._listener: Listener | None = None
        self._strangers: list[Endpoint] = []
        self._dialled: socket.socket | None = None
        self._data_lost = False
        self.hurry = inf
        """Seconds that a data connection gets to open, at most."""

    @property
    def server(self) -> Endpoint:
        """The server's end of the control connection."""
        return self._control.server

    def end_by(self, until: float) -> None:
        """Wait for nothing after `until`, by the monotonic clock."""
        self._control.until = until

    @property
    def late(self) -> bool:
        """The time is up: what did not come may have come later."""
        return self._control.late

    def stay(self, seconds: float) -> bool:
        """Say nothing for so long; False at once where the control connection ends meanwhile."""
        until = time.monotonic() + seconds
        while self._control.usable and (left := until - time.monotonic()) > 0:
            self._control.reply(left, hopeless=never)
        return self._control.usable

    def _within(self, wait: float) -> float:
        """No longer than there is time; a moment always."""
        return max(SLICE, min(wait, self._control.until - time.monotonic()))

    @property
    def dials_announced(self) -> bool:
        """Whether a third host that a 227 names may be dialled."""
        return self._plan.dialling is Dialling.ANNOUNCED_TOO

    @property
    def _data_wait(self) -> float:
        """With a sniffer, three unanswered SYNs decide; without one, or where they ask for more, the user's timeout."""
        round_trip = self._control.round_trip or ASSUMED_ROUND_TRIP
        if self._watch is None or self._plan.timeout > DEFAULT_TIMEOUT:
            return self._within(min(self._plan.timeout, self.hurry + round_trip))
        wait = min(self._plan.timeout, self.hurry + round_trip, SYN_SCHEDULE + round_trip + LATE_ANSWER)
        return self._within(wait)

    # --- the control connection ---

    def greeting(self) -> Reply | None:
        """Connect, with TLS first where it is implicit, and read what the server says unasked."""
        self._began = now()
        self._tell(self.method, "connecting")
        self._control.connect(self._data_wait)
        self._expect(self._control.client)
        if self.tls is Tls.IMPLICIT and not self.secure():
            return None
        return self._control.final_reply(self._plan.reply_wait)  # RFC 959 §5.4: 120 "ready in nnn minutes", then 220

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
            if self._plan.waiting is Waiting.SERVERS_VERDICT:
                reply = self._control.reply(SERVERS_VERDICT, hopeless=never)
            else:
                reply = self._control.reply(self._data_wait, hopeless=self._ignored)
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
        return self._control.secure(self._context, self._plan.target.host, self._within(self._plan.reply_wait))

    # --- the data connection ---

    def connect(self, endpoint: Endpoint) -> bool:
        """Open the data connection to `endpoint`."""
        self._tell(self.method, f"opening to port {endpoint.port}")
        sock, opening = dial(self._control.client, endpoint, self._data_wait, self._plan.segment)
        self._openings.append(opening)
        self._expect(opening.opener)
        if sock is not None:
            if self._dialled:
                self._dialled.close()
            self._dialled = sock
        elif endpoint.host == self.server.host:
            self._ask_in_vain()
        return sock is not None

    def _ask_in_vain(self) -> None:
        """With `--patience`: a data connection that failed, as the server sees it."""
        if self._plan.waiting is Waiting.SERVERS_VERDICT and isinf(self.hurry):
            transfer = Transfer(self._control, self._plan)
            self._ask_for(transfer)
            self._hear_verdict(transfer)

    def listen(self) -> Endpoint | None:
        """Listen on a fresh port of the control connection's own address; the endpoint to announce."""
        if self._control.client is None:
            return None
        self._stop_listening()
        self._listener = None
        try:
            self._listener = Listener(self._control.client.host, self._plan.active_ports, self._plan.segment)
        except OSError as failure:
            ports = self._plan.active_ports
            where = f"a port of {ports.start}-{ports.stop - 1}" if ports else "a port"
            self._limits.append(
                f"This machine cannot listen on {where} of {self._control.client.host}: {words(failure)}."
            )
            return None
        here = self._listener.endpoint
        self._expect(here)
        elsewhere = here.at_host(self._plan.active_address or here.host)
        return elsewhere if elsewhere.family == here.family else here

    def _expect(self, end: Endpoint | None) -> None:
        if self._watch and end:
            self._watch.expect(end)

    def transfer(self) -> None:
        """Send the transfer command and carry its data to the end."""
        transfer = self._new_transfer()
        if transfer.verb in {"RETR", "STOR"}:
            self.command("TYPE", "I")
        self._tell(self.method, f"waiting for the data of {transfer.verb}")
        self._ask_for(transfer)
        sock = self._dialled or self._await_call(transfer)
        self._dialled = None
        if sock is None:
            self._data_lost = transfer.lost
            if transfer.lost:
                self._hear_verdict(transfer)
            return
        data = DataConnection(sock, **self._ends())
        data.until = self._control.until
        if self._is_ready(data):
            transfer.carry(data)
        self._carriages.append(data.carriage)
        transfer.hear_out(data.carriage)
        self._data_lost = transfer.lost and data.carriage.ending is not Ending.FINISHED
        if transfer.verb == "STOR" and transfer.final and transfer.final.positive:
            transfer.deleted = self.command("DELE", transfer.argument)

    def _ask_for(self, transfer: Transfer) -> None:
        self._uploads.append(Upload(server=self.server, tls=self.tls, transfer=transfer))  # before an interruption
        transfer.ask()

    def _new_transfer(self) -> Transfer:
        return Transfer(self._control, self._plan)

    def _ends(self) -> dict[str, Endpoint]:
        if self._listener:
            return {"local": self._listener.opening.target, "remote": self._listener.opening.opener}
        return {"local": self._openings[-1].opener, "remote": self._openings[-1].target}

    def _await_call(self, transfer: Transfer) -> socket.socket | None:
        """The server's call-back; None when it did not come, or the server declined meanwhile."""
        deadline = time.monotonic() + self._data_wait
        while self._listener and time.monotonic() < deadline and not transfer.refused:
            sock = self._listener.accept(self.server.host, SLICE)
            if sock is not None:
                return sock
            transfer.poll()
            if self._ignored() or not self._control.usable:
                return None
        return None

    def _ignored(self) -> bool:
        return bool(self._watch and self._listener and self._watch.ignored(self._listener.endpoint))

    def _is_ready(self, data: DataConnection) -> bool:
        """Encrypted, where that was agreed."""
        if not self._protected or self._context is None:
            return True
        self._tell(self.method, "in the TLS handshake of the data connection")
        wait = self._within(self._plan.timeout)
        return data.secure(self._context, self._plan.target.host, self._control.tls_session, wait)

    def _hear_verdict(self, transfer: Transfer) -> None:
        if self._plan.waiting is Waiting.SERVERS_VERDICT:
            self._tell(self.method, "waiting for the server's own verdict")
            transfer.hear_verdict()

    # --- the record ---

    def close(self) -> Attempt:
        """End the session; the record of it."""
        if self._dialled:
            self._dialled.close()
        if self._data_lost:
            self._control.abandon()
        self._control.close()
        ended = now()
        self._stop_listening()
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
            strangers=tuple(self._strangers),
            behaviour=self._control.behaviour,
            passed_over=self._control.passed_over,
            unasked=tuple(sorted(self._unasked)),
        )

    def _stop_listening(self) -> None:
        if self._listener:
            self._listener.close(self.server.host)
            self._openings.append(self._listener.opening)
            self._strangers += self._listener.strangers
