"""How long a replay takes, beside its peers, in one run: `python -m tests.benchmarks.replaying [--help]`.

Makes captures of 1 GB (and with `--large` of 4 GB) in a folder of its own, has ftpdiag read them with the scanner in C
and with that in Python, and tcpdump, tshark and Suricata where they are installed, all in turn. Every session and
every channel of the truth must be in the report, and no other. Exits 1 when a promise is broken.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.mix import Form, Mix
from tests.synthetic.crowd import Session

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed command is compiled once, not at every start

FTPDIAG = (sys.executable, "-m", "ftpdiag", "replay")
PLAIN = (
    sys.executable,
    "-c",
    "import sys; sys.modules['ftpdiag.recording.captures._scan'] = None; from ftpdiag.cli import main; main()",
    "replay",
)
EMPTY = (
    sys.executable,
    "-c",
    "import typer; app = typer.Typer(); app.command()(lambda: None); app()",
)
MEGABYTE = 1_000_000
LIMITS = {
    Mix.IMIX: {"C": 1.0, "Python": 5.0},
    Mix.SMALL: {"C": 0.8, "Python": 9.0},
}
"""Times tcpdump's."""


class Cost(NamedTuple):
    """Of one command."""

    seconds: float
    memory: int
    """At its peak, in bytes."""


def made(path: Path, size: float, mix: Mix, sessions: int) -> list[Session]:
    """Make a capture, in a process of its own: of what a command is forked from, the kernel counts the memory too."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_make, path, int(size), mix, sessions).result()


def _make(path: Path, size: int, mix: Mix, sessions: int) -> list[Session]:
    from tests.benchmarks.traffic import make  # noqa: PLC0415 - numpy is large, and not needed elsewhere

    return make(path, size, mix, sessions)


def cost(command: Sequence[str]) -> Cost:
    """Run a command; its output is thrown away."""
    began = time.monotonic()
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(time.monotonic() - began, usage.ru_maxrss * 1024)


def costs(commands: Mapping[str, Sequence[str]], rounds: int) -> dict[str, Cost]:
    """The median time and the peak memory of each, all in turn, after one round that does not count."""
    found: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(rounds + 1):
        for name, command in commands.items():
            found[name].append(cost(command))
    return {
        name: Cost(statistics.median(one.seconds for one in each[1:]), max(one.memory for one in each))
        for name, each in found.items()
    }


def wrong(command: Sequence[str], path: Path, truth: Sequence[Session]) -> int:
    """Sessions that the report lacks, has too many, or tells in another way."""
    report = subprocess.run([*command, str(path), "--format", "json"], stdout=subprocess.PIPE, check=False).stdout
    told = sorted(
        (
            _endpoint(session["client"]),
            _endpoint(session["server"]),
            tuple(
                (
                    channel["method"],
                    _endpoint(channel["announced"]),
                    channel["answer"],
                    channel["bytes"]["to_client"],
                    channel["bytes"]["to_server"],
                )
                for channel in session["channels"]
            ),
        )
        for session in json.loads(report)["sessions"]
    )
    true = sorted(session.row for session in truth)
    return max(len([one for one in told if one not in true]), len([one for one in true if one not in told]))


def _endpoint(value: dict[str, object]) -> tuple[object, object]:
    return value["host"], value["port"]


class Promises:
    """What was promised, and whether it holds."""

    def __init__(self) -> None:
        self.broken = 0

    def hold(self, what: str, measured: float, limit: float) -> None:
        """At most `limit`."""
        kept = measured <= limit
        self.broken += not kept
        print(f"{'kept  ' if kept else 'BROKEN'}  {what}: {measured:.2f}, at most {limit:g}", flush=True)


def compare(path: Path, truth: Sequence[Session], mix: Mix, rounds: int, promises: Promises) -> None:
    """Time ftpdiag and its peers on a capture."""
    print(f"\n{path.name}, {path.stat().st_size / 1e9:.2f} GB, {mix}, {len(truth)} sessions", flush=True)
    ours: dict[str, Sequence[str]] = {"C": FTPDIAG, "Python": PLAIN}
    for name, command in ours.items():
        promises.hold(f"wrong sessions, {name}", wrong(command, path, truth), 0)
    commands: dict[str, Sequence[str]] = {name: (*command, str(path)) for name, command in ours.items()}
    if tcpdump := shutil.which("tcpdump"):
        commands["tcpdump"] = (tcpdump, "-r", str(path), "-w", "/dev/null", "tcp port 21")
    found = costs(commands, rounds)
    log = path.with_suffix(".suricata")
    log.mkdir()
    slow = {
        "tshark": ("-r", str(path), "-Y", "ftp"),
        "suricata": ("-r", str(path), "-l", str(log), "-k", "none", "--set", "stats.enabled=no"),
    }
    for name, arguments in slow.items():
        if program := shutil.which(name):
            found[name] = cost([program, *arguments])
    shutil.rmtree(log)
    for name, (seconds, memory) in found.items():
        print(f"        {name:9} {seconds:8.3f} s {memory / MEGABYTE:8.0f} MB")
    for name in ours:
        if tcpdump:
            ratio = found[name].seconds / found["tcpdump"].seconds
            promises.hold(f"{name} beside tcpdump", ratio, LIMITS[mix][name])
        promises.hold(f"{name}, peak memory in MB", found[name].memory / MEGABYTE, 100)
    for name, limit in (("tshark", 1 / 100), ("suricata", 1 / 5)):
        if name in found:
            promises.hold(f"C beside {name}", found["C"].seconds / found[name].seconds, limit)


def small_and_many(folder: Path, promises: Promises) -> None:
    """A small file, and 20,000 sessions in one."""
    path = folder / "tiny.pcap"
    made(path, 1, Mix.SMALL, 1)
    path.write_bytes(path.read_bytes()[:100_000])
    found = costs({"ours": (*FTPDIAG, str(path)), "empty": EMPTY}, 5)
    promises.hold("a small file beside an empty command", found["ours"].seconds / found["empty"].seconds, 1.3)
    path = folder / "many.pcap"
    truth = made(path, 1, Mix.SMALL, 20_000)
    many = cost([*FTPDIAG, str(path)])
    path.unlink()
    promises.hold(f"{len(truth)} sessions, seconds", many.seconds, 60)
    promises.hold(f"{len(truth)} sessions, peak memory in MB", many.memory / MEGABYTE, 500)


def growth(folder: Path, size: float, promises: Promises) -> None:
    """What a large capture costs beyond one of 100 MB, with as many sessions."""
    found = []
    for name, bytes_ in (("part.pcap", 0.1e9), ("whole.pcap", size)):
        made(folder / name, bytes_, Mix.IMIX, 200)
        found.append(cost([*FTPDIAG, str(folder / name)]))
        (folder / name).unlink()
    promises.hold("more memory than for 100 MB, in MB", (found[1].memory - found[0].memory) / MEGABYTE, 32)


def main() -> int:
    """Measure, print, and hold the promises."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--large", action="store_true", help="captures of 4 GB, too (takes 5 GB of disk)")
    parser.add_argument("--gigabytes", type=float, default=1.0, help="of the usual captures")
    parser.add_argument("--folder", type=Path, help="where captures are made for a while (default: a temporary one)")
    chosen = parser.parse_args()
    promises = Promises()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as name:
        folder = Path(name)
        for size in (chosen.gigabytes, 4.0) if chosen.large else (chosen.gigabytes,):
            for mix in Mix:
                for form in Form:
                    path = folder / f"{mix}.{form}"
                    compare(path, made(path, size * 1e9, mix, 200), mix, chosen.rounds, promises)
                    path.unlink()
        print()
        small_and_many(folder, promises)
        growth(folder, 4e9 if chosen.large else chosen.gigabytes * 1e9, promises)
    return 1 if promises.broken else 0


if __name__ == "__main__":
    sys.exit(main())
