"""Doubts of the first round in, trials out: the bench on which experiments are made, over real sockets.

Each session of it is like any other, with its own control connection and its own data endpoint.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from math import inf
from threading import Semaphore
from typing import Any

from ftpdiag import ftp
from ftpdiag.clues.hops import hop_of
from ftpdiag.experiment import Procedure, Scope
from ftpdiag.model import (
    AS_BEFORE,
    PAST_FIRST_ROUTER,
    Attempt,
    Cell,
    Change,
    Doubt,
    Ending,
    Endpoint,
    Experiment,
    Fate,
    HopWalk,
    Method,
    Mode,
    OpenedCall,
    Retry,
    Tls,
    Trial,
    Walk,
)
from ftpdiag.recording import walk
from ftpdiag.recording.clock import now
from ftpdiag.recording.held import HeldSession
from ftpdiag.recording.plan import ASSUMED_ROUND_TRIP, Plan, Tell
from ftpdiag.recording.sockets import SocketSession, Watch
from ftpdiag.recording.transfer import Transfer
from ftpdiag.session import Handshake, Session, log_in

WAIT = 4.0
"""Seconds that a data connection of an experiment gets at most, in which every TCP sends three SYNs; a reply gets three
times as many. So one that stands still stays within the budget."""

AT_ONCE = 8
"""Sessions of experiments, of all together: servers limit those of one address, and take many logins for an attack."""

BUDGET = 15.0
"""Seconds for all experiments; what is under way then is given up, but for what the user asked to be held."""

ENDING = 3.0
"""The last seconds of that, in which nothing more is begun: what is under way is to end in order, and count."""

ROUTERS_WAIT = 0.5
"""Seconds that routers get to say that a SYN expired, beyond the round trip to the server."""

SECOND_CHANCE = 1.3
"""The same, where a SYN is repeated after 1 s (RFC 6298 §2.1): routers send no more than so many ICMP errors a second
(RFC 1812 §4.3.2.8)."""


class TrialSession(SocketSession):
    """A session that may walk to its server."""

    trial: Trial | None = None
    server_ttl: int | None = None
    """As the first round saw it; so far away is the server, if the way back is as long."""

    @property
    def _cell(self) -> Cell:
        return Cell(method=self.method, family=self.server.family, tls=self.tls)

    def _walked(self) -> Walk | None:
        if self._control.client is None:
            return None
        self._tell(self.method, "counting the hops to the server")
        far = None if self.server_ttl is None else hop_of(self.server_ttl)
        wait, here = self._grace(ROUTERS_WAIT), self._control.client.host
        return walk.to_control(self.server, here, wait, far, self._control.until)

    def _grace(self, seconds: float) -> float:
        return self._within(seconds + (self._control.round_trip or ASSUMED_ROUND_TRIP))


class WalkingSession(TrialSession):
    """Walks towards the passive port rather than opening to it."""

    def connect(self, endpoint: Endpoint) -> bool:
        """Walk; the data connection stays closed."""
        control = self._walked() if endpoint.host == self.server.host else None
        if control is None or self._control.client is None:
            return False
        self._tell(self.method, f"walking towards port {endpoint.port}")
        host = self._control.client.host
        data = walk.short_of_server(endpoint, host, control, self._grace(SECOND_CHANCE))
        self.trial = HopWalk(at=now(), cell=self._cell, control=control, data=data)
        return False


class TracingSession(TrialSession):
    """Walks to the control port alone."""

    def trace(self) -> None:
        """Walk."""
        if control := self._walked():
            nothing = Walk(target=self.server, steps=())
            self.trial = HopWalk(at=now(), cell=self._cell, control=control, data=nothing)


class OpeningSession(TrialSession):
    """Sends an opener from the port on which it will listen."""

    ttl: int | None = None
    """Of the opener; none: as far as it gets without reaching the server."""

    def listen(self) -> Endpoint | None:
        """Send the opener, then listen where it left from. None where it cannot be sent, or would reach the server."""
        control = self._walked()
        hops = control.hops if control else None
        client = self._control.client
        if hops is None or client is None or hops <= PAST_FIRST_ROUTER:
            return None
        ttl = self.ttl or hops - 1
        ports = self._plan.active_ports
        source = client.at_host(client.host)._replace(port=random.choice(ports) if ports else 0)  # noqa: S311 no secret
        towards = self.server._replace(port=self.server.port - 1)  # RFC 959 §3.2: the control port less one
        self._tell(self.method, "sending an opener that expires on the way")
        sent = walk.send_opener(source, towards, ttl, self._grace(ROUTERS_WAIT))
        if sent is None or sent[1].fate not in {Fate.EXPIRED, Fate.SILENT}:
            return None
        left_from, step = sent
        self._plan = replace(self._plan, active_ports=range(left_from.port, left_from.port + 1))
        announced = super().listen()
        if self._listener:
            self.trial = OpenedCall(
                at=now(),
                cell=self._cell,
                opener=left_from,
                towards=towards,
                ttl=ttl,
                hops=hops,
                expired_by=step.by,
                call=self._listener.opening,
            )
        return announced

    def transfer(self) -> None:
        """Ask for the data, and await no more than the call: a firewall may stop all that follows an odd handshake."""
        transfer = Transfer(self._control, self._plan)
        if transfer.verb == "STOR":
            super().transfer()  # which deletes what it has begun
            return
        transfer.ask()
        sock = self._await_call(transfer)
        if sock:
            sock.close()
        self._data_lost = True

    @property
    def outcome(self) -> OpenedCall | None:
        """The trial, with what the listener has seen by now."""
        if not isinstance(self.trial, OpenedCall) or self._listener is None:
            return None
        return replace(self.trial, call=self._listener.opening)


class Trials:
    """The experiments of one probe."""

    def __init__(  # noqa: PLR0913  what a probe is made of
        self,
        plan: Plan,
        handshakes: Iterable[Handshake],
        experiments: Iterable[Procedure],
        *,
        watch: Watch | None,
        tell: Tell,
        unasked: Collection[str] = (),
    ) -> None:
        self._plan = plan
        self._handshakes = {one.method: one for one in handshakes}
        self._experiments = {one.name: one for one in experiments}
        self._settings = {"watch": watch, "tell": tell, "unasked": unasked}
        self.cut: tuple[Experiment, ...] = ()
        """Experiments for which the time was too short."""

    def asked(self, attempts: Iterable[Attempt]) -> Iterator[Doubt]:
        """The experiments that the user asks for: each once for each family and mode that let us in."""
        admitted = sorted((one for one in attempts if ftp.admitted(one.lines)), key=_promise)
        for name in self._plan.experiments:
            procedure = self._experiments[name]
            chosen = dict[tuple[int, Mode | None], Attempt]()
            for one in admitted:
                mode = one.method.mode
                if mode in procedure.modes and one.tls in procedure.encryptions:
                    chosen.setdefault((one.family, mode if procedure.scope is Scope.MODE else None), one)
            for one in chosen.values():
                yield Doubt(experiment=name, cell=one.cell, server=one.server)

    def settle(self, doubts: Iterable[Doubt]) -> tuple[Trial, ...]:
        """What was tried, all side by side; no password goes in the clear where the user asked for TLS alone."""
        allowed = (one for one in doubts if self._plan.clear_allowed or one.experiment is not Experiment.IN_THE_CLEAR)
        wanted = tuple({(one.experiment, one.cell.family, one.cell.mode): one for one in allowed}.values())
        if not wanted:
            return ()
        deadline = time.monotonic() + BUDGET
        turns = Semaphore(AT_ONCE)
        benches = [
            SocketBench(one, self._plan, self._handshakes, deadline=deadline, turns=turns, settings=self._settings)
            for one in wanted
        ]
        with ThreadPoolExecutor(max_workers=len(wanted)) as pool:
            running = [pool.submit(self._experiments[one.doubt.experiment].perform, one) for one in benches]
        for future in running:
            future.result()
        self.cut = tuple(dict.fromkeys(bench.doubt.experiment for bench in benches if bench.cut))
        return tuple(trial for bench in benches for trial in bench.trials)


def _promise(attempt: Attempt) -> tuple[bool, bool]:
    """Those that moved data come first, and of these the ones in the clear."""
    moved = any(one.ending in {Ending.FINISHED, Ending.SUFFICED} for one in attempt.carriages)
    return not moved, attempt.tls is not Tls.NONE


class SocketBench:
    """A Bench over real sockets. What is still under way at `deadline` is given up, and counts for nothing."""

    def __init__(  # noqa: PLR0913  what an experiment needs
        self,
        doubt: Doubt,
        plan: Plan,
        handshakes: Mapping[Method, Handshake],
        *,
        deadline: float,
        turns: Semaphore,
        settings: Mapping[str, Any],
    ) -> None:
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
        self._deadline = deadline
        self._settings = settings
        self._turns = turns

    def walk(self) -> None:
        """Nothing where this system cannot."""
        if not walk.AVAILABLE or self.late:
            return
        walking = WalkingSession(**self._session(AS_BEFORE))
        walking.server_ttl = self.doubt.server_ttl
        self._run(walking, self._handshakes[self.cell.method].perform)
        if walking.trial and not walking.late:
            self.trials.append(walking.trial)

    def trace(self) -> None:
        """Nothing where this system cannot."""
        if not walk.AVAILABLE or self.late:
            return
        walking = TracingSession(**self._session(AS_BEFORE))
        walking.server_ttl = self.doubt.server_ttl
        self._run(walking, lambda _: walking.trace())
        if walking.trial and not walking.late:
            self.trials.append(walking.trial)

    def open_ahead(self, ttl: int | None = None) -> bool:
        """Whether the call came then; False too where this system cannot, or the opener went no farther before."""
        if (
            not walk.AVAILABLE
            or self.late
            or any(isinstance(one, OpenedCall) and one.ttl == ttl for one in self.trials)
        ):
            return False
        opening = OpeningSession(**self._session(AS_BEFORE))
        opening.server_ttl = self.doubt.server_ttl
        opening.ttl = ttl
        self._run(opening, self._handshakes[self.cell.method].perform)
        if opening.outcome is None or opening.late:
            return False
        self.trials.append(opening.outcome)
        return opening.outcome.call.established

    def repeat(self, change: Change = AS_BEFORE) -> Attempt | None:
        """The handshake again; none where the time is up."""
        return self.perform(self._handshakes[change.method or self.cell.method].perform, change)

    def perform(self, script: Callable[[Session], None], change: Change = AS_BEFORE) -> Attempt | None:
        """Log in and run `script`; none where the time is up."""
        if self.late:
            return None
        session = self._changed(change)
        session.hurry = inf if change.wait is None else change.wait
        pause = change.pause
        attempt = self._run(session, script if pause is None else _twice(script, session, pause), longer=pause or 0.0)
        if attempt is None or session.late:
            return None
        self.trials.append(Retry(experiment=self.doubt.experiment, cell=self.cell, change=change, attempt=attempt))
        return attempt

    def _changed(self, change: Change) -> SocketSession:
        if change.hold is None:
            return SocketSession(**self._session(change))
        held = HeldSession(**self._session(change))
        held.hold, held.noop = change.hold, change.noop
        return held

    def pause(self, seconds: float) -> None:
        """Wait."""
        time.sleep(max(0.0, min(seconds, self._deadline - time.monotonic())))

    def side_by_side(self, *parts: Callable[[], object]) -> None:
        """Run the parts at the same time."""
        with ThreadPoolExecutor(max_workers=max(1, len(parts))) as pool:
            for future in [pool.submit(part) for part in parts]:
                future.result()

    @property
    def late(self) -> bool:
        """The time is nearly up: what was begun can just end in order."""
        late = time.monotonic() > self._deadline - ENDING
        self.cut |= late
        return late

    def _session(self, change: Change) -> dict[str, Any]:
        server = Endpoint(host=change.host or self.server.host, port=change.port or self.server.port)
        return {
            "method": change.method or self.cell.method,
            "servers": (server,),
            "tls": change.tls or self.cell.tls,
            "plan": replace(self._plan, segment=change.segment, timeout=min(self._plan.timeout, WAIT)),
            **self._settings,
        }

    def _run(self, session: SocketSession, script: Callable[[Session], None], longer: float = 0.0) -> Attempt | None:
        """None: its turn came too late. What lasts as long as the user says takes no turn."""
        lasting = longer or isinstance(session, HeldSession)
        with nullcontext() if lasting else self._turns:
            if self.late:
                return None
            if not isinstance(session, HeldSession):
                session.end_by(self._deadline + longer)
            if log_in(session, self._plan.account):
                script(session)
            attempt = session.close()
        self.cut |= session.late
        return attempt


def _twice(script: Callable[[Session], None], session: SocketSession, pause: float) -> Callable[[Session], None]:
    """The script, and after `pause` seconds once more, if the session lives on."""

    def twice(_: Session) -> None:
        script(session)
        if session.stay(pause):
            script(session)

    return twice
