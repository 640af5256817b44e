"""What happened, without opinion: sessions and their data connections."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from msgspec import Struct

from ftpdiag.model.attempts import Cell, Hangup
from ftpdiag.model.recording import Leftover, Source
from ftpdiag.model.said import Exchange, Line, Reply
from ftpdiag.model.seen import Carriage, Endpoint, Opening, Segment
from ftpdiag.model.sights import Announcement, Difference, Distance, HeldUp, Place, Sight, Stuck, Unacknowledged
from ftpdiag.model.trials import Change, HopWalk, OpenedCall
from ftpdiag.stacks import AT_ONCE, FIRST_REPETITION
from ftpdiag.vocabulary import Answer, Ending, Experiment, Method, Mode, Party, Tls, Vantage, View

_NO_ANSWER = frozenset({Answer.ABSENT, Answer.SILENT})


class _Connection(Struct, frozen=True, kw_only=True):
    """How a connection was opened, as each view saw it."""

    openings: tuple[Opening, ...]
    retries: tuple[Retried, ...] = ()
    """Sessions of experiments with the same server, made afterwards; of a data connection, of its mode and family."""

    def tried(self, experiment: Experiment) -> tuple[Retried, ...]:
        """Those of one experiment."""
        return tuple(one for one in self.retries if one.experiment is experiment)

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


class ControlSession(_Connection, frozen=True, kw_only=True):
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
    client_spoken_ttl: int | None = None
    """The same of the client's first words there."""
    distance: Distance | None = None
    """Where one side is not as far away by a data connection as it is by the control connection."""
    reset: Segment | None = None
    """The RST in the server's name that ended it, as the wire saw it."""
    last_seen: float | None = None
    """When the last packet of the control connection passed; none: it was not watched."""
    torn_at: float | None = None
    """When the latest line came by that lacks some of its bytes, or all."""
    watched_until: float | None = None
    """When its capture ended; none: it is a live probe's."""
    opaque: bool = False
    """Encrypted: of the dialogue is known what was said before TLS, and what after it."""
    clear_again: float | None = None
    """When TLS had ended (CCC), and what was said could be read again."""
    hidden_again: bool = False
    """After that TLS began anew."""
    limits: tuple[str, ...] = ()
    behaviour: str | None = None
    passed_over: tuple[Opening, ...] = ()
    """Attempts in vain to open it to other addresses of the target."""
    others: tuple[str, ...] = ()
    """Other addresses of the target, of the same family, that were not tried."""
    across: tuple[str, ...] = ()
    """Addresses of the target, of the other family."""
    unasked: tuple[str, ...] = ()
    """Questions left out, because the server had given no answer to them in a session before."""
    at_first: str | None = None
    """What became of an earlier attempt, which it repeats, in one sentence."""
    clear_beside: bool = False
    """In the same run the same server let us log in without TLS."""
    tls_demanded: bool = False
    """In the same run, or capture, the same server let nobody log in without TLS."""
    place: Place | None = None
    """Where its packets were captured, by what they tell; none: we were there."""
    crowded: bool = False
    """The same server served another session of the same client meanwhile, just before, or in the same probe."""
    served_before: bool = False
    """In a capture: earlier the same server served another session of the same client."""
    one_too_many: bool = False
    """In a capture: meanwhile the same server served another session of the same client, and later yet another."""
    shut_out: bool = False
    """In the same probe the server let us in, and gave no answer to another SYN to its control port; in the
    experiments, to none of them, or in a capture not to the next, and none was let in later: it may be that no new
    connection passed before."""
    limited: bool = False
    """In the experiments the server let us in, and gave no answer to another SYN to its control port; in a capture
    not to the next, and let in a later one."""
    number: int = 0
    """Its place among the sessions of a capture, from 1; 0: a live one."""
    sights: tuple[Sight, ...] = ()
    """Where several taps were: those that saw it. All else is told with the addresses of the first."""
    differences: tuple[Difference, ...] = ()
    """Between what was said and what was heard, in order."""
    stuck: Stuck | None = None
    unacknowledged: Unacknowledged | None = None
    held_up: HeldUp | None = None

    @property
    def cell(self) -> Cell | None:
        """What it was made to test; none in a capture."""
        return Cell(method=self.method, family=self.family, tls=self.tls) if self.method else None

    @property
    def greeting(self) -> Exchange | None:
        """What the server said before it was asked anything; none: the recording lacks its beginning, or it is mute."""
        first = self.exchanges[0] if self.exchanges else None
        if first is None or first.verb or first.unheard or not first.replies or first.replies[0].after_loss:
            return None
        begun = self.method is not None or any(one.packets for one in self.openings)
        asked_first = bool(self.lines) and self.lines[0].sender is Party.CLIENT
        return first if begun and not asked_first else None

    def exchange(self, verb: str) -> Exchange | None:
        """The first exchange that began with `verb`."""
        return next((exchange for exchange in self.exchanges if exchange.verb == verb), None)

    def later(self, at: float) -> Iterator[Exchange]:
        """The exchanges that began after a time, in order."""
        first = bisect_right(self.exchanges, at, key=lambda one: one.at)
        return (self.exchanges[place] for place in range(first, len(self.exchanges)))

    @property
    def reachable(self) -> bool:
        """Any view saw the control connection open."""
        return any(opening.established for opening in self.openings) or bool(self.lines)

    def cuts_short(self, opening: Opening) -> bool:
        """Its capture ended before an answer could have come."""
        return self.watched_until is not None and self.watched_until - opening.at < AT_ONCE


class DataChannel(_Connection, frozen=True, kw_only=True):
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
    beside: tuple[DataChannel, ...] = ()
    """All channels between the same two hosts, this one included; without those beside them."""

    @property
    def mode(self) -> Mode:
        """The mode that was negotiated."""
        return self.method.mode

    @property
    def cell(self) -> Cell:
        """What it is an example of."""
        return Cell(method=self.method, family=self.session.family, tls=self.session.tls)

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
        return end - reply.at < FIRST_REPETITION and all(one.answer in _NO_ANSWER for one in self.openings)

    @property
    def let_go(self) -> bool:
        """It opened, and the client went on without asking for data."""
        if self.transfer or not (self.opened and self.agreed):
            return False
        if (self.session.torn_at or 0) > self.negotiation.at:
            return False  # it may have asked for them in what is missing
        later = list(self.session.later(self.negotiation.at))
        return any(one.verb for one in later) and not any(one.unheard for one in later)

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


class Retried(Struct, frozen=True, kw_only=True):
    """What is known of one session of an experiment."""

    experiment: Experiment
    cell: Cell
    """What was in doubt."""
    change: Change
    session: ControlSession
    channels: tuple[DataChannel, ...]


class Facts(Struct, frozen=True, kw_only=True):
    """What happened, without opinion."""

    source: Source
    vantage: Vantage
    vantage_said: Vantage = Vantage.UNKNOWN
    """Where a single capture was made, as the user says."""
    vantage_reason: str | None = None
    """How an inferred one is told, or why it cannot be; what speaks against one that was said; none: nothing does."""
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
    left_behind: tuple[Leftover, ...] = ()
    expiring: tuple[tuple[Endpoint, Endpoint], ...] = ()
    """Who sent SYNs to whom that were to expire on the way, and are no attempts to open anything."""
    none_left: str | None = None
    """Which choice of the reader's no session fits, in one sentence."""
