"""A plan in, a Recording out: finds the server, opens the sniffer, gives privileges up, has the handshakes run.

Then it has what they left open settled: the caller says what that is, the trials are recorded like the rest.
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, contextmanager
from itertools import chain
from typing import NamedTuple

from msgspec.structs import replace

from ftpdiag.experiment import Procedure
from ftpdiag.model import Doubt, Endpoint, Leftover, Recording, Retry, Source, Vantage
from ftpdiag.recording import addresses, environment
from ftpdiag.recording.clock import now
from ftpdiag.recording.frames.packets import Frame
from ftpdiag.recording.plan import Plan, Sniffing, Tell
from ftpdiag.recording.schedule import Schedule
from ftpdiag.recording.sockets import Upload
from ftpdiag.recording.sweep import left_on_servers, swept
from ftpdiag.recording.tap import privileges
from ftpdiag.recording.tap.concerned import concerned
from ftpdiag.recording.tap.routes import interface_towards, others
from ftpdiag.recording.tap.sniffer import ON_ITS_WAY, CannotSniff, Sniffer
from ftpdiag.recording.tap.watch import WireWatch
from ftpdiag.recording.trials import LASTING, Trials
from ftpdiag.session import Handshake

_LOOPBACK = "lo"
"""Where Linux leads what it sends to its own addresses."""


_OUT_OF_FILES = frozenset({errno.EMFILE, errno.ENFILE})

Doubting = Callable[[Recording], Iterable[Doubt]]
"""Told what the first round recorded, says what that leaves open."""


class Interrupted(KeyboardInterrupt):
    """The user has seen enough. `frames`: those of the server until then; `left_behind`: what was uploaded."""

    def __init__(self, frames: tuple[Frame, ...], left_behind: tuple[Leftover, ...]) -> None:
        super().__init__()
        self.frames = frames
        self.left_behind = left_behind


def probe(
    plan: Plan,
    handshakes: Sequence[Handshake],
    experiments: Sequence[Procedure],
    tell: Tell,
    doubting: Doubting | None = None,
) -> tuple[Recording, tuple[Frame, ...]]:
    """Run the handshakes against the target; what was recorded, and the frames to save.

    No `doubting`: no experiments but those that the user asks for. Raises `Interrupted` where the user ends it.
    """
    began = now()
    try:
        servers, unrouted = addresses.resolve(plan.target.host, plan.target.port, plan.families)
    except socket.gaierror as failure:
        return _unresolved(plan, began, failure), ()
    watch = WireWatch()
    every = tuple(chain.from_iterable(servers))
    uploads: list[Upload] = []
    with _until_interrupted(every, watch.ports, uploads) as watching, ExitStack() as stack:
        tap = _tap(plan, every, watch)
        privileges.drop()
        tap = _started(tap, stack)
        sniffers = tap.sniffers
        watching.extend(sniffers)
        run = Schedule(plan, handshakes, watch if sniffers else None, tell, uploads)
        attempts, untried = run.everything(servers)
        recording = Recording(
            source=Source(
                samples=plan.samples,
                target=plan.target,
                typed=plan.typed,
                address=attempts[0].server.host if attempts else servers[0][0].host,
                addresses=tuple(server.host for server in every),
                unrouted=tuple(server.host for server in unrouted),
                interface=tap.interface,
                elsewhere=tap.elsewhere,
                proxy=environment.ftp_proxy(plan.target.host),
                sniffed=bool(sniffers),
                reason=tap.reason,
            ),
            vantage=Vantage.CLIENT,
            began=began,
            attempts=tuple(attempts),
            untried=tuple(untried),
        )
        doubts: Iterable[Doubt] = ()
        if doubting:
            time.sleep(ON_ITS_WAY)
            doubts = doubting(_with_packets(recording, sniffers, every, watch.ports)[0])
        trials = Trials(
            plan,
            handshakes,
            experiments,
            watch=watch if sniffers else None,
            tell=tell,
            unasked=run.unanswered,
            uploads=uploads,
        )
        asked = tuple(trials.asked(attempts))
        tried = trials.settle([*(one for one in asked if one.experiment not in LASTING), *doubts])
        if doubting and tried:
            time.sleep(ON_ITS_WAY)
            so_far = _with_packets(replace(recording, trials=tried), sniffers, every, watch.ports)[0]
            tried += trials.settle(doubting(so_far))
        tried += trials.settle(one for one in asked if one.experiment in LASTING)
        stack.close()
        recording, frames = _with_packets(
            replace(recording, trials=tried, cut=trials.cut), sniffers, every, watch.ports
        )
        return replace(recording, left_behind=swept(uploads, plan, tell)), frames


@contextmanager
def _until_interrupted(
    servers: tuple[Endpoint, ...], ports: AbstractSet[int], uploads: Sequence[Upload]
) -> Iterator[list[Sniffer]]:
    """Yields the list to enter sniffers in: what they saw, and what is on servers, outlives an interruption."""
    sniffers: list[Sniffer] = []
    try:
        yield sniffers
    except KeyboardInterrupt as interruption:
        frames, _ = concerned(_seen(sniffers), servers, ports, ())
        raise Interrupted(frames, left_on_servers(uploads)) from interruption


def _seen(sniffers: Iterable[Sniffer]) -> list[Frame]:
    return sorted((frame for one in sniffers for frame in one.frames), key=lambda frame: frame.at)


def _with_packets(
    recording: Recording, sniffers: Iterable[Sniffer], servers: tuple[Endpoint, ...], ports: AbstractSet[int]
) -> tuple[Recording, tuple[Frame, ...]]:
    """The recording with what was seen so far, and its frames."""
    retries = (one.attempt for one in recording.trials if isinstance(one, Retry))
    frames, packets = concerned(_seen(sniffers), servers, ports, chain(recording.attempts, retries))
    source = replace(recording.source, packets_dropped=sum(one.dropped for one in sniffers))
    return replace(recording, source=source, packets=packets), frames


def _unresolved(plan: Plan, began: float, failure: socket.gaierror) -> Recording:
    families = "" if len(plan.families) > 1 else f"IPv{plan.families[0]} "
    return Recording(
        source=Source(target=plan.target, typed=plan.typed),
        vantage=Vantage.CLIENT,
        began=began,
        unresolved=f"The name {plan.target.host} has no {families}address: {failure.strerror}.",
    )


def _started(tap: _Tap, stack: ExitStack) -> _Tap:
    """`tap`, watching until `stack` is left; one that tells why not, where it cannot."""
    try:
        with ExitStack() as starting:
            for sniffer in tap.sniffers:
                starting.callback(sniffer.close)
            for sniffer in tap.sniffers:
                starting.enter_context(sniffer)
            stack.push(starting.pop_all())
    except CannotSniff as failure:
        if getattr(failure.__cause__, "errno", None) in _OUT_OF_FILES:
            raise  # the sockets would want some, too
        return _Tap(interface=tap.interface, reason=str(failure))
    return tap


class _Tap(NamedTuple):
    """What is watched, or why nothing is."""

    sniffers: tuple[Sniffer, ...] = ()
    interface: str | None = None
    elsewhere: tuple[str, ...] = ()
    reason: str | None = None


def _tap(plan: Plan, servers: Iterable[Endpoint], watch: WireWatch) -> _Tap:
    """Every interface where the system can: data may take another way than the control connection."""
    if plan.sniffing is Sniffing.OFF:
        return _Tap(interface=plan.interface, reason="Nothing was sniffed, because --no-sniff was given.")
    hosts = {server.host for server in servers}
    opened: list[Sniffer] = []
    try:
        ways = tuple(dict.fromkeys(interface_towards(server.host) for server in servers))
        towards = (plan.interface,) if plan.interface else ways
        narrow = plan.interface is not None or not hasattr(socket, "AF_PACKET")
        for interface in towards if narrow else dict.fromkeys(one if one == _LOOPBACK else None for one in towards):
            sniffer = Sniffer(interface=interface, control_ports=plan.control_ports, servers=hosts, feed=watch.feed)
            opened.append(sniffer)
    except CannotSniff as failure:
        for sniffer in opened:
            sniffer.close()
        return _Tap(interface=plan.interface, reason=str(failure))
    elsewhere = {*ways, *others(towards)} - {*towards} if narrow else ()
    return _Tap(sniffers=tuple(opened), interface=",".join(towards), elsewhere=tuple(sorted(elsewhere)))
