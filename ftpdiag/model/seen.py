"""What packets and sockets show of a connection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from msgspec import Struct

from ftpdiag.vocabulary import Answer, Ending, Flag, Party, View

TOO_BIG = frozenset({"fragmentation needed and DF set", "packet too big"})
"""How an ICMP error says that a packet is longer than the next link carries (RFC 1191 §4, RFC 4443 §3.2)."""


ECHO = 0.1
"""Seconds within which the same segment is a copy, which a tap takes that sees both sides of a link, or of a router.
TCP repeats a SYN after 1 s, and so what nobody acknowledges (RFC 6298 §2); Linux the latter after 0.2 s."""


class Endpoint(NamedTuple):
    """A TCP endpoint: a tuple, since every packet is looked up by two of them."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def family(self) -> int:
        """4 or 6."""
        return 6 if ":" in self.host else 4

    def at_host(self, host: str) -> Endpoint:
        """The same port at another host."""
        return Endpoint(host=host, port=self.port)


class Track(Struct, frozen=True, kw_only=True):
    """Where a packet was seen on its way, and where not."""

    view: View
    """Whose copy this is."""
    seen: tuple[tuple[View, int], ...]
    """Every tap that saw it, and its number there."""
    missed: tuple[View, ...]
    """Taps that watched and did not see it."""


class Segment(NamedTuple):
    """One TCP segment: a tuple, since a capture holds many.

    `length` counts payload bytes on the wire; `payload` may be cut short by the snap length.
    """

    number: int
    at: float
    source: Endpoint
    destination: Endpoint
    flags: int
    """`Flag` bits."""
    seq: int
    ack: int
    window: int
    ttl: int
    length: int
    payload: bytes
    passed: int = 0
    """Payload bytes right before it that were captured too, and are not kept."""
    checksum_left: bool = False
    """Its checksum is but what the network card was to start from: it had not left its host. Told of a SYN only."""
    mss: int | None = None
    """Of a SYN: the most bytes of data that its sender takes in a segment (RFC 9293 §3.7.1); none: it does not say."""
    track: Track | None = None
    """Where several taps were."""


class IcmpError(NamedTuple):
    """An ICMP or ICMPv6 error that quotes a TCP segment (RFC 792, RFC 4443)."""

    number: int
    at: float
    reporter: str
    """The device that sent it."""
    ttl: int
    reason: str
    """The code's name in words, such as `communication administratively prohibited`."""
    source: Endpoint
    destination: Endpoint
    seq: int
    mtu: int | None = None
    """Bytes of a packet that the next link carries; none: that is not what it is about, or it does not say."""
    track: Track | None = None
    """Where several taps were."""


Packet = Segment | IcmpError


def sent(seen: Iterable[Segment]) -> list[Segment]:
    """Of SYNs and SYN-ACKs of one connection those that are no copies, in the order of time."""
    latest: dict[Endpoint, float] = {}
    found = []
    for one in sorted(seen, key=lambda segment: segment.at):
        if one.at - latest.get(one.source, float("-inf")) >= ECHO:
            found.append(one)
        latest[one.source] = one.at
    return found


class Opening(Struct, frozen=True, kw_only=True):
    """One attempt to open a TCP connection, as one view saw it."""

    at: float
    opener: Endpoint
    """Port 0: not known from this view."""
    target: Endpoint
    answer: Answer
    view: View
    answered_by: str | None = None
    tries: int = 0
    """SYNs sent, as far as was seen; 1 at a socket that called connect()."""
    established: bool = False
    """The opener's own ACK was seen, or its socket reported success."""
    error: str | None = None
    """The socket's errno by name, such as `ETIMEDOUT`."""
    waited: float | None = None
    """Seconds that the socket gave it; none on a wire."""
    packets: tuple[Packet, ...] = ()
    """The SYNs and their answers, in order; none at a socket."""
    sides: int = 1
    """On how many its SYN was seen: two where a router's both sides were captured, and it passed."""
    answer_sides: int = 1
    """The same of its SYN-ACK."""
    stray: Segment | None = None
    """A SYN-ACK to its SYN, from another endpoint than that which was asked."""

    @property
    def mss(self) -> int | None:
        """The most bytes of data that its segments may carry, either way; none: no SYN of it was seen to say."""
        said = [one.mss for one in self.packets if isinstance(one, Segment) and one.mss]
        return min(said, default=None)

    @property
    def unacknowledged(self) -> bool:
        """A SYN-ACK came, and the SYN or it was repeated after it: it did not reach the opener's TCP."""
        syns = sent(one for one in self.packets if isinstance(one, Segment) and one.flags & Flag.SYN)
        first = next((place for place, one in enumerate(syns) if one.flags & Flag.ACK), len(syns))
        return not self.established and len(syns) > first + 1


class Unheard(Struct, frozen=True, kw_only=True):
    """A segment of a data connection that its sender's side saw again and again, and nobody acknowledged."""

    sender: Party
    packet: Segment
    """The latest copy."""
    tries: int
    heard: int
    """Bytes before it that were acknowledged."""


class Carriage(Struct, frozen=True, kw_only=True):
    """What a data connection carried, and how it ended."""

    local: Endpoint
    remote: Endpoint
    to_client: int = 0
    to_server: int = 0
    ending: Ending
    ended_by: str | None = None
    """The host whose FIN or RST ended it, where known."""
    tls: str | None = None
    """The TLS version negotiated on it."""
    resumed: bool | None = None
    """Whether the data connection resumed the control connection's TLS session."""
    error: str | None = None
    unwilling: Party | None = None
    """Who took no more data when nothing moved: its receive window was closed; none: nobody, or not watched."""
    lost: bool = False
    """A tap saw that some of it, or its end, never arrived: the receiver went on asking for what was before."""
    sufficed: float | None = None
    """When we closed it, having seen enough; none: we did not."""
    unheard: Unheard | None = None
    """None: all that was sent was acknowledged, or no tap saw it."""
    missing: int = 0
    """Bytes that a tap did not see, though it saw some behind them."""
    behind: int = 0
    """Those behind."""
    uncaptured: int = 0
    """Bytes that passed, by the numbers of what was captured, and were not."""
    too_big: IcmpError | None = None
    """A router's word that a packet of it is longer than the next link carries."""
