"""The transfer command over a control connection: a data connection that stands in, how it went and was ended out."""

from __future__ import annotations

import secrets

from ftpdiag.model import Carriage, Ending, Reply
from ftpdiag.recording.control import ControlConnection, never
from ftpdiag.recording.data import DataConnection
from ftpdiag.recording.plan import SERVERS_VERDICT, Plan, Waiting

WORD_AFTER_FAILURE = 1.0
"""Seconds the server gets to say what it thinks of a data connection that failed: its 426 or 522 comes at once."""

FIRST_WORD = 1.0
"""Seconds the server gets to decline an upload, or to ask for it, before it is sent."""

_CONNECTIONS = 2
"""RFC 959 §4.2.1: the middle digit of replies about control and data connections."""

_GONE = ("no such file", "not found", "cannot find", "not exist")
"""How servers say that there is nothing to delete; their 550 says no more than that they did not."""


class Transfer:
    """One transfer command and the replies to it."""

    def __init__(self, control: ControlConnection, plan: Plan) -> None:
        self.verb = plan.verb
        self.argument = _argument(plan)
        self.final: Reply | None = None
        """The reply that ended it."""
        self._control = control
        self._plan = plan
        self.deleted: Reply | None = None
        """The reply to DELE of an upload."""
        self._answered = False
        self._begun = False
        self._asked = False

    @property
    def refused(self) -> bool:
        """The server has declined it, or the data connection for it."""
        return self.final is not None and not self.final.positive

    @property
    def lost(self) -> bool:
        """The server has not said how it ended."""
        return self.final is None

    @property
    def left_behind(self) -> bool:
        """The file of an upload may be on the server: it neither declined it at once nor has it deleted it.

        A server makes the file before it knows what becomes of the data connection (RFC 959 §4.2.1: x2z).
        """
        if self.verb != "STOR" or not self._asked:
            return False
        if self.refused and self.final and not self._begun and self.final.code // 10 % 10 != _CONNECTIONS:
            return False
        return self.deleted is None or not (self.deleted.positive or _says_gone(self.deleted))

    def ask(self) -> None:
        """Send the command. A server may turn the data connection away before it is asked for data (pyftpdlib)."""
        line = self.verb if self.argument is None else f"{self.verb} {self.argument}"
        self._asked = self._control.usable
        refusals = [reply for reply in self._control.send(line) if reply.code and not reply.positive]
        self.final = refusals[0] if refusals else None

    def poll(self) -> None:
        """Hear what the server has said by now."""
        self._hear(self._control.poll())

    def _hear(self, reply: Reply | None) -> None:
        if reply is None or not reply.code:
            return
        self._answered = True
        self._begun |= reply.preliminary
        if not reply.preliminary and not self.refused:
            self.final = reply

    def carry(self, data: DataConnection) -> None:
        """Send or receive, until the data ends or the server declines."""
        if self.verb == "STOR":
            self._upload(data)
        else:
            data.receive(self._plan.timeout, self._is_over)

    def _upload(self, data: DataConnection) -> None:
        """RFC 959 §5.4: a server answers 1yz before it takes data. One that does not gets the data all the same."""
        if not self._answered and not self.refused:
            self._hear(self._control.reply(FIRST_WORD, hopeless=never))
        if self.refused:
            data.stop()
        else:
            data.send(self._plan.timeout, self._is_over)

    def _is_over(self) -> bool:
        self.poll()
        return self.refused or self._control.late or not self._control.usable

    def hear_out(self, carriage: Carriage) -> None:
        """Read on to the reply that ends the transfer. After a failure the server may need a minute to notice."""
        if self.final:
            return
        if carriage.ending is Ending.FINISHED:
            self.final = self._control.final_reply(self._plan.reply_wait)
        elif self._plan.waiting is Waiting.SERVERS_VERDICT:
            self.final = self._control.final_reply(SERVERS_VERDICT)
        else:
            self.final = self._control.final_reply(WORD_AFTER_FAILURE, hopeless=never)

    def hear_verdict(self) -> None:
        """With `--patience`: what the server says about a data connection that did not come."""
        if self._plan.waiting is Waiting.SERVERS_VERDICT:
            self.final = self._control.final_reply(SERVERS_VERDICT)


def _says_gone(reply: Reply) -> bool:
    return any(words in reply.text.lower() for words in _GONE)


def _argument(plan: Plan) -> str | None:
    """STOR makes a name of its own, so that no file of the user's is ever overwritten."""
    path = plan.target.path
    if plan.verb != "STOR":
        return path
    folder = f"{path.rstrip('/')}/" if path else ""
    return f"{folder}ftpdiag-{secrets.token_hex(4)}.txt"
