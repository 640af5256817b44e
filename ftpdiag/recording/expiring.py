"""Sessions of experiments with SYNs that expire on the way: towards the server, or from the port that will listen."""

from __future__ import annotations

import random

from msgspec.structs import replace

from ftpdiag import ftp
from ftpdiag.model import PAST_FIRST_ROUTER, Cell, Endpoint, Fate, HopWalk, OpenedCall, Step, Trial, Walk
from ftpdiag.recording import walk
from ftpdiag.recording.clock import now
from ftpdiag.recording.plan import ASSUMED_ROUND_TRIP
from ftpdiag.recording.sockets import SocketSession
from ftpdiag.recording.transfer import Transfer
from ftpdiag.stacks import hop_of

ROUTERS_WAIT = 0.5
"""Seconds that routers get to say that a SYN expired, beyond the round trip to the server."""

SECOND_CHANCE = 1.3
"""The same, where a SYN is repeated after 1 s (RFC 6298 §2.1): routers send no more than so many ICMP errors a second
(RFC 1812 §4.3.2.8)."""


class ExpiringSession(SocketSession):
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


class WalkingSession(ExpiringSession):
    """Walks towards the passive port rather than opening to it."""

    def connect(self, endpoint: Endpoint) -> bool:
        """Walk; the data connection stays closed."""
        control = self._walked() if endpoint.host == self.server.host else None
        if control is None or self._control.client is None:
            return False
        self._tell(self.method, f"walking towards port {endpoint.port}")
        host = self._control.client.host
        data = walk.beside(endpoint, host, control, self._grace(SECOND_CHANCE))
        self.trial = HopWalk(at=now(), cell=self._cell, control=control, data=data, alone=self._alone(control, data))
        return False

    def _alone(self, control: Walk, data: Walk) -> Step | None:
        passed = max((step.ttl for step in data.steps if step.fate is Fate.EXPIRED), default=0)
        beyond = [step.ttl for step in control.steps if step.fate is Fate.EXPIRED and step.ttl > passed]
        reply = self.command(self.method) if beyond else None
        announced = ftp.passive_port(self.method, reply, self.server.host)
        if announced is None or self._control.client is None:
            return None
        ours = announced.at_host(self.server.host)
        return walk.alone(ours, self._control.client.host, min(beyond), self._grace(SECOND_CHANCE))


class TracingSession(ExpiringSession):
    """Walks to the control port alone."""

    def trace(self) -> None:
        """Walk."""
        if control := self._walked():
            nothing = Walk(target=self.server, steps=())
            self.trial = HopWalk(at=now(), cell=self._cell, control=control, data=nothing)


class OpeningSession(ExpiringSession):
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
