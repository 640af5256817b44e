"""Doubts in, trials out: the experiments of a probe; those of one round side by side."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator
from functools import partial

from ftpdiag import ftp
from ftpdiag.experiment import Procedure, Scope
from ftpdiag.model import Attempt, Doubt, Ending, Experiment, Mode, Tls, Trial
from ftpdiag.recording.bench import SocketBench
from ftpdiag.recording.limits import Turns
from ftpdiag.recording.plan import Plan, Tell
from ftpdiag.recording.side_by_side import results, threads
from ftpdiag.recording.sockets import Upload, Watch
from ftpdiag.session import Handshake

AT_ONCE = 8
"""Sessions of experiments, of all together: servers limit those of one address, and take many logins for an attack."""

BUDGET = 15.0
"""Seconds for all experiments but those that last; what is under way then is given up."""

LASTING = frozenset({Experiment.HELD_TRANSFER, Experiment.LATER_TRANSFER})
"""Experiments that last as long as the user says: beside BUDGET they have twice that, in case they must take turns."""


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
        uploads: list[Upload] | None = None,
    ) -> None:
        self._plan = plan
        self._handshakes = {one.method: one for one in handshakes}
        self._experiments = {one.name: one for one in experiments}
        turns = Turns(AT_ONCE)
        self._bench = partial(SocketBench, watch=watch, tell=tell, unasked=unasked, turns=turns, uploads=uploads)
        self._deadline: float | None = None
        self._made = set[tuple[Experiment, int, Mode]]()
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
        """What was tried, all side by side, and nothing again; no password goes in the clear where TLS alone was asked.

        All rounds share the time; for what it is too short is in `cut`.
        """
        allowed = (one for one in doubts if self._plan.clear_allowed or one.experiment is not Experiment.IN_THE_CLEAR)
        wanted = {kind: one for one in allowed if (kind := _kind(one)) not in self._made}
        if not wanted:
            return ()
        self._made |= wanted.keys()
        now = time.monotonic()
        if self._deadline is None:
            self._deadline = now + BUDGET
        usual = partial(self._bench, deadline=self._deadline)
        lasting = partial(self._bench, deadline=now + BUDGET + 2 * (self._plan.hold or 0.0), turns=Turns(AT_ONCE))
        benches = [
            (lasting if one.experiment in LASTING else usual)(one, self._plan, self._handshakes)
            for one in wanted.values()
        ]
        with threads(len(wanted)) as pool:
            results([pool.submit(self._experiments[one.doubt.experiment].perform, one) for one in benches])
        self.cut = tuple(dict.fromkeys((*self.cut, *(bench.doubt.experiment for bench in benches if bench.cut))))
        return tuple(trial for bench in benches for trial in bench.trials)


def _kind(doubt: Doubt) -> tuple[Experiment, int, Mode]:
    """One stands for all alike."""
    return doubt.experiment, doubt.cell.family, doubt.cell.mode


def _promise(attempt: Attempt) -> tuple[bool, bool]:
    """Those that moved data come first, and of these the ones in the clear."""
    moved = any(one.ending in {Ending.FINISHED, Ending.SUFFICED} for one in attempt.carriages)
    return not moved, attempt.tls is not Tls.NONE
