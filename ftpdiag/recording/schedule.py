"""A plan and the servers' addresses in, attempts out: which handshakes run, side by side or one at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import product
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from ftpdiag import ftp
from ftpdiag.model import Attempt, Cell, Ending, Endpoint, Method, Mode, Tls
from ftpdiag.recording.limits import RELEASE, limited, unheard
from ftpdiag.recording.plan import Plan, Tell
from ftpdiag.recording.side_by_side import results, threads
from ftpdiag.recording.sockets import SocketSession, Upload
from ftpdiag.recording.tap.watch import WireWatch
from ftpdiag.session import Handshake, log_in

RETRIES = 3
"""Times a session that met a limit even alone is tried again; the wait before that doubles each time."""


class _Outlook(Struct, frozen=True, kw_only=True):
    """What the first session of a pair learned by logging in."""

    usable: bool
    offers_tls: bool
    server: Endpoint


class Schedule:
    """The sessions of one probe.

    A pair is an address family and an encryption. Its first handshake goes ahead alone until it has logged in; the
    others then run beside it. Where it cannot log in, the others are left untried: they would fail the same way.
    """

    def __init__(
        self,
        plan: Plan,
        handshakes: Iterable[Handshake],
        watch: WireWatch | None,
        tell: Tell,
        uploads: list[Upload] | None = None,
    ) -> None:
        """`uploads`: to be told what is uploaded."""
        self._plan = plan
        self._uploads = uploads
        # Passive ones first: a server that waits for a call-back to succeed may answer nothing else for a minute.
        self._handshakes = sorted(handshakes, key=lambda one: one.mode is Mode.ACTIVE)
        self._watch = watch
        self._tell = tell
        self._unanswered = frozenset[str]()
        """Questions that the server has left unanswered: no other session asks them."""

    @property
    def unanswered(self) -> Collection[str]:
        """The questions that the server has left unanswered."""
        return self._unanswered

    def everything(self, servers: Iterable[tuple[Endpoint, ...]]) -> tuple[list[Attempt], list[Cell]]:
        """All attempts, and the cells that none was made for. `servers`: the target's addresses of each family."""
        pairs = product(servers, self._plan.encryptions or (Tls.NONE,))
        with threads(32) as pool:
            done = results([pool.submit(self._pair, pool, addresses, tls) for addresses, tls in pairs])
        attempts = [attempt for made, _ in done for attempt in made]
        untried = [cell for _, cells in done for cell in cells]
        crowded = {one.server for one in attempts if limited(one, _admitted(attempts))}
        attempts = list(self._without(_CROWD, self._without_limits(attempts), crowded))
        moved = len(attempts) > 1 and any(it.ending is Ending.FINISHED for one in attempts for it in one.carriages)
        attempts = list(self._without(_CONFUSION, attempts, {one.server for one in attempts} if moved else ()))
        pairs_admitted = _admitted(attempts)
        for cell in [cell for cell in untried if (cell.family, cell.tls) in pairs_admitted]:
            # The session ahead of it met a limit, and got in when it was alone.
            untried.remove(cell)
            server = next(one.server for one in attempts if one.family == cell.family)
            attempts.append(self._alone(cell.method, server, cell.tls))
        return attempts, untried

    def _pair(
        self, pool: ThreadPoolExecutor, servers: tuple[Endpoint, ...], tls: Tls
    ) -> tuple[list[Attempt], list[Cell]]:
        suited = [one for one in self._handshakes if self._is_asked(one, servers[0].family)]
        if not suited:
            return [], []
        first, *others = suited
        outlook: Future[_Outlook] = Future()
        running = [pool.submit(self._session, first, servers, tls, outlook)]
        learned = outlook.result()
        pinned = (learned.server,)
        encrypted = None
        if learned.offers_tls and tls is Tls.NONE and self._plan.encryptions is None:
            encrypted = pool.submit(self._pair, pool, pinned, Tls.EXPLICIT)
        if learned.usable:
            running += [pool.submit(self._session, one, pinned, tls, Future()) for one in others]
        attempts = [future.result() for future in running]
        untried = [] if learned.usable else [_cell(one, learned.server, tls) for one in others]
        if encrypted:
            more, cells = encrypted.result()
            return attempts + more, untried + cells
        return attempts, untried

    def _is_asked(self, handshake: Handshake, family: int) -> bool:
        if self._plan.methods is None:
            return family in handshake.unasked
        return handshake.method in self._plan.methods and family in handshake.families

    def _session(
        self, handshake: Handshake, servers: tuple[Endpoint, ...], tls: Tls, outlook: Future[_Outlook]
    ) -> Attempt:
        try:
            session, usable = self._begun(handshake, servers, tls)
        except BaseException as failure:
            outlook.set_exception(failure)  # whoever waits for it must not wait for ever
            raise
        outlook.set_result(_Outlook(usable=usable, offers_tls=session.offers_tls, server=session.server))
        if usable:
            handshake.perform(session)
        if not usable or not session.in_doubt:
            return session.close()
        before = session.close()
        session, usable = self._begun(handshake, servers, tls)
        if usable:
            handshake.perform(session)
        again = session.close()
        return again if ftp.admitted(again.lines) else before  # it was no question: the server has shut us out

    def _begun(self, handshake: Handshake, servers: tuple[Endpoint, ...], tls: Tls) -> tuple[SocketSession, bool]:
        """A session, and whether it has logged in. Where a question may be what is in the way, it is left out."""
        while True:
            session = SocketSession(
                method=handshake.method,
                servers=servers,
                tls=tls,
                plan=self._plan,
                watch=self._watch,
                tell=self._tell,
                unasked=self._unanswered,
                uploads=self._uploads,
            )
            usable = log_in(session, self._plan.account)
            self._unanswered |= session.unanswered
            if usable or not session.in_doubt:
                return session, usable
            session.close()

    def _without_limits(self, attempts: list[Attempt]) -> Iterator[Attempt]:
        """Attempts that met a limit, the server's or ours, are made again alone, when all others have ended."""
        admitted = _admitted(attempts)
        shut = set[Endpoint]()
        listened = any(_is_active(one) and not one.limits for one in attempts)
        for attempt in attempts:
            again = attempt
            if (limited(attempt, admitted) or (attempt.limits and listened)) and attempt.server not in shut:
                again = self._again(attempt)
                shut |= {again.server} if unheard(again) else set()
            yield again

    def _without(self, trouble: _Trouble, attempts: Iterable[Attempt], at: Collection[Endpoint]) -> Iterator[Attempt]:
        """Attempts that met it beside others, at these servers, are made again alone.

        One that meets it alone as well owes it to no others, nor do those like it.
        """
        alone_too = set[tuple[int, Tls]]()
        for attempt in attempts:
            pair = attempt.family, attempt.tls
            if attempt.server not in at or pair in alone_too or not trouble.met_by(attempt):
                yield attempt
                continue
            self._tell(attempt.method, f"starting again, because {trouble.suspicion}")
            again = self._again(attempt)
            if trouble.met_by(again):
                alone_too.add(pair)
                yield again
            else:
                yield _told(again, attempt, trouble)

    def _again(self, attempt: Attempt) -> Attempt:
        """Alone. Where the server has shut us out meanwhile, the attempt that it let in tells more, and stays."""
        again = replace(self._alone(attempt.method, attempt.server, attempt.tls), passed_over=attempt.passed_over)
        return attempt if ftp.admitted(attempt.lines) and not ftp.admitted(again.lines) else again

    def _alone(self, method: Method, server: Endpoint, tls: Tls) -> Attempt:
        """One session while there is no other; again, a little later, while the server still counts those before."""
        handshake = next(one for one in self._handshakes if one.method is method)
        attempt = self._session(handshake, (server,), tls, Future())
        for retry in range(RETRIES):
            if unheard(attempt) or not limited(attempt, {(server.family, tls)}):
                break
            self._tell(method, "waiting, because the server limits connections")
            time.sleep(RELEASE * 2**retry)
            attempt = self._session(handshake, (server,), tls, Future())
        return attempt


def _cell(handshake: Handshake, server: Endpoint, tls: Tls) -> Cell:
    return Cell(method=handshake.method, family=server.family, tls=tls)


def _admitted(attempts: Iterable[Attempt]) -> set[tuple[int, Tls]]:
    return {(attempt.family, attempt.tls) for attempt in attempts if ftp.admitted(attempt.lines)}


def _is_active(attempt: Attempt) -> bool:
    return attempt.method.mode is Mode.ACTIVE


def _undialled(attempt: Attempt) -> bool:
    """The client dialled the passive port, and nothing came of it."""
    dialled = attempt.openings[1:]
    return not _is_active(attempt) and bool(dialled) and not any(one.established for one in dialled)


def _stalled(attempt: Attempt) -> bool:
    """The server fell silent on a connection that stood."""
    called = _is_active(attempt) and any(opening.established for opening in attempt.openings[1:])
    if called and not attempt.carriages and attempt.hangup is None:
        final = ftp.exchanges(attempt.lines)[-1].final
        return final is None or final.positive
    ends = {carriage.ending for carriage in attempt.carriages}
    return Ending.STALLED in ends or bool(attempt.hangup and attempt.hangup.ending is Ending.STALLED)


class _Trouble(NamedTuple):
    """What sessions may meet that run beside others, and not alone."""

    met_by: Callable[[Attempt], bool]
    what: str
    suspicion: str
    why: str


_CROWD = _Trouble(
    met_by=_undialled,
    what="could not connect",
    suspicion="connections seem to be limited",
    why="a firewall may limit the connections of one address",
)
"""Where some were turned away at the door: such a firewall counts connections for data, too."""

_CONFUSION = _Trouble(
    met_by=_stalled,
    what="stalled",
    suspicion="it stalled beside others",
    why="the server may mix up sessions that run at the same time",
)
"""Where others moved data. pyftpdlib mixes up (seen in 2.2): when a session with an active transfer ends, it stops
listening to whichever other session has inherited the file descriptor."""


def _told(again: Attempt, attempt: Attempt, trouble: _Trouble) -> Attempt:
    """With what the first attempt met beside others, where data moved when it was alone."""
    if all(carriage.ending is not Ending.FINISHED for carriage in again.carriages):
        return again
    tls = "" if attempt.tls is Tls.NONE else f", {attempt.tls} TLS"
    return replace(
        again,
        at_first=f"{attempt.method} (IPv{attempt.family}{tls}) {trouble.what} beside this probe's other sessions, and "
        f"was tried again alone: {trouble.why}.",
    )
