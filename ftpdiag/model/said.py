"""What is said on a control connection."""

from __future__ import annotations

from msgspec import Struct

from ftpdiag.vocabulary import Party


class Line(Struct, frozen=True, kw_only=True):
    """One line of the control dialogue, without its CRLF; a password is `***`."""

    at: float
    sender: Party
    text: str
    packet: int | None = None
    """What brought its end; none: it was heard at a socket."""


class Reply(Struct, frozen=True, kw_only=True):
    """One complete reply, single or multi-line (RFC 959 §4.2)."""

    at: float
    code: int
    lines: tuple[str, ...]
    after_loss: bool = False
    """Bytes that were not recorded stood right before it, perhaps another reply."""
    packet: int | None = None
    """What brought its end; none: it was heard at a socket."""

    @property
    def text(self) -> str:
        """All lines, joined by newlines."""
        return "\n".join(self.lines)

    @property
    def preliminary(self) -> bool:
        """1yz: another reply follows."""
        return 100 <= self.code < 200

    @property
    def positive(self) -> bool:
        """1yz, 2yz or 3yz."""
        return 100 <= self.code < 400


class Exchange(Struct, frozen=True, kw_only=True):
    """A command and the replies to it; what was said unasked, as the greeting, has the verb ``""``."""

    at: float
    verb: str
    argument: str | None
    replies: tuple[Reply, ...]
    packet: int | None = None
    """What brought the command, or if that was not heard its first reply; none: neither, or it was at a socket."""
    unheard: bool = False
    """There was a command, and the recording lacks it; the verb is ``""``."""

    @property
    def line(self) -> str:
        """The command as it was given."""
        return f"{self.verb} {self.argument}" if self.argument else self.verb

    @property
    def final(self) -> Reply | None:
        """The reply that ends the exchange, if it came."""
        return next((reply for reply in reversed(self.replies) if not reply.preliminary), None)
