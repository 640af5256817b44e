"""What to probe and how: the user's wishes as one value, and the waits that follow from them."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from msgspec import Struct

from ftpdiag.model import Experiment, Method, Target, Tls
from ftpdiag.session import ANONYMOUS, Account

SYN_SCHEDULE = 3.0
"""Seconds in which every TCP sends at least three SYNs: at 0, 1 and 3 s, or one a second (Linux 6.5)."""

DEFAULT_TIMEOUT = 5.0
"""Seconds a data connection gets."""

LATE_ANSWER = 0.5
"""Seconds an answer to the last of these SYNs gets beyond the round trip measured on the control connection."""

ASSUMED_ROUND_TRIP = 0.3
"""Before anything was measured: the other side of the world."""

SERVERS_VERDICT = 75.0
"""Seconds `--patience` waits for the server's own 425: vsftpd, the slowest, gives up after 60."""

QUESTION_WAIT = 3.0
"""Seconds that the answer to FEAT, SYST or STAT gets at most: a server gives it at once, or not at all."""

SAMPLES = 8
"""Passive ports that are sampled where the user does not say how many."""

SLICE = 0.05
"""Seconds between two looks at whatever else is awaited."""


class Trust(Enum):
    """What a server's certificate is held against."""

    SYSTEM = "system"
    AUTHORITIES = "authorities"
    NOTHING = "nothing"


class Dialling(Enum):
    """Which host an announced passive port is dialled at."""

    CONTROL_HOST = "control-host"
    ANNOUNCED_TOO = "announced-too"


class Waiting(Enum):
    """How long to wait for a server whose data connection did not come."""

    OUR_VERDICT = "our-verdict"
    SERVERS_VERDICT = "servers-verdict"


class Sniffing(Enum):
    """Whether to watch the wire."""

    WHERE_ALLOWED = "where-allowed"
    OFF = "off"


class Plan(Struct, frozen=True, kw_only=True):
    """Everything a probe needs to know. Times are in seconds."""

    target: Target
    typed: tuple[tuple[str, ...], ...] = ()
    """The words that say all of this, as the user gave them."""
    account: Account
    methods: tuple[Method, ...] | None = None
    """None: those worth asking."""
    families: tuple[int, ...] = (4, 6)
    encryptions: tuple[Tls, ...] | None = None
    """None: in the clear, and explicit TLS too where the server offers it."""
    verb: str = "LIST"
    timeout: float = DEFAULT_TIMEOUT
    """What a data connection gets."""
    waiting: Waiting = Waiting.OUR_VERDICT
    dialling: Dialling = Dialling.CONTROL_HOST
    trust: Trust = Trust.SYSTEM
    authorities: str | None = None
    """PEM certificates to verify against instead of the system's."""
    active_address: str | None = None
    active_ports: range | None = None
    interface: str | None = None
    sniffing: Sniffing = Sniffing.WHERE_ALLOWED
    experiments: tuple[Experiment, ...] = ()
    """Those to make whatever the first round shows."""
    hold: float | None = None
    """Seconds for which a transfer is held open, where the user asks for it."""
    segment: int | None = None
    """The most bytes of data that a segment may carry, either way; none: what the system agrees on."""
    also_port: int | None = None
    """Another control port of the same server, where the user asks for the same handshakes there."""
    samples: int = SAMPLES
    """Passive ports to look at where they are sampled."""

    @property
    def control_ports(self) -> tuple[int, ...]:
        """Where dialogues are to be seen."""
        return (self.target.port, *((self.also_port,) if self.also_port else ()))

    @property
    def clear_allowed(self) -> bool:
        """A login without TLS gives nothing away: TLS is not all that the user asked for, or there is no password."""
        return self.encryptions is None or Tls.NONE in self.encryptions or self.account.user == ANONYMOUS

    @property
    def reply_wait(self) -> float:
        """What a reply gets. Three data waits: a server may look up our name first, which takes 5 to 10 s."""
        return 3 * self.timeout

    @property
    def question_wait(self) -> float:
        """What the answer to a question gets, on which nothing depends."""
        return min(QUESTION_WAIT, self.timeout)


Tell = Callable[[str, str], None]
"""Told what a session (its first argument, such as `PASV`) is doing now."""
