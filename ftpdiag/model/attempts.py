"""What is to be tried, and what our own sockets saw of it."""

from __future__ import annotations

from msgspec import Struct

from ftpdiag.model.said import Line
from ftpdiag.model.seen import Carriage, Endpoint, Opening
from ftpdiag.vocabulary import Ending, Method, Mode, Tls


class Target(Struct, frozen=True, kw_only=True):
    """What the user asked to probe."""

    given: str
    host: str
    port: int
    user: str | None = None
    path: str | None = None
    tls: Tls | None = None


class Hangup(Struct, frozen=True, kw_only=True):
    """How a control connection ended before its time."""

    at: float
    ending: Ending
    detail: str


class Attempt(Struct, frozen=True, kw_only=True):
    """What our own sockets saw of one session."""

    method: Method
    family: int
    tls: Tls
    client: Endpoint | None
    server: Endpoint
    began: float
    ended: float = float("inf")
    """When the session's sockets were closed: what came later met nobody."""
    lines: tuple[Line, ...]
    openings: tuple[Opening, ...]
    """The control connection's first, then the data connections'."""
    carriages: tuple[Carriage, ...] = ()
    hangup: Hangup | None = None
    limits: tuple[str, ...] = ()
    """What this machine itself could not do, in sentences."""
    strangers: tuple[Endpoint, ...] = ()
    """Hosts other than the server that called our listener and were refused."""
    behaviour: str | None = None
    """What a peer did that FTP does not allow, in one sentence."""
    passed_over: tuple[Opening, ...] = ()
    """Attempts to open the control connection to other addresses of the target, tried before or after in vain."""
    unasked: tuple[str, ...] = ()
    """Questions left out, because the server had given no answer to them."""
    at_first: str | None = None
    """What became of an earlier attempt, which this one repeats, in one sentence."""

    @property
    def cell(self) -> Cell:
        """What it was made to test."""
        return Cell(method=self.method, family=self.family, tls=self.tls)


class Cell(Struct, frozen=True, kw_only=True):
    """One thing that can work or not."""

    method: Method
    family: int
    tls: Tls

    @property
    def mode(self) -> Mode:
        """The method's mode."""
        return self.method.mode
