"""Everything that one run saw."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from ftpdiag.model.attempts import Attempt, Cell, Target
from ftpdiag.model.seen import Packet
from ftpdiag.model.trials import Trial
from ftpdiag.vocabulary import Experiment, Vantage, View


class CaptureFile(Struct, frozen=True, kw_only=True):
    """One capture file that was read."""

    path: str
    packets: int
    bytes: int
    link_type: str
    cautions: tuple[str, ...] = ()
    """Sentences on what puts in doubt all that is read from it: damage, or that it counts twice."""
    problems: tuple[str, ...] = ()
    """Sentences on what else could not be read, or is not there."""
    view: View | None = None
    """Where it was made, where several places were watched."""
    shift: float = 0.0
    """Seconds by which its clock is ahead of the first tap's; its times are told by that one's."""


class Source(Struct, frozen=True, kw_only=True):
    """Where a recording comes from. `target` for a live one, `files` for a capture."""

    target: Target | None = None
    typed: tuple[tuple[str, ...], ...] = ()
    """Options of `ftpdiag probe` that say what to try, each with its value."""
    address: str | None = None
    addresses: tuple[str, ...] = ()
    """All of the target's name that may be tried, of the families that were asked for."""
    unrouted: tuple[str, ...] = ()
    """The first of each family that was not tried, because this machine has no route to any of it."""
    interface: str | None = None
    """By which it talks to the target; or the one that the user named."""
    elsewhere: tuple[str, ...] = ()
    """Interfaces in use that were not watched."""
    proxy: str | None = None
    """The FTP proxy that the environment names for the target: host and port."""
    sniffed: bool = False
    reason: str | None = None
    """Why nothing was sniffed, and how to grant it."""
    packets_dropped: int = 0
    samples: int = 0
    """Passive ports that a probe opens where it samples them."""
    files: tuple[CaptureFile, ...] = ()


class Tap(Struct, frozen=True, kw_only=True):
    """One of several places that were watched at the same time."""

    view: View
    began: float | None
    """When its first packet came, of FTP or not; none: none did."""
    ended: float | None = None
    """When its last one came."""
    packets: Sequence[Packet]


class Leftover(Struct, frozen=True, kw_only=True):
    """A file that a probe has uploaded, and that may still be on the server."""

    server: str
    path: str
    answer: str | None
    """How the server declined to delete it; none: it could not be asked."""


class Recording(Struct, frozen=True, kw_only=True):
    """Everything one run saw."""

    source: Source
    vantage: Vantage
    began: float
    ended: float | None = None
    """When the last packet of a capture came, of FTP or not; none: not known, or it is no capture."""
    attempts: tuple[Attempt, ...] = ()
    packets: Sequence[Packet] = ()
    taps: tuple[Tap, ...] = ()
    """Where several places were watched: the client's first, the server's last; `packets` is empty then."""
    untried: tuple[Cell, ...] = ()
    """Planned, and left out because the first session of the same family and encryption could not log in."""
    unresolved: str | None = None
    """Why the target's name has no address, in one sentence."""
    trials: tuple[Trial, ...] = ()
    """What was tried after the first round to settle what that left open."""
    cut: tuple[Experiment, ...] = ()
    """Experiments for which the time was too short."""
    left_behind: tuple[Leftover, ...] = ()
