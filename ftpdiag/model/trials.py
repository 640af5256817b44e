"""What is tried after the first round, and what came of it."""

from __future__ import annotations

from msgspec import Struct

from ftpdiag.model.attempts import Attempt, Cell
from ftpdiag.model.seen import Endpoint, Opening
from ftpdiag.vocabulary import Experiment, Fate, Method, Tls


class Step(Struct, frozen=True, kw_only=True):
    """One SYN of a walk."""

    ttl: int
    fate: Fate
    by: str | None = None
    """The device that sent the ICMP error."""


class Walk(Struct, frozen=True, kw_only=True):
    """SYNs to one endpoint that expire at one hop after the other; steps in the order of their TTL."""

    target: Endpoint
    steps: tuple[Step, ...]

    @property
    def hops(self) -> int | None:
        """The smallest TTL with which a SYN was answered in the target's name; none: that was not reached."""
        arrived = (step.ttl for step in self.steps if step.fate in {Fate.ACCEPTED, Fate.REFUSED})
        return min(arrived, default=None)


class HopWalk(Struct, frozen=True, kw_only=True):
    """A walk to an announced passive port while the server listens there, beside one to the control port."""

    at: float
    cell: Cell
    control: Walk
    data: Walk
    """No farther than the control port answers."""
    alone: Step | None = None
    """The first hop that `data` did not get to, with the only SYN to a port announced anew: a firewall that reads FTP
    lets one connection through for each announcement. None: nothing was missing, or no port was announced."""


PAST_FIRST_ROUTER = 2
"""The TTL of an opener that only the first router passes on: at the second it expires."""


class OpenedCall(Struct, frozen=True, kw_only=True):
    """A call-back that was awaited after a low-TTL opener had left for the server."""

    at: float
    cell: Cell
    opener: Endpoint
    """Where we listened; the opener left from there."""
    towards: Endpoint
    """The server's default data port (RFC 959 §3.2)."""
    ttl: int
    """Of the opener: less than `hops`."""
    hops: int
    """How far away the server is."""
    expired_by: str | None
    """The router that said so of the opener; none: it may have been lost before."""
    call: Opening
    """What the listening socket saw then."""


class Change(Struct, frozen=True, kw_only=True):
    """In what a session of an experiment differs from that of the first round; none: in nothing."""

    method: Method | None = None
    tls: Tls | None = None
    host: str | None = None
    """Another address of the target's name."""
    port: int | None = None
    """The control port."""
    hold: float | None = None
    """Seconds for which the transfer is held open, and the control connection left alone."""
    noop: float | None = None
    """Seconds between two NOOPs meanwhile; none: not a word."""
    segment: int | None = None
    """The most bytes of data that a segment of it may carry, either way (RFC 9293 §3.7.1)."""
    pause: float | None = None
    """Seconds after which the handshake is made once more in the same session; none: it is made once."""
    wait: float | None = None
    """Seconds that each data connection gets to open, at most."""


AS_BEFORE = Change()


class Retry(Struct, frozen=True, kw_only=True):
    """One session of an experiment."""

    experiment: Experiment
    cell: Cell
    """What was in doubt."""
    change: Change
    attempt: Attempt


Trial = HopWalk | OpenedCall | Retry


class Doubt(Struct, frozen=True, kw_only=True):
    """What a finding leaves open, and the experiment for it."""

    experiment: Experiment
    cell: Cell
    server: Endpoint
    server_ttl: int | None = None
    """TTL or hop limit with which the server's SYN-ACK came in; none: not seen."""
    others: tuple[str, ...] = ()
    """Other addresses of the server's name."""
    across: tuple[str, ...] = ()
    """Those of the other family."""
