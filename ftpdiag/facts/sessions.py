"""A recording -> its control sessions: from our own sockets where it is live, else from the packets."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from itertools import accumulate

from msgspec.structs import replace

from ftpdiag import ftp
from ftpdiag.facts import channels, dialogue, encrypted, unheard, vantage
from ftpdiag.facts.turns import negotiations
from ftpdiag.facts.wire import Control, Wire
from ftpdiag.model import (
    Answer,
    Attempt,
    ControlSession,
    DataChannel,
    Endpoint,
    Exchange,
    Flag,
    Line,
    Recording,
    Retry,
    Segment,
    Source,
    Tls,
)
from ftpdiag.tcp import Call, Connection

Known = tuple[ControlSession, tuple[DataChannel, ...]]

LETTING_GO = 8.0
"""Seconds in which a server may still count a session that has ended: ftpdiag itself tries again for 1 + 2 + 4 s."""


def from_sockets(recording: Recording, wire: Wire) -> Iterator[Known]:
    """A live probe's: the dialogue comes from our sockets, the openings from both views of this host."""
    clear = {one.server for one in recording.attempts if one.tls is Tls.NONE and ftp.admitted(one.lines)}
    admitted = {one.server for one in recording.attempts if ftp.admitted(one.lines)}
    demanding = {one.server for one in recording.attempts if _demands_tls(one.tls, ftp.exchanges(one.lines))} - clear
    later = [one.attempt for one in recording.trials if isinstance(one, Retry)]
    silent, in_vain = _unanswered(recording.attempts), _unanswered(later)
    let_in = {one.server for one in later if one.openings and one.openings[0].established}
    for attempt in recording.attempts:
        client, server, began = attempt.client, attempt.server, attempt.began
        call = wire.control(client, server, began)
        control = wire.connection(call) if call else None
        openings = list(attempt.openings[:1])
        passes_by = any(one.established for one in openings) and not (control and _both_ways(control))
        seen = wire.unseen() if passes_by else wire
        if control:
            openings.append(wire.opening(control))
        elif seen.certain:
            openings.append(seen.absent(began, client or Endpoint(host="", port=0), server))
        session = replace(
            _session(client, server, attempt.lines, control),
            method=attempt.method,
            tls=attempt.tls,
            began=began,
            openings=tuple(openings),
            hangup=attempt.hangup,
            limits=attempt.limits,
            behaviour=attempt.behaviour,
            passed_over=attempt.passed_over,
            others=_others(recording.source, attempt),
            across=_of_family(recording.source, 4 if attempt.family == 6 else 6),
            unasked=attempt.unasked,
            at_first=attempt.at_first,
            clear_beside=attempt.tls is not Tls.NONE and server in clear,
            tls_demanded=attempt.tls is not Tls.NONE and server in demanding,
            crowded=server in admitted and not ftp.admitted(attempt.lines),
            shut_out=server in admitted & (silent | (in_vain - let_in)),
            limited=server in admitted & in_vain & let_in,
        )
        yield session, tuple(channels.from_sockets(session, attempt, seen, recording.attempts))


def _unanswered(attempts: Iterable[Attempt]) -> set[Endpoint]:
    return {one.server for one in attempts if one.openings and one.openings[0].answer is Answer.SILENT}


def from_packets(wire: Wire) -> Iterator[Known]:
    """A capture's: whichever connections speak FTP."""
    known = tuple(_heard(wire))
    crowds, silences = _Crowds(known), _Silences(session for _, session in known)
    clear = {one.server for _, one in known if one.tls is Tls.NONE and one.logged_in}
    demanding = {one.server for _, one in known if _demands_tls(one.tls, one.exchanges)} - clear
    everybody = negotiations(session for _, session in known)
    read = []
    for number, (control, session) in enumerate(known, 1):
        silent, let_in = silences.after(session), silences.let_in_after(session)
        judged = replace(
            session,
            number=number,
            crowded=crowds.around(session),
            served_before=crowds.before(session),
            one_too_many=crowds.open_beside(session),
            shut_out=silent and not let_in,
            limited=silent and let_in,
            tls_demanded=session.tls is not Tls.NONE and session.server in demanding,
        )
        own = channels.from_packets(judged, control, wire.around(judged), everybody)
        read.append((control, judged, tuple(own)))
    guesses: dict[int, list[DataChannel]] = {}
    for channel in encrypted.inferred(read, wire):
        guesses.setdefault(id(channel.session), []).append(channel)
    for _, session, found in read:
        yield session, (*found, *guesses.get(id(session), ()))


def _demands_tls(tls: Tls, exchanges: Iterable[Exchange]) -> bool:
    return tls is Tls.NONE and any(ftp.wants_tls(reply) for one in exchanges for reply in one.replies)


def _others(source: Source, attempt: Attempt) -> tuple[str, ...]:
    tried = {attempt.server.host, *(one.target.host for one in attempt.passed_over)}
    return tuple(host for host in _of_family(source, attempt.family) if host not in tried)


def _of_family(source: Source, family: int) -> tuple[str, ...]:
    return tuple(host for host in source.addresses if Endpoint(host=host, port=0).family == family)


class _Crowds:
    """When each server served each client: 20,000 sessions of one client must not be compared each with each."""

    def __init__(self, known: Iterable[tuple[Control, ControlSession]]) -> None:
        served: dict[tuple[str, Endpoint], list[tuple[float, float]]] = {}
        for (call, _), session in known:
            if session.client and (session.logged_in or session.opaque):
                spans = served.setdefault(_pair(session), [])
                spans.append((call.began, call.last))
        self._began = {pair: sorted(began for began, _ in spans) for pair, spans in served.items()}
        self._latest = {
            pair: list(accumulate((last for _, last in sorted(spans)), max)) for pair, spans in served.items()
        }

    def around(self, session: ControlSession) -> bool:
        """It began while, or just after, the same server served another session of the same client."""
        pair = _pair(session)
        earlier = bisect_left(self._began.get(pair, ()), session.began)
        return earlier > 0 and session.began <= self._latest[pair][earlier - 1] + LETTING_GO

    def before(self, session: ControlSession) -> bool:
        """It began after the same server had served another session of the same client."""
        return bisect_left(self._began.get(_pair(session), ()), session.began) > 0

    def open_beside(self, session: ControlSession) -> bool:
        """It began while the same server served another session of the same client, and a later one was served too."""
        pair = _pair(session)
        begun = self._began.get(pair, ())
        earlier = bisect_left(begun, session.began)
        return 0 < earlier < len(begun) and session.began <= self._latest[pair][earlier - 1]


class _Silences:
    """When each client began a control connection to each server, and whether that was never answered.

    One SYN is passed over: it may have been lost by chance, or be the last that the capture saw.
    """

    def __init__(self, known: Iterable[ControlSession]) -> None:
        self._begun: dict[tuple[str, Endpoint], list[tuple[float, bool]]] = {}
        self._let_in: dict[tuple[str, Endpoint], float] = {}
        for one in sorted(known, key=lambda one: one.began):
            pair, silent = _pair(one), bool(one.openings) and one.openings[0].answer is Answer.SILENT
            if one.reachable:
                self._let_in[pair] = one.began
            if not silent or one.openings[0].tries > 1:
                self._begun.setdefault(pair, []).append((one.began, silent))

    def after(self, session: ControlSession) -> bool:
        """Soon after it had ended the next was not answered."""
        begun, end = self._begun.get(_pair(session), ()), session.last_seen
        if end is None or not session.reachable:
            return False
        later = bisect_left(begun, (end, False))
        return later < len(begun) and begun[later][1] and begun[later][0] <= end + LETTING_GO

    def let_in_after(self, session: ControlSession) -> bool:
        """Some time after it had ended another was let in."""
        end = session.last_seen
        return end is not None and self._let_in.get(_pair(session), end) > end


def _pair(session: ControlSession) -> tuple[str, Endpoint]:
    return session.client.host if session.client else "", session.server


def _heard(wire: Wire) -> Iterator[tuple[Control, ControlSession]]:
    """The connections that speak FTP, one at a time: all at once they would fill the memory."""
    for call in filter(dialogue.possible, wire.calls):
        connection = wire.connection(call)
        if said := dialogue.read(connection):
            end = connection.end
            yield Control(call, end.number if end else None), _spoken(call, connection, said, wire)


def unread(wire: Wire, known: Collection[tuple[Endpoint | None, Endpoint]]) -> int:
    """How many connections to FTP's encrypted port begin with TLS, and are none between the `known` endpoints."""
    meant = (one for one in wire.calls if one.target.port == ftp.IMPLICIT_TLS_PORT and not one.mute)
    return sum((one.opener, one.target) not in known and dialogue.veiled(wire.connection(one)) for one in meant)


def _spoken(call: Call, connection: Connection, said: dialogue.Dialogue, wire: Wire) -> ControlSession:
    session = _session(said.client, said.server, said.lines, connection)
    hangup = dialogue.hangup(connection, said, session.exchanges)
    session = replace(session, place=vantage.inferred(connection, said.client, said.server))
    return replace(
        session,
        tls=_encryption(session, said),
        openings=(wire.around(session).opening(call),),
        hangup=hangup,
        behaviour=dialogue.behaviour(said, hangup),
        opaque=bool(said.encrypted) or any(map(ftp.hides, session.exchanges)),
        clear_again=said.clear_again,
        hidden_again=said.hidden_again,
        watched_until=wire.ended,
    )


_TLS_MECHANISMS = frozenset({"TLS", "TLS-C", "TLS-P", "SSL"})
"""RFC 4217 §2 and its drafts; others are AUTH GSSAPI, KERBEROS_V4 (RFC 2228)."""


def _encryption(session: ControlSession, said: dialogue.Dialogue) -> Tls:
    """Also of a dialogue that was decrypted: its server had agreed to TLS, or listens on the port that wants it."""
    if session.server.port == ftp.IMPLICIT_TLS_PORT:
        return Tls.IMPLICIT
    asked = [one for one in session.exchanges if one.verb == "AUTH" and (one.argument or "").upper() in _TLS_MECHANISMS]
    agreed = any(one.final and one.final.code == 234 for one in asked)
    return Tls.EXPLICIT if said.encrypted or agreed or (asked and not session.logged_in) else Tls.NONE


def _session(
    client: Endpoint | None, server: Endpoint, lines: tuple[Line, ...], control: Connection | None
) -> ControlSession:
    """What lines and packets tell in either case."""
    exchanges = ftp.exchanges(lines)
    return ControlSession(
        method=None,
        client=client,
        server=server,
        family=server.family,
        tls=Tls.NONE,
        began=control.began if control else 0.0,
        lines=lines,
        exchanges=exchanges,
        openings=(),
        logged_in=ftp.logged_in(exchanges),
        torn_at=next((line.at for line in reversed(lines) if ftp.is_torn(line.text)), None),
        product=_product(exchanges),
        client_seen_as=_seen_as(exchanges, server),
        server_ttl=_server_ttl(control) if control else None,
        spoken_ttl=_spoken_ttl(control, server) if control else None,
        client_spoken_ttl=_spoken_ttl(control, client) if control and client else None,
        reset=channels.server_reset(control, server) if control else None,
        last_seen=control.last if control else None,
        unacknowledged=unheard.never(control, client, server) if control and client else None,
        held_up=unheard.late(control, client, server) if control and client else None,
    )


def _spoken_ttl(control: Connection, side: Endpoint) -> int | None:
    return next((run.segment.ttl for run in control.halves[side].ordered()), None)


def _product(exchanges: Iterable[Exchange]) -> str | None:
    telling = (one for one in exchanges if one.verb in {"", "SYST", "STAT", "FEAT"} and not one.unheard)
    names = (ftp.product_in(reply.text) for one in telling for reply in one.replies)
    return max((name for name in names if name), key=len, default=None)


def _seen_as(exchanges: Iterable[Exchange], server: Endpoint) -> str | None:
    statuses = (one.final for one in exchanges if one.verb == "STAT" and one.argument is None)
    seen = next((ftp.client_seen_as(status) for status in statuses if status), None)
    return seen if seen != server.host else None


def _both_ways(control: Call) -> bool:
    """SYN, SYN-ACK and what followed were seen.

    Where IPsec encrypts by policy, a tap sees in the clear what comes in, and never what leaves: there a SYN that was
    not seen has left all the same.
    """
    return control.established and bool(control.syns and control.answers)


def _server_ttl(connection: Connection) -> int | None:
    answers = (packet for packet in connection.answers if isinstance(packet, Segment) and packet.flags & Flag.SYN)
    return next((packet.ttl for packet in answers if packet.source == connection.target), None)
