"""A doubt in, its trials out: the bench on which one experiment is made, over real sockets.

Each session of it is like any other, with its own control connection and its own data endpoint.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from functools import partial
from math import inf
from typing import TypeVar

from msgspec.structs import replace

from ftpdiag.model import AS_BEFORE, Answer, Attempt, Change, Doubt, Endpoint, Method, OpenedCall, Retry, Trial
from ftpdiag.recording import walk
from ftpdiag.recording.expiring import ExpiringSession, OpeningSession, TracingSession, WalkingSession
from ftpdiag.recording.held import HeldSession
from ftpdiag.recording.limits import RELEASE, Turns, crowded_out
from ftpdiag.recording.plan import Plan, Tell
from ftpdiag.recording.side_by_side import results, threads
from ftpdiag.recording.sockets import SocketSession, Upload, Watch
from ftpdiag.session import Handshake, Session, log_in

WAIT = 4.0
"""Seconds that a data connection of an experiment gets at most, in which every TCP sends three SYNs; a reply gets three
times as many. So one that stands still stays within the budget."""

ENDING = 3.0
"""The last seconds before the deadline, in which nothing is begun: what is under way is to end in order, and count."""

_Session = TypeVar("_Session", bound=SocketSession)
_Expiring = TypeVar("_Expiring", bound=ExpiringSession)


class SocketBench:
    """A Bench over real sockets. What is still under way at `deadline` is given up, and counts for nothing."""

    def __init__(  # noqa: PLR0913  what an experiment needs
        self,
        doubt: Doubt,
        plan: Plan,
        handshakes: Mapping[Method, Handshake],
        *,
        watch: Watch | None,
        tell: Tell,
        unasked: Collection[str],
        deadline: float,
        turns: Turns,
        uploads: list[Upload] | None = None,
    ) -> None:
        """`turns`: one for each session that may be open at once. `deadline`: by the monotonic clock.

        `uploads`: to be told what is uploaded.
        """
        self.doubt = doubt
        self.cell = doubt.cell
        self.server = doubt.server
        self.others = doubt.others
        self.across = doubt.across
        self.samples = plan.samples
        self.also_port = plan.also_port
        self.hold = plan.hold or 0.0
        self.trials: list[Trial] = []
        self.cut = False
        self._plan = plan
        self._handshakes = handshakes
        self._watch = watch
        self._tell = tell
        self._unasked = unasked
        self._deadline = deadline
        self._turns = turns
        self._uploads = uploads

    def walk(self) -> None:
        """Nothing where this system cannot."""
        if self._can_expire:
            self._keep(self._begin(WalkingSession, self._handshakes[self.cell.method].perform))

    def trace(self) -> None:
        """Nothing where this system cannot."""
        if self._can_expire:
            self._keep(self._begin(TracingSession, TracingSession.trace))

    def open_ahead(self, ttl: int | None = None) -> bool:
        """Whether the call came then; False too where this system cannot, or the opener went no farther before."""
        if not self._can_expire or any(isinstance(one, OpenedCall) and one.ttl == ttl for one in self.trials):
            return False
        opening = self._begin(OpeningSession, self._handshakes[self.cell.method].perform, ttl)
        if opening.outcome is None or opening.late:
            return False
        self.trials.append(opening.outcome)
        return opening.outcome.call.established

    @property
    def _can_expire(self) -> bool:
        return walk.AVAILABLE and not self.late

    def _begin(
        self, kind: type[_Expiring], script: Callable[[_Expiring], None], opener_ttl: int | None = None
    ) -> _Expiring:
        """Run one; that no SYN of it got an answer is told of, too."""

        def begin() -> _Expiring:
            session = self._session(kind)
            session.server_ttl = self.doubt.server_ttl
            if isinstance(session, OpeningSession):
                session.ttl = opener_ttl
            return session

        session, attempt = self._run(begin, script)
        if attempt and not session.late and attempt.openings and attempt.openings[0].answer is Answer.SILENT:
            self._retried(attempt, AS_BEFORE)
        return session

    def _retried(self, attempt: Attempt, change: Change) -> None:
        self.trials.append(Retry(experiment=self.doubt.experiment, cell=self.cell, change=change, attempt=attempt))

    def _keep(self, session: ExpiringSession) -> None:
        if session.trial and not session.late:
            self.trials.append(session.trial)

    def repeat(self, change: Change = AS_BEFORE) -> Attempt | None:
        """The handshake again; none where the time is up."""
        return self.perform(self._handshakes[change.method or self.cell.method].perform, change)

    def perform(self, script: Callable[[Session], None], change: Change = AS_BEFORE) -> Attempt | None:
        """Log in and run `script`; none where the time is up."""
        if self.late:
            return None
        pause = change.pause
        again = script if pause is None else _twice(script, pause)
        session, attempt = self._run(partial(self._changed, change), again)
        if attempt is None or session.late:
            return None
        self._retried(attempt, change)
        return attempt

    def _changed(self, change: Change) -> SocketSession:
        session = self._session(SocketSession if change.hold is None else HeldSession, change)
        if isinstance(session, HeldSession) and change.hold is not None:
            session.hold, session.noop = change.hold, change.noop
        session.hurry = inf if change.wait is None else change.wait
        return session

    def pause(self, seconds: float) -> None:
        """Wait."""
        time.sleep(max(0.0, min(seconds, self._deadline - time.monotonic())))

    def side_by_side(self, *parts: Callable[[], object]) -> None:
        """Run the parts at the same time."""
        with threads(max(1, len(parts))) as pool:
            results([pool.submit(part) for part in parts])

    @property
    def late(self) -> bool:
        """The time is nearly up: what was begun can just end in order."""
        late = time.monotonic() > self._deadline - ENDING
        self.cut |= late
        return late

    def _session(self, kind: type[_Session], change: Change = AS_BEFORE) -> _Session:
        return kind(
            method=change.method or self.cell.method,
            servers=(Endpoint(host=change.host or self.server.host, port=change.port or self.server.port),),
            tls=change.tls or self.cell.tls,
            plan=replace(self._plan, segment=change.segment, timeout=min(self._plan.timeout, WAIT)),
            watch=self._watch,
            tell=self._tell,
            unasked=self._unasked,
            uploads=self._uploads,
        )

    def _run(
        self, begin: Callable[[], _Session], script: Callable[[_Session], None]
    ) -> tuple[_Session, Attempt | None]:
        """The session, and what came of it; none where its turn came too late.

        Where the server lets in no more of them, it is made again when fewer are open; where it was alone, once, as the
        server may still count those before.
        """
        while True:
            with self._turns:
                session = begin()
                attempt = self._made(session, script)
                if not self._kept_out(session, attempt) or self.late:
                    return session, attempt
                alone = self._turns.fewer() == 0
                if alone and self._turns.patient:
                    self.pause(RELEASE)
                    session = begin()
                    attempt = self._made(session, script)
                    self._turns.patient = not self._kept_out(session, attempt)
                if alone:
                    return session, attempt
            self.pause(RELEASE)

    def _kept_out(self, session: SocketSession, attempt: Attempt | None) -> bool:
        admitted = {(self.cell.family, self.cell.tls)}
        return attempt is not None and not session.late and crowded_out(attempt, self.server, admitted)

    def _made(self, session: _Session, script: Callable[[_Session], None]) -> Attempt | None:
        if self.late:
            return None
        session.end_by(self._deadline)
        if log_in(session, self._plan.account):
            script(session)
        attempt = session.close()
        self.cut |= session.late
        return attempt


def _twice(script: Callable[[Session], None], pause: float) -> Callable[[SocketSession], None]:
    """The script, and after `pause` seconds once more, if the session lives on."""

    def twice(session: SocketSession) -> None:
        script(session)
        if session.stay(pause):
            script(session)

    return twice
