"""What an experiment may do, and `@experiment`.

An experiment settles what the first round left open. It is a script like a handshake: it never sees a socket, and what
happened is recorded by the bench, not judged by the script.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from ftpdiag.model import AS_BEFORE, Attempt, Cell, Change, Endpoint, Experiment, Mode, Tls
from ftpdiag.session import Session

SYN_TWICE = 1.3
"""Seconds for a SYN and its repetition after 1 s (RFC 6298 §2.1): where others pass, two are not lost by chance."""


class Bench(Protocol):
    """Where one experiment is made, for one cell and one server. Each session has a control connection of its own."""

    @property
    def cell(self) -> Cell:
        """What is in doubt."""

    @property
    def server(self) -> Endpoint:
        """The server's end of the control connection in doubt."""

    @property
    def others(self) -> tuple[str, ...]:
        """Other addresses of the server's name."""

    @property
    def across(self) -> tuple[str, ...]:
        """Its addresses of the other family."""

    @property
    def samples(self) -> int:
        """How many passive ports to look at."""

    @property
    def also_port(self) -> int | None:
        """Another control port of the server."""

    @property
    def hold(self) -> float:
        """Seconds for which a transfer is to be held open."""

    @property
    def late(self) -> bool:
        """The time is up: nothing more is to be begun."""

    def walk(self) -> None:
        """The handshake again, with SYNs that expire on the way in place of the data connection (passive mode)."""

    def trace(self) -> None:
        """Log in, and walk to the control port."""

    def open_ahead(self, ttl: int | None = None) -> bool:
        """The handshake again, after an opener (active mode); whether the call came then.

        `ttl` of the opener; none: as far as it gets without reaching the server.
        """

    def repeat(self, change: Change = AS_BEFORE) -> Attempt | None:
        """The handshake again; none where the time is up."""

    def perform(self, script: Callable[[Session], None], change: Change = AS_BEFORE) -> Attempt | None:
        """Log in and run `script` in place of the handshake; none where the time is up."""

    def pause(self, seconds: float) -> None:
        """Wait."""

    def side_by_side(self, *parts: Callable[[], object]) -> None:
        """Run the parts at the same time."""


class Scope(StrEnum):
    """What one experiment that the user asks for stands for."""

    MODE = "mode"
    """One mode of one address family."""
    FAMILY = "family"
    """All of one address family: it is about the control connection."""


class Procedure(Struct, frozen=True, kw_only=True):
    """A declared experiment."""

    name: Experiment
    modes: Collection[Mode]
    """Of the cells it is made for, where the user asks for it."""
    encryptions: Collection[Tls]
    """Of these cells, too."""
    scope: Scope
    perform: Callable[[Bench], None]


def experiment(
    *,
    name: Experiment,
    modes: Collection[Mode] = tuple(Mode),
    encryptions: Collection[Tls] = tuple(Tls),
    scope: Scope = Scope.MODE,
) -> Callable[[Callable[[Bench], None]], Procedure]:
    """Declare the script of `name`."""

    def declare(perform: Callable[[Bench], None]) -> Procedure:
        return Procedure(name=name, modes=modes, encryptions=encryptions, scope=scope, perform=perform)

    return declare
