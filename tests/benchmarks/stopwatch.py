"""Two commands -> their times as whole processes, run in turn, so that a slow moment of the machine meets both."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed command is compiled once, not at every start


@dataclass(frozen=True, slots=True)
class Race:
    """Seconds of each run, ours and the peer's, pair by pair."""

    ours: tuple[float, ...]
    peers: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median of the pairs' ratios."""
        return statistics.median(ours / peer for ours, peer in zip(self.ours, self.peers, strict=True))

    def __str__(self) -> str:
        ours, peer = statistics.median(self.ours), statistics.median(self.peers)
        return f"{ours:.3f} s beside {peer:.3f} s: {self.ratio:.2f} times"


def race(ours: Sequence[str], peer: Sequence[str], *, runs: int = 11) -> Race:
    """Run both commands `runs` times in turn, after one run of each that does not count."""
    pairs = [(seconds(ours), seconds(peer)) for _ in range(runs + 1)][1:]
    return Race(tuple(mine for mine, _ in pairs), tuple(theirs for _, theirs in pairs))


def seconds(command: Sequence[str]) -> float:
    """How long a command takes from start to end; its output is thrown away."""
    began = time.monotonic()
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.monotonic() - began
