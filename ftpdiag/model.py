"""The nouns every stage speaks in: frozen values, no I/O, no clock.

Times (`at`, `began`) are seconds since the epoch; hosts are numeric addresses; packet numbers count from 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from ftpdiag.vocabulary import (
    Answer as Answer,
)
from ftpdiag.vocabulary import (
    Confidence as Confidence,
)
from ftpdiag.vocabulary import (
    Ending as Ending,
)
from ftpdiag.vocabulary import (
    Experiment as Experiment,
)
from ftpdiag.vocabulary import (
    Fate as Fate,
)
from ftpdiag.vocabulary import (
    Flag as Flag,
)
from ftpdiag.vocabulary import (
    Location as Location,
)
from ftpdiag.vocabulary import (
    Method as Method,
)
from ftpdiag.vocabulary import (
    Mode as Mode,
)
from ftpdiag.vocabulary import (
    Party as Party,
)
from ftpdiag.vocabulary import (
    Tls as Tls,
)
from ftpdiag.vocabulary import (
    Vantage as Vantage,
)
from ftpdiag.vocabulary import (
    Verdict as Verdict,
)
from ftpdiag.vocabulary import (
    View as View,
)

_FIRST_REPETITION = 1.0
"""Seconds after which TCP repeats a SYN (RFC 6298 §2.1): what has no answer by then may still get one."""

TOO_BIG = frozenset({"fragmentation needed and DF set", "packet too big"})
"""How an ICMP error says that a packet is longer than the next link carries (RFC 1191 §4, RFC 4443 §3.2)."""

_NO_ANSWER = frozenset({Answer.ABSENT, Answer.SILENT})


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the user asked to probe."""

    given: str
    host: str
    port: int
    user: str | None = None
    path: str | None = None
    tls: Tls | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the control dialogue, without its CRLF; a password is `***`."""

    at: float
    sender: Party
    text: str
    packet: int | None = field(default=None, compare=False)
    """What brought its end; none: it was heard at a socket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One complete reply, single or multi-line (RFC 959 §4.2)."""

    at: float
    code: int
    lines: tuple[str, ...]
    after_loss: bool = False
    """Bytes that were not recorded stood right before it, perhaps another reply."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One attempt to open a TCP connection, as one view saw it."""

    at: float
    opener: Endpoint
    """Port 0: not known from this view."""
    target: Endpoint
    answer: Answer
    view: View
    answered_by: str | None = None
    tries: int = 0
    """SYNs seen; 1 at a socket that called connect()."""
    established: bool = False
    """The opener's own ACK was seen, or its socket reported success."""
    error: str | None = None
    """The socket's errno by name, such as `ETIMEDOUT`."""
    waited: float | None = None
    """Seconds that the socket gave it; none on a wire."""
    packets: tuple[Packet, ...] = ()
    """The SYNs and their answers, in order; none at a socket."""

    @property
    def mss(self) -> int | None:
        """The most bytes of data that its segments may carry, either way; none: no SYN of it was seen to say."""
        said = [one.mss for one in self.packets if isinstance(one, Segment) and one.mss]
        return min(said, default=None)

    @property
    def unacknowledged(self) -> bool:
        """A SYN-ACK came, and the SYN or it was repeated after it: it did not reach the opener's TCP."""
        syns = [one for one in self.packets if isinstance(one, Segment) and one.flags & Flag.SYN]
        first = next((place for place, one in enumerate(syns) if one.flags & Flag.ACK), len(syns))
        return not self.established and len(syns) > first + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Unheard:
    """A segment of a data connection that its sender's side saw again and again, and nobody acknowledged."""

    sender: Party
    packet: Segment
    """The latest copy."""
    tries: int
    heard: int
    """Bytes before it that were acknowledged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriage:
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
    too_big: IcmpError | None = None
    """A router's word that a packet of it is longer than the next link carries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hangup:
    """How a control connection ended before its time."""

    at: float
    ending: Ending
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureFile:
    """One capture file that was read."""

    path: str
    packets: int
    bytes: int
    link_type: str
    problems: tuple[str, ...] = ()
    view: View | None = None
    """Where it was made, where several places were watched."""
    shift: float = 0.0
    """Seconds by which its clock is ahead of the first tap's; its times are told by that one's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a recording comes from. `target` for a live one, `files` for a capture."""

    target: Target | None = None
    address: str | None = None
    addresses: tuple[str, ...] = ()
    """All that the target's name has, of the families that were asked for."""
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
    files: tuple[CaptureFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One thing that can work or not."""

    method: Method
    family: int
    tls: Tls

    @property
    def mode(self) -> Mode:
        """The method's mode."""
        return self.method.mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One SYN of a walk."""

    ttl: int
    fate: Fate
    by: str | None = None
    """The device that sent the ICMP error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """SYNs to one endpoint that expire at one hop after the other; steps in the order of their TTL."""

    target: Endpoint
    steps: tuple[Step, ...]

    @property
    def hops(self) -> int | None:
        """The smallest TTL with which a SYN was answered in the target's name; none: that was not reached."""
        arrived = (step.ttl for step in self.steps if step.fate in {Fate.ACCEPTED, Fate.REFUSED})
        return min(arrived, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class HopWalk:
    """A walk to an announced passive port while the server listens there, beside one to the control port."""

    at: float
    cell: Cell
    control: Walk
    data: Walk
    """No SYN of it was to reach the server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedCall:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """One session of an experiment."""

    experiment: Experiment
    cell: Cell
    """What was in doubt."""
    change: Change
    attempt: Attempt


Trial = HopWalk | OpenedCall | Retry


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """What a finding leaves open, and the experiment for it."""

    experiment: Experiment
    cell: Cell
    server: Endpoint
    server_ttl: int | None = None
    """TTL or hop limit with which the server's SYN-ACK came in; none: not seen."""
    others: tuple[str, ...] = ()
    """Other addresses of the server's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """One of several places that were watched at the same time."""

    view: View
    began: float | None
    """When its first packet came; none: none did."""
    packets: tuple[Packet, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Everything one run saw."""

    source: Source
    vantage: Vantage
    began: float
    attempts: tuple[Attempt, ...] = ()
    packets: tuple[Packet, ...] = ()
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A command and the replies to it; the greeting has the verb ``""``."""

    at: float
    verb: str
    argument: str | None
    replies: tuple[Reply, ...]
    packet: int | None = field(default=None, compare=False)
    """What brought the command; none: it was given at a socket, or there was none."""

    @property
    def final(self) -> Reply | None:
        """The reply that ends the exchange, if it came."""
        return next((reply for reply in reversed(self.replies) if not reply.preliminary), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A control connection as one of several taps saw it: addresses as they are there."""

    view: View
    client: Endpoint
    server: Endpoint
    control_only: bool = False
    """Nothing but control connections was captured there: a filter may have left the data connections out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a side said, and what the other heard; none: nothing. Announced endpoints are compared elsewhere."""

    sender: Party
    said: Line | None
    heard: Line | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """A segment of the control connection that its sender's tap saw again and again, and no other tap ever."""

    sender: Party
    packet: Segment
    tries: int
    line: str | None
    """The last line that begins in it; none: encrypted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unacknowledged:
    """The segment of the control connection that one side sent to the end of it, and the other never acknowledged."""

    sender: Party
    packet: Segment
    """The first time that it was sent."""
    tries: int
    pause: float
    """Seconds before it in which neither side had said anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """One side's packets came from one distance on the control connection, and from another on a data connection."""

    party: Party
    control_ttl: int
    data: Segment
    """The SYN or SYN-ACK in its name that opened the data connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where packets were captured."""

    vantage: Vantage
    reason: str
    """How that is told, or why it cannot be, in one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlSession:
    """What is known of one control connection."""

    method: Method | None
    """The handshake it was made for; none in a capture."""
    client: Endpoint | None
    server: Endpoint
    family: int
    tls: Tls
    began: float
    lines: tuple[Line, ...]
    exchanges: tuple[Exchange, ...]
    openings: tuple[Opening, ...]
    logged_in: bool
    hangup: Hangup | None = None
    product: str | None = None
    client_seen_as: str | None = None
    """The client's address as the server reports it (STAT)."""
    server_ttl: int | None = None
    """TTL or hop limit of the server's SYN-ACK on the control connection."""
    spoken_ttl: int | None = None
    """The same of its first words there."""
    distance: Distance | None = None
    """Where one side is not as far away by a data connection as it is by the control connection."""
    reset: Segment | None = None
    """The RST in the server's name that ended it, as the wire saw it."""
    last_seen: float | None = None
    """When the last packet of the control connection passed; none: it was not watched."""
    opaque: bool = False
    """Encrypted: the dialogue ends where TLS begins."""
    limits: tuple[str, ...] = ()
    behaviour: str | None = None
    passed_over: tuple[Opening, ...] = ()
    """Attempts in vain to open it to other addresses of the target."""
    others: tuple[str, ...] = ()
    """Other addresses of the target, of the same family, that were not tried."""
    unasked: tuple[str, ...] = ()
    """Questions left out, because the server had given no answer to them in a session before."""
    clear_beside: bool = False
    """In the same run the same server let us log in without TLS."""
    place: Place | None = None
    """Where its packets were captured, by what they tell; none: that was said, or we were there."""
    crowded: bool = False
    """It began while, or just after, the same server served another session of the same client."""
    number: int = 0
    """Its place among the sessions of a capture, from 1; 0: a live one."""
    sights: tuple[Sight, ...] = ()
    """Where several taps were: those that saw it. All else is told with the addresses of the first."""
    differences: tuple[Difference, ...] = ()
    """Between what was said and what was heard, in order."""
    stuck: Stuck | None = None
    unacknowledged: Unacknowledged | None = None
    retries: tuple[Retried, ...] = ()
    """Sessions of experiments with the same server, made afterwards."""

    def seen_at(self, view: View) -> Opening | None:
        """The control connection's opening as `view` saw it; none: that view was not watched."""
        return next((opening for opening in self.openings if opening.view is view), None)

    @property
    def socket(self) -> Opening | None:
        """The opening as the client's socket saw it; none: there was no socket of ours."""
        return self.seen_at(View.CLIENT_SOCKET)

    @property
    def wire(self) -> Opening | None:
        """The opening as a tap saw it, wherever it was; none: there was no tap, or it lost packets."""
        return next((opening for opening in self.openings if opening.view is not View.CLIENT_SOCKET), None)

    def exchange(self, verb: str) -> Exchange | None:
        """The first exchange that began with `verb`."""
        return next((exchange for exchange in self.exchanges if exchange.verb == verb), None)

    @property
    def reachable(self) -> bool:
        """Any view saw the control connection open."""
        return any(opening.established for opening in self.openings) or bool(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What one of several taps saw announced."""

    view: View
    line: str | None
    """The command or reply that announces; none: no reply came by."""
    endpoint: Endpoint | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataChannel:
    """One negotiated data connection, whether or not it came."""

    session: ControlSession
    method: Method
    negotiation: Exchange
    announced: Endpoint | None
    """What PORT, EPRT, 227 or 229 named; none where it was refused or could not be read."""
    transfer: Exchange | None
    openings: tuple[Opening, ...] = ()
    carriages: tuple[Carriage, ...] = ()
    strangers: tuple[Endpoint, ...] = ()
    reset: Segment | None = None
    """The RST in the server's name that ended the data connection after it stood, as the wire saw it."""
    inferred: bool = False
    """Its negotiation is encrypted: told from addresses, ports and times; `method` is the usual one of its mode."""
    left_out: bool = False
    """Its capture holds nothing but control connections: a filter may have kept this one from it."""
    announcements: tuple[Announcement, ...] = ()
    """Where several taps were: what each saw, the client's first."""
    trials: tuple[HopWalk | OpenedCall, ...] = ()
    """Experiments of the same mode and family, made afterwards."""
    retries: tuple[Retried, ...] = ()
    """Sessions of experiments of the same mode and family, made afterwards."""
    beside: tuple[DataChannel, ...] = ()
    """All channels between the same two hosts, this one included; without those beside them."""

    @property
    def mode(self) -> Mode:
        """The mode that was negotiated."""
        return self.method.mode

    @property
    def replies(self) -> tuple[Reply, ...]:
        """Replies to the negotiation, then to the transfer command."""
        return self.negotiation.replies + (self.transfer.replies if self.transfer else ())

    def declines(self, reply: Reply) -> bool:
        """A 4yz or 5yz reply; but what is said once we have closed a transfer, having seen enough, declines nothing."""
        if reply.positive:
            return False
        sufficed = self.carriage.sufficed if self.carriage else None
        return sufficed is None or reply.at < sufficed

    @property
    def refusal(self) -> Reply | None:
        """The first reply that declines."""
        return next(filter(self.declines, self.replies), None)

    @property
    def agreed(self) -> bool:
        """The negotiation was accepted and named an endpoint."""
        return self.announced is not None and not any(not r.positive for r in self.negotiation.replies)

    def seen_at(self, view: View) -> Opening | None:
        """The opening that counts for the verdict as `view` saw it; none: that view was not watched."""
        return next((opening for opening in self.openings if opening.view is view), None)

    @property
    def socket(self) -> Opening | None:
        """The opening as the client's socket saw it; none: there was no socket of ours."""
        return self.seen_at(View.CLIENT_SOCKET)

    @property
    def wire(self) -> Opening | None:
        """The opening as a tap saw it, wherever it was; none: there was no tap, or it lost packets."""
        return next((opening for opening in self.openings if opening.view is not View.CLIENT_SOCKET), None)

    @property
    def opened(self) -> bool:
        """Some view saw the data connection open."""
        return any(o.established for o in self.openings) or bool(self.carriages)

    @property
    def unused(self) -> bool:
        """A captured session ended right after it was agreed: nothing could have come of it yet, good or bad."""
        reply, end = self.negotiation.final, self.session.last_seen
        if self.session.method is not None or self.left_out or self.transfer or not (self.agreed and reply and end):
            return False
        return end - reply.at < _FIRST_REPETITION and all(one.answer in _NO_ANSWER for one in self.openings)

    @property
    def let_go(self) -> bool:
        """It opened, and the client went on without asking for data."""
        later = any(one.verb and one.at > self.negotiation.at for one in self.session.exchanges)
        return later and self.opened and self.transfer is None and self.agreed

    @property
    def veiled(self) -> bool:
        """It opened, and whether the transfer went well was said under encryption: it is shown, not judged."""
        return self.inferred and self.opened

    @property
    def carriage(self) -> Carriage | None:
        """What it carried, if it opened."""
        return self.carriages[0] if self.carriages else None

    @property
    def completed(self) -> bool:
        """Data moved to the end, with the transfer's 2yz reply and in order; or so long that we had seen enough."""
        if self.carriage is not None and self.carriage.ending is Ending.SUFFICED:
            return self.refusal is None
        final = self.transfer.final if self.transfer else None
        ended = self.carriage is not None and self.carriage.ending is Ending.FINISHED
        return ended and self.refusal is None and final is not None and 200 <= final.code < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """What is known of one session of an experiment."""

    experiment: Experiment
    cell: Cell
    """What was in doubt."""
    change: Change
    session: ControlSession
    channels: tuple[DataChannel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What happened, without opinion."""

    source: Source
    vantage: Vantage
    vantage_reason: str | None = None
    """How an inferred one is told, or why it cannot be; none: it was said, or we were there."""
    began: float
    sessions: tuple[ControlSession, ...]
    channels: tuple[DataChannel, ...]
    untried: tuple[Cell, ...] = ()
    unresolved: str | None = None
    ended: float = float("inf")
    """When the last packet that belongs to FTP passed."""
    retried: tuple[Retried, ...] = ()
    """Sessions of experiments, in the order in which they were asked for."""
    samples: tuple[DataChannel, ...] = ()
    """Passive ports that failed when they were sampled, where those of the first round had opened."""
    cut: tuple[Experiment, ...] = ()
    """Experiments for which the time was too short: what they would have told is not known."""
    expiring: tuple[tuple[Endpoint, Endpoint], ...] = ()
    """Who sent SYNs to whom that were to expire on the way, and are no attempts to open anything."""
    none_left: str | None = None
    """Which choice of the reader's no session fits, in one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One observation a finding rests on."""

    text: str
    at: float | None = None
    packet: int | None = None
    line: str | None = None
    """The reply or command it quotes."""
    view: View | None = None
    """Whose tap numbered the packet, where several did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """Who must change what. `who`: client, server, or network (whoever runs the device in between)."""

    who: str
    product: str
    text: str
    mode: Mode | None = None
    """The mode that it goes over to: no remedy where that one fails too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Another cause the evidence allows, and the handshake that would tell them apart."""

    cause: str
    settle_with: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault, with all that shows it."""

    cause: str
    title: str
    verdict: Verdict | None
    """What it makes of its channels; none for information."""
    mode: Mode | None
    """None: the control connection."""
    location: Location
    hop: int | None
    """The device's; where the location is unknown, the last one that is passed."""
    confidence: Confidence
    summary: str
    evidence: tuple[Evidence, ...]
    remedies: tuple[Remedy, ...]
    alternatives: tuple[Alternative, ...]
    settle_with: tuple[Experiment, ...] = ()
    """What would tell more, and has not been tried."""
    subjects: tuple[ControlSession | DataChannel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict and the causes behind it."""

    verdict: Verdict
    causes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Facts with an opinion. Channels are judged in the order of `facts.channels`."""

    facts: Facts
    findings: tuple[Finding, ...]
    channels: tuple[Judgement, ...]
    cells: tuple[tuple[Cell, Judgement], ...]
    modes: tuple[tuple[Mode, Judgement], ...]
    doubts: tuple[Doubt, ...] = ()
    """What the findings want tried: each experiment once for each family and mode, without TLS if there is a
    choice."""
