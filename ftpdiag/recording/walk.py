"""An endpoint in, a Walk out: SYNs whose TTL or hop limit ends on the way, and who said that it did.

Plain sockets do: Linux hands the ICMP error for a connect(), sender included, to whoever asked for it (ip(7),
IP_RECVERR). No privilege is needed, and the host's own firewall sees what it sees of any other connection.
"""

from __future__ import annotations

import errno
import select
import socket
import struct
import sys
import time
from collections.abc import Iterable
from contextlib import suppress

from ftpdiag.model import Endpoint, Fate, Step, Walk

AVAILABLE = sys.platform.startswith("linux")
"""Other systems keep to themselves who sent the ICMP error."""

FARTHEST = 32
"""Hops after which a walk gives up: hardly a way is longer."""

AT_ONCE = 2
"""SYNs in flight to a port that accepts them, where it is not known how far that is: each that arrives is one more
connection for the server, for a moment."""

_RECVERR = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}
"""IP_RECVERR (linux/in.h) and IPV6_RECVERR (linux/in6.h), which Python has no names for."""
_TTL = {
    socket.AF_INET: (socket.IPPROTO_IP, socket.IP_TTL),
    socket.AF_INET6: (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS),
}
_EXTENDED_ERROR = struct.Struct("=IBBBxII")
"""struct sock_extended_err (linux/errqueue.h): errno, origin, type, code, padding, info, data. The offender follows."""
_OFFENDER = {2: (11, socket.AF_INET, 4, 4), 3: (3, socket.AF_INET6, 8, 16)}
"""By origin, SO_EE_ORIGIN_ICMP and _ICMP6: the type that says expired, and where its sender's address stands."""
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def to_control(target: Endpoint, source: str, wait: float, far: int | None = None, until: float = float("inf")) -> Walk:
    """As far as the server: `far` hops at once, then a few at a time, until it answers; each time within `wait` s.

    Nothing is begun after `until`, by the monotonic clock.
    """
    walk = Walk(target=target, steps=())
    last = 0
    while (
        last < FARTHEST
        and time.monotonic() < until
        and not walk.hops
        and all(step.fate is not Fate.REJECTED for step in walk.steps)
    ):
        first, last = last + 1, min(FARTHEST, far if far and not last else last + AT_ONCE)
        walk = Walk(target=target, steps=walk.steps + _steps(target, source, range(first, last + 1), wait))
    return walk


def beside(target: Endpoint, source: str, control: Walk, wait: float) -> Walk:
    """All hops at once, as far as `control` got: where that ends short of the server, this goes on."""
    known = max((step.ttl for step in control.steps if step.fate is Fate.EXPIRED), default=0)
    return Walk(target=target, steps=_steps(target, source, range(1, (control.hops or known) + 1), wait))


def alone(target: Endpoint, source: str, ttl: int, wait: float) -> Step:
    """A single SYN."""
    return _steps(target, source, (ttl,), wait)[0]


def send_opener(source: Endpoint, target: Endpoint, ttl: int, wait: float) -> tuple[Endpoint, Step] | None:
    """One SYN that expires on the way; where it left from (a port 0 of `source`: any). None: it could not leave."""
    try:
        sock = _sent(source, target, ttl)
    except OSError:
        return None
    here = Endpoint(host=source.host, port=sock.getsockname()[1])
    poll = select.poll()
    poll.register(sock, select.POLLOUT)
    poll.poll(1000 * wait)  # a socket that still waits would take the server's call for its own (RFC 9293 §3.5)
    return here, _step(ttl, sock)


def _steps(target: Endpoint, source: str, ttls: Iterable[int], wait: float) -> tuple[Step, ...]:
    """One SYN, and its repetitions, for each TTL; all at once."""
    steps: dict[int, Step] = {}
    waiting: dict[int, tuple[int, socket.socket]] = {}
    poll = select.poll()
    for ttl in ttls:
        try:
            sock = _sent(Endpoint(host=source, port=0), target, ttl)
        except OSError:
            steps[ttl] = Step(ttl=ttl, fate=Fate.REJECTED)
            continue
        waiting[sock.fileno()] = ttl, sock
        poll.register(sock, select.POLLOUT)
    deadline = time.monotonic() + wait
    while waiting and (left := deadline - time.monotonic()) > 0:
        for number, _ in poll.poll(1000 * left):
            ttl, sock = waiting.pop(number)
            poll.unregister(number)
            steps[ttl] = _step(ttl, sock)
    for ttl, sock in waiting.values():
        steps[ttl] = _step(ttl, sock)  # one may have been told while this machine stood still
    return tuple(steps[ttl] for ttl in sorted(steps))


def _step(ttl: int, sock: socket.socket) -> Step:
    """What a socket that connects knows by now; it is closed."""
    with sock:
        fate, by = _fate(sock)
    return Step(ttl=ttl, fate=fate, by=by)


def _sent(source: Endpoint, target: Endpoint, ttl: int) -> socket.socket:
    """A socket that connects; OSError, and nothing left open, where it may not."""
    family = socket.AF_INET6 if target.family == 6 else socket.AF_INET
    sock = socket.socket(family)
    try:
        sock.settimeout(0)
        sock.setsockopt(*_TTL[family], ttl)
        sock.setsockopt(*_RECVERR[family], 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        sock.bind((source.host, source.port))
        with suppress(BlockingIOError):
            sock.connect((target.host, target.port))
    except OSError:
        sock.close()
        raise
    return sock


def _fate(sock: socket.socket) -> tuple[Fate, str | None]:
    """What became of its SYN, and at which address it expired or was rejected."""
    number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    try:
        _, ancillary, _, _ = sock.recvmsg(0, 256, socket.MSG_ERRQUEUE)
    except OSError:
        ancillary = []
    for _, _, data in ancillary:
        _, origin, kind, _, _, _ = _EXTENDED_ERROR.unpack_from(data)
        if origin in _OFFENDER:
            expired, family, at, length = _OFFENDER[origin]
            start = _EXTENDED_ERROR.size + at
            by = socket.inet_ntop(family, data[start : start + length])
            return Fate.EXPIRED if kind == expired else Fate.REJECTED, by
    if number == errno.ECONNREFUSED:
        return Fate.REFUSED, None
    if number:
        return Fate.REJECTED, None
    try:
        sock.getpeername()
    except OSError:
        return Fate.SILENT, None
    return Fate.ACCEPTED, None
