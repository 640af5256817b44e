"""`python -m tests.fuzzing TARGET [MINUTES | FILE]`."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]

with atheris.instrument_imports(include=["ftpdiag"]):
    from tests.fuzzing.targets import TARGETS, check, corpus

LONGEST = 65536
SECONDS_EACH = 20
MEGABYTES = 2048


def _main() -> None:
    target, how = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "1"
    made = TARGETS[target]
    if not how.isdecimal():
        check(made(Path(how).read_bytes()))
        return
    with TemporaryDirectory() as folder:
        for number, seed in enumerate(corpus(target)):
            (Path(folder) / str(number)).write_bytes(seed)
        limits = [f"-max_len={LONGEST}", f"-timeout={SECONDS_EACH}", f"-rss_limit_mb={MEGABYTES}"]
        atheris.Setup(
            [sys.argv[0], folder, *limits, f"-max_total_time={60 * int(how)}"], lambda data: check(made(data))
        )
        atheris.Fuzz()


_main()
