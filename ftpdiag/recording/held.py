"""A session whose transfer is held open: the data connection crawls, and the control connection is left alone.

Where the transfer ends before that (a short listing), the control connection is idle all the same. A server that has
not said in the end how the transfer went, or had said so before, is asked for a sign of life.
"""

from __future__ import annotations

import time

from ftpdiag.model import Carriage, Ending, Reply
from ftpdiag.recording.control import ControlConnection, never
from ftpdiag.recording.data import DataConnection
from ftpdiag.recording.plan import Plan
from ftpdiag.recording.sockets import SocketSession
from ftpdiag.recording.transfer import Transfer

CRAWL = 60
"""Portions in which data moves while the transfer is held: a server's timer for stalled transfers is at least a tenth
of a long hold."""

FASTEST = 0.5
"""Seconds between two portions at least."""

_UNKNOWN = frozenset({500, 501, 502, 503})
"""RFC 959 §5.4: a server that does not take NOOP, or not now."""


class HeldTransfer(Transfer):
    """Held for `hold` seconds; with a NOOP every `noop` seconds, if that is not none."""

    def __init__(self, control: ControlConnection, plan: Plan, hold: float, noop: float | None) -> None:
        super().__init__(control, plan)
        self._hold = hold
        self._noop = noop
        self._until = 0.0
        self._due = 0.0
        self._noops = 0
        """Without an answer."""
        self._early = False
        """The transfer's last reply came while it was to be held."""

    def carry(self, data: DataConnection) -> None:
        """Slowly, until it was held long enough; then as ever."""
        began = time.monotonic()
        self._until = began + self._hold
        self._due = began + (self._noop or self._hold)
        pace = max(FASTEST, self._hold / CRAWL)
        if self.verb == "STOR":
            data.send_slowly(self._holding, pace)
        else:
            data.receive_slowly(self._holding, pace)
        self._early = self.final is not None
        if data.carriage.ending is Ending.OPEN:
            super().carry(data)

    def _holding(self) -> bool:
        self.poll()
        if time.monotonic() >= self._until or self.refused or not self._control.usable:
            return False
        if self._noop and time.monotonic() >= self._due:
            self._due += self._noop
            self._say_noop()
        return True

    def _say_noop(self) -> None:
        self._noops += 1
        for reply in self._control.send("NOOP"):
            self._hear(reply)

    def _hear(self, reply: Reply | None) -> None:
        """RFC 959 §5.4: no transfer is answered with 200. Servers answer a NOOP at once, or after the transfer."""
        if reply and self._noops and reply.code in {200, *_UNKNOWN}:
            self._noops -= 1
        else:
            super()._hear(reply)

    def hear_out(self, _: Carriage) -> None:
        """Read on to the reply that ends the transfer; without one, or after an early one, ask for a sign of life."""
        deadline = time.monotonic() + self._plan.timeout
        while (self.final is None or self._noops) and self._control.usable and time.monotonic() < deadline:
            self._hear(self._control.reply(deadline - time.monotonic(), hopeless=never))
        if self._control.usable and (self._early or self.final is None):
            self._say_noop()
            while self._noops and self._control.usable:
                self._hear(self._control.reply(self._plan.timeout))


class HeldSession(SocketSession):
    """A session that holds its transfer."""

    hold: float
    noop: float | None

    def _new_transfer(self) -> Transfer:
        self._tell(self.method, f"holding a transfer open for {self.hold:g} s")
        return HeldTransfer(self._control, self._plan, self.hold, self.noop)
