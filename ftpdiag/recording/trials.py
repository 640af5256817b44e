"""Doubts of the first round in, trials out: the same handshakes again, each with one verb that does something else.

A trial is a session like any other, with its own control connection and its own data endpoint.
"""

from __future__ import annotations

import random
import time
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from ftpdiag.clues.hops import hop_of
from ftpdiag.model import Cell, Doubt, Endpoint, Experiment, Fate, HopWalk, OpenedCall, Trial, Walk
from ftpdiag.recording import walk
from ftpdiag.recording.clock import now
from ftpdiag.recording.plan import ASSUMED_ROUND_TRIP, Plan, Tell
from ftpdiag.recording.sockets import SocketSession, Watch
from ftpdiag.session import Handshake, log_in

BUDGET = 15.0
"""Seconds after which nothing more is begun."""

ROUTERS_WAIT = 0.5
"""Seconds that routers get to say that a SYN expired, beyond the round trip to the server."""

SECOND_CHANCE = 1.3
"""The same, where a SYN is repeated after 1 s (RFC 6298 §2.1): routers send no more than so many ICMP errors a second
(RFC 1812 §4.3.2.8)."""

FIRST_ROUTER = 2
"""The TTL with which the first router still passes an opener on, and the second does not."""


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
        return walk.to_control(self.server, self._control.client.host, self._grace(ROUTERS_WAIT), far)

    def _grace(self, seconds: float) -> float:
        return seconds + (self._control.round_trip or ASSUMED_ROUND_TRIP)


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


class OpeningSession(TrialSession):
    """Sends an opener from the port on which it will listen."""

    ttl: int | None = None
    """Of the opener; none: as far as it gets without reaching the server."""

    def listen(self) -> Endpoint | None:
        """Send the opener, then listen where it left from. None where it cannot be sent, or would reach the server."""
        control = self._walked()
        hops = control.hops if control else None
        client = self._control.client
        if hops is None or client is None or hops <= FIRST_ROUTER:
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

    @property
    def outcome(self) -> OpenedCall | None:
        """The trial, with what the listener has seen by now."""
        if not isinstance(self.trial, OpenedCall) or self._listener is None:
            return None
        return replace(self.trial, call=self._listener.opening)


class Trials:
    """The experiments of one probe."""

    def __init__(
        self,
        plan: Plan,
        handshakes: Iterable[Handshake],
        watch: Watch | None,
        tell: Tell,
        unasked: Collection[str] = (),
    ) -> None:
        self._plan = plan
        self._handshakes = {one.method: one for one in handshakes}
        self._watch = watch
        self._tell = tell
        self._unasked = unasked

    def settle(self, doubts: Iterable[Doubt]) -> tuple[Trial, ...]:
        """What was tried, all side by side. Nothing where this system cannot."""
        wanted = tuple(doubts) if walk.AVAILABLE else ()
        if not wanted:
            return ()
        deadline = time.monotonic() + BUDGET
        with ThreadPoolExecutor(max_workers=len(wanted)) as pool:
            made = pool.map(lambda doubt: self._tried(doubt, deadline), wanted)
            return tuple(trial for trials in made for trial in trials)

    def _tried(self, doubt: Doubt, deadline: float) -> tuple[Trial, ...]:
        if doubt.experiment is Experiment.HOP_WALK:
            walking = WalkingSession(**self._settings(doubt))
            self._perform(walking, doubt)
            return (walking.trial,) if walking.trial else ()
        first = self._opened(doubt, None)
        if first is None or not first.call.established or first.ttl == FIRST_ROUTER or time.monotonic() > deadline:
            return (first,) if first else ()
        nearer = self._opened(doubt, FIRST_ROUTER)
        return (first, nearer) if nearer else (first,)

    def _opened(self, doubt: Doubt, ttl: int | None) -> OpenedCall | None:
        opening = OpeningSession(**self._settings(doubt))
        opening.ttl = ttl
        self._perform(opening, doubt)
        return opening.outcome

    def _settings(self, doubt: Doubt) -> dict[str, Any]:
        return {
            "method": doubt.cell.method,
            "servers": (doubt.server,),
            "tls": doubt.cell.tls,
            "plan": self._plan,
            "watch": self._watch,
            "tell": self._tell,
            "unasked": self._unasked,
        }

    def _perform(self, session: TrialSession, doubt: Doubt) -> None:
        session.server_ttl = doubt.server_ttl
        if log_in(session, self._plan.account):
            self._handshakes[session.method].perform(session)
        session.close()
