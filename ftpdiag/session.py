"""The verbs a handshake may use, the login every handshake begins with, and `@handshake`.

A handshake asks one question in one control connection. It never sees a socket: a network failure is a value
(`None`, `False`), and what happened is recorded by the session, not judged by the script.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol

from msgspec import Struct

from ftpdiag.model import Endpoint, Method, Mode, Reply, Tls

ANONYMOUS = "anonymous"
"""RFC 1635: the user of a public archive."""

ANONYMOUS_PASSWORD = "ftpdiag@example.com"  # noqa: S105  RFC 1635 asks for an e-mail address; no secret
"""RFC 1635 §3: an address as courtesy; some servers refuse one without `@`."""


class Session(Protocol):
    """One control connection, with at most one data connection at a time."""

    @property
    def server(self) -> Endpoint:
        """The server's end of the control connection."""

    @property
    def tls(self) -> Tls:
        """How this session is to be encrypted."""

    @property
    def dials_announced(self) -> bool:
        """Whether a third host that a 227 names may be dialled."""

    def greeting(self) -> Reply | None:
        """The reply the server sends unasked; None when none came."""

    def command(self, verb: str, argument: str | None = None) -> Reply | None:
        """Send a command; the first reply to it, or None when none came or the connection is lost."""

    def ask(self, question: str) -> Reply | None:
        """Ask one of `ftp.QUESTIONS`; the reply, or None when none came soon. The session goes on either way."""

    def secure(self) -> bool:
        """Start TLS on the control connection now."""

    def connect(self, endpoint: Endpoint) -> bool:
        """Open the data connection to `endpoint` (passive)."""

    def listen(self) -> Endpoint | None:
        """Listen on a fresh port; the endpoint to announce (active). None when this machine cannot."""

    def transfer(self) -> None:
        """Send the transfer command and carry its data to the end over the connection made or awaited."""


class Account(Struct, frozen=True, kw_only=True):
    """Who logs in."""

    user: str = ANONYMOUS
    password: str | None = None

    def __repr__(self) -> str:
        return f"Account(user={self.user!r})"


class Handshake(Struct, frozen=True, kw_only=True):
    """A declared handshake."""

    method: Method
    families: Collection[int]
    """The IP versions it can be asked over."""
    unasked: Collection[int]
    """The IP versions over which it is worth asking by default."""
    perform: Callable[[Session], None]

    @property
    def mode(self) -> Mode:
        """The mode it tests."""
        return self.method.mode


def handshake(
    *, method: Method, families: Collection[int] = (4, 6), unasked: Collection[int] | None = None
) -> Callable[[Callable[[Session], None]], Handshake]:
    """Declare the script of `method`; without `unasked` it is asked by default over all its `families`."""

    def declare(perform: Callable[[Session], None]) -> Handshake:
        usual = families if unasked is None else unasked
        return Handshake(method=method, families=families, unasked=usual, perform=perform)

    return declare


def log_in(session: Session, account: Account) -> bool:
    """Greet, secure, log in and ask what the server is. False when the session ended before it was usable."""
    greeting = session.greeting()
    if greeting is None or not 200 <= greeting.code < 300:
        return False
    if session.tls is Tls.EXPLICIT and not _secure(session):
        return False
    features = session.ask("FEAT")  # RFC 2389; before the login, because it tells whether AUTH TLS is offered
    if not _authenticate(session, account):
        return False
    if features is not None and not features.positive:
        session.ask("FEAT")
    if session.tls is not Tls.NONE:
        # RFC 4217 §8: PBSZ 0 before PROT, and PROT P because the data channel starts out clear.
        session.command("PBSZ", "0")
        session.command("PROT", "P")
    session.ask("SYST")
    session.ask("STAT")  # RFC 959 §4.1.3: without argument it may name our address as the server sees it
    return True


def _secure(session: Session) -> bool:
    reply = session.command("AUTH", "TLS")
    return reply is not None and reply.code == 234 and session.secure()


def _authenticate(session: Session, account: Account) -> bool:
    """RFC 959 §4.1.1 and its state diagram: 230 may follow USER at once, PASS and ACCT come only when asked for."""
    password = account.password
    if password is None:
        password = ANONYMOUS_PASSWORD if account.user == ANONYMOUS else ""
    answers = {331: ("PASS", password), 332: ("ACCT", "")}
    reply = session.command("USER", account.user)
    for _ in answers:
        if reply is not None and reply.code in answers:
            reply = session.command(*answers[reply.code])
    return reply is not None and 200 <= reply.code < 300
