"""The scenarios, run live -> true cause against found cause: `python -m tests.lab.confusion [-k NAME ...]`, as root.

A fault is told where the probe names it; or, where no client can know, where the probe names it among what it could be
instead and captures of both ends name it. Exits 1 where another cause is told, or none, and names the scenarios.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from subprocess import TimeoutExpired
from subprocess import run as run_command
from tempfile import TemporaryDirectory
from typing import Any

from tabulate import tabulate

from tests.lab.case import HABITS, Case, cases
from tests.lab.running import FTPDIAG, NEEDED, runnable, staged
from tests.lab.steady import steadily
from tests.lab.tap import tapped

NONE = "none"
"""No fault, or none told."""

LEFT_OPEN = "left open"
"""The true cause is named as one that could be it, and the tool has no means to tell."""

FAILED = "no report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is wrong in a scenario, and what was told of it."""

    name: str
    fault: frozenset[str]
    found: frozenset[str]
    """By the probe, but for what the server does in any network."""
    instead: frozenset[str] = frozenset()
    """What the probe says it could be instead."""
    both: frozenset[str] | None = None
    """By captures of both ends; none: the probe had no need of them."""

    @property
    def pairs(self) -> Iterable[tuple[str, str]]:
        """True cause and found cause."""
        extra, missed = self.found - self.fault, self.fault - self.found
        if not self.fault | self.found:
            yield NONE, NONE
        for cause in self.fault & self.found:
            yield cause, cause
        for cause in missed:
            if extra and cause not in self.instead:
                yield from ((cause, other) for other in extra)
            elif self.both is not None:
                yield cause, (cause if cause in self.both else NONE)
            else:
                yield cause, LEFT_OPEN if cause in self.instead else NONE
        if not missed:
            yield from ((NONE, other) for other in extra)
        yield from ((NONE, other) for other in (self.both or frozenset()) - self.fault)

    @property
    def confused(self) -> Sequence[tuple[str, str]]:
        """What lies off the diagonal."""
        return sorted(pair for pair in self.pairs if pair[0] != pair[1] and pair[1] != LEFT_OPEN)


def report(told: Iterable[Told]) -> str:
    """The table, and what it does not show by itself, scenario by scenario."""
    told = sorted(told, key=lambda one: one.name)
    counts = Counter(pair for one in told for pair in one.pairs)
    causes = sorted({cause for pair in counts for cause in pair} - {NONE, LEFT_OPEN})
    ends = [end for end in (LEFT_OPEN, NONE) if any(end in pair for pair in counts)]
    numbers = {cause: str(number) for number, cause in enumerate(causes, start=1)} | {end: end for end in ends}
    rows = [*causes, *(end for end in ends if any(pair[0] == end for pair in counts))]
    columns = [found for found in numbers if any(pair[1] == found for pair in counts)]
    table = tabulate(
        [
            [true if true in ends else f"{numbers[true]} {true}", *(counts[true, found] or "" for found in columns)]
            for true in rows
        ],
        headers=["true \\ found", *(numbers[found] for found in columns)],
        tablefmt="github",
        stralign="left",
        numalign="right",
    )
    return "\n\n".join(
        paragraph
        for paragraph in (
            table,
            _list("Off the diagonal", told, lambda one: [f"{true}, told as {found}" for true, found in one.confused]),
            _list("Told by captures of both ends, where the probe leaves it open", told, _by_both),
            _list("Left open", told, lambda one: [true for true, found in one.pairs if found == LEFT_OPEN]),
        )
        if paragraph
    )


def _by_both(one: Told) -> list[str]:
    return sorted(one.fault & one.both - one.found) if one.both and not one.confused else []


def _list(title: str, told: Iterable[Told], of: Callable[[Told], Sequence[str]]) -> str:
    lines = [f"- {one.name}: {line}" for one in told for line in of(one)]
    return "\n".join([f"{title}:", *lines]) if lines else ""


def tell(case: Case) -> Told:
    """Run a scenario; what fails on the way is told as such, as the other scenarios go on."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        client, server = folder / "client.pcap", folder / "server.pcap"
        try:
            with staged(case, folder) as scene:
                if not case.needs_both_ends:
                    return _told(case, json.loads(scene.probe("--format", "json").stdout))
                with tapped(scene.hosts["server"], server, case.ports):
                    document = json.loads(scene.probe("--format", "json", "--save", str(client)).stdout)
            ends = (*FTPDIAG, "replay", "--client", str(client), "--server", str(server), "--format", "json")
            done = run_command(ends, capture_output=True, text=True, check=False)
            return _told(case, document, json.loads(done.stdout))
        except (OSError, ValueError, TimeoutExpired):
            return Told(name=case.name, fault=case.fault, found=frozenset({FAILED}))


def _told(case: Case, document: Mapping[str, Any], both: Mapping[str, Any] | None = None) -> Told:
    beside = {cause.cause for cause in case.found.causes} & HABITS - case.fault
    return Told(
        name=case.name,
        fault=case.fault,
        found=_causes(document["findings"]) - beside,
        instead=frozenset().union(*(_causes(finding["alternatives"]) for finding in document["findings"])),
        both=_causes(both["findings"]) - beside if both else None,
    )


def _causes(found: Iterable[Mapping[str, str]]) -> frozenset[str]:
    return frozenset(one["cause"] for one in found)


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(text, end="", file=sys.stderr, flush=True)


def main() -> int:
    """Run, count, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.confusion", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("-k", metavar="NAME", nargs="+", default=[""], help="only scenarios with NAME in their names")
    names = parser.parse_args().k
    chosen = [case for case in cases() if any(name in case.name for name in names)]
    if not runnable() or not chosen:
        print(NEEDED if chosen else f"No scenario has {' or '.join(names)} in its name.", file=sys.stderr)
        return 2
    told = []
    with ThreadPoolExecutor(2) as pool:
        for run in as_completed(pool.submit(steadily, partial(tell, case)) for case in chosen):
            told.append(run.result())
            _progress(f"\r{len(told)} of {len(chosen)} scenarios")
    _progress("\n")
    print(report(told))
    return 1 if any(one.confused for one in told) else 0


if __name__ == "__main__":
    sys.exit(main())
