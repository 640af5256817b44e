"""The closed vocabularies, as the contract spells them. Light: the command line is built from them."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Party(StrEnum):
    """A side of the control connection (RFC 959 §2.3)."""

    CLIENT = "client"
    SERVER = "server"

    @property
    def peer(self) -> Party:
        """The other side."""
        return Party.SERVER if self is Party.CLIENT else Party.CLIENT


class Mode(StrEnum):
    """Who opens the data connection: the server (active) or the client (passive)."""

    ACTIVE = "active"
    PASSIVE = "passive"

    @property
    def opener(self) -> Party:
        """The side that sends the first SYN of the data connection."""
        return Party.SERVER if self is Mode.ACTIVE else Party.CLIENT


class Method(StrEnum):
    """A command that negotiates a data connection."""

    PASV = "PASV"
    EPSV = "EPSV"
    PORT = "PORT"
    EPRT = "EPRT"
    LPSV = "LPSV"
    LPRT = "LPRT"

    @property
    def mode(self) -> Mode:
        """The mode this method negotiates."""
        return Mode.PASSIVE if self.endswith("SV") else Mode.ACTIVE


class Tls(StrEnum):
    """How a session is encrypted (RFC 4217; `implicit` is TLS before the greeting)."""

    NONE = "none"
    EXPLICIT = "explicit"
    IMPLICIT = "implicit"


class View(StrEnum):
    """A place where an opening can be watched.

    A tap sees inbound packets before the local firewall and outbound packets after it:
    one host has two views, its socket and its wire.
    """

    CLIENT_SOCKET = "client-socket"
    CLIENT_WIRE = "client-wire"
    MIDDLE_WIRE = "middle-wire"
    SERVER_WIRE = "server-wire"

    @property
    def place(self) -> str:
        """Of a wire: client, middle or server."""
        return self.removesuffix("-wire")

    @property
    def capture(self) -> str:
        """Of a wire, what a sentence calls a capture made there."""
        return "the middle capture" if self is View.MIDDLE_WIRE else f"the {self.place}'s capture"


class Vantage(StrEnum):
    """Where a recording was made."""

    CLIENT = "client"
    SERVER = "server"
    MIDDLE = "middle"
    BOTH = "both"
    UNKNOWN = "unknown"


class Answer(StrEnum):
    """What came back for a SYN, as one view saw it. `ABSENT`: this view was watched and nobody tried."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    REJECTED = "rejected"
    SILENT = "silent"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """What became of a mode, a cell or a channel."""

    WORKS = "works"
    BLOCKED = "blocked"
    REFUSED = "refused"
    BROKEN = "broken"
    UNKNOWN = "unknown"
    UNTESTED = "untested"


class Confidence(StrEnum):
    """How far the evidence carries."""

    PROVEN = "proven"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Location(StrEnum):
    """Where a fault sits."""

    CLIENT_HOST = "client-host"
    CLIENT_NETWORK = "client-network"
    PATH = "path"
    SERVER_NETWORK = "server-network"
    SERVER_HOST = "server-host"
    SERVER_CONFIG = "server-config"
    CLIENT_CONFIG = "client-config"
    UNKNOWN = "unknown"


class Experiment(StrEnum):
    """What a probe does of itself after its first round, where a finding names it."""

    HOP_WALK = "hop-walk"
    """SYNs that expire on the way to the announced passive port, beside such to the control port."""
    LOW_TTL_OPENER = "low-ttl-opener"
    """The call-back again, after a SYN from its port that expires on the way to the server's data port (RFC 5128)."""
    CONTROL_WALK = "control-walk"
    """SYNs to the control port that expire on the way."""
    HELD_TRANSFER = "held-transfer"
    """A transfer that is held open while the control connection is idle; beside it one with NOOP now and then."""
    IN_THE_CLEAR = "in-the-clear"
    """The same handshake without TLS, and with TLS beside it, several times each."""
    LATER_TRANSFER = "later-transfer"
    """Two transfers in one encrypted session, some time apart."""
    SMALL_SEGMENTS = "small-segments"
    """The same transfer with small segments, and then again with those of the first round."""
    OTHER_ADDRESSES = "other-addresses"
    """The same handshake with the other addresses of the server's name."""
    PORT_SAMPLES = "passive-port-samples"
    """More passive ports, each opened to and closed again: which of them pass."""
    DIAL_AGAIN = "dial-again"
    """The same passive port again and again within seconds, until it opens."""
    OTHER_PORT = "other-port"
    """The same handshakes on another control port of the same server, several times each."""
    OTHER_FAMILY = "other-family"
    """The announced passive port, dialled at the server's addresses of the other family too."""
    BOTH_METHODS = "both-methods"
    """PASV and EPSV, or PORT and EPRT, side by side, several times each."""
    CLEAR_CONTROL = "clear-control"
    """CCC after the login under TLS (RFC 4217 §12)."""


class Fate(StrEnum):
    """What became of a SYN with a limited TTL or hop limit."""

    EXPIRED = "expired"
    """A router said so (RFC 792 type 11, RFC 4443 type 3): it came as far as that one."""
    ACCEPTED = "accepted"
    REFUSED = "refused"
    REJECTED = "rejected"
    """Another ICMP error, or our own system declined to send it."""
    SILENT = "silent"


class Flag(IntEnum):
    """TCP control bits (RFC 9293 §3.1)."""

    FIN = 0x01
    SYN = 0x02
    RST = 0x04
    PSH = 0x08
    ACK = 0x10


class Ending(StrEnum):
    """How a connection ended."""

    FINISHED = "finished"
    """FIN, or end of file at the socket."""
    RESET = "reset"
    STALLED = "stalled"
    """It was open and nothing more came until we gave up."""
    TLS_FAILED = "tls-failed"
    UNTRUSTED = "untrusted"
    """We closed it: the certificate did not verify."""
    SUFFICED = "sufficed"
    """We closed it: it had shown that data moves."""
    STOPPED = "stopped"
    """We closed it on purpose."""
    OPEN = "open"
    """Still open when the recording ended."""


class Exit(IntEnum):
    """What a script may rely on. *Blocked* and *could not tell* never share a number."""

    WORKS = 0
    FAILS = 1
    USAGE = 2
    UNKNOWN = 3
    UNREACHABLE = 4
    INTERNAL = 5
    INTERRUPTED = 130
    """128 + SIGINT, as shells report it."""
