"""The case files -> the tables of scenarios in two README.md: `python -m tests.lab.table --write`."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ftpdiag.vocabulary import Confidence, Location, Tls, Verdict
from tests.lab.case import CAPTURES, HABITS, Case, Cause, cases

COMMAND = "python -m tests.lab.table --write"
README = Path(__file__).parents[2] / "README.md"
EVERY = CAPTURES / "README.md"

BEGIN = f"<!-- from the case files, by `{COMMAND}` -->\n"
END = "<!-- end of what is generated -->\n"


def generated(chosen: Sequence[Case]) -> dict[Path, str]:
    """What stands between the marks, by file."""
    return {README: _by_cause(chosen), EVERY: _one_by_one(chosen)}


def replaced(text: str, between: str) -> str:
    """A file with something else between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{between}{END}{after}"


def _by_cause(chosen: Sequence[Case]) -> str:
    """One row for each cause."""
    causes = sorted({cause for case in chosen for cause in case.fault})
    having = {cause: [case for case in chosen if cause in case.fault] for cause in causes}
    rows = [(f"`{cause}`", *_summed(some, cause)) for cause, some in having.items()]
    rows.append(("nothing is wrong", *_summed([case for case in chosen if not case.fault], None)))
    head = ("what is wrong", "scenarios", "servers", "over", "verdict", "location", "confidence")
    return f"{len(chosen)} scenarios:\n\n{_table(head, rows)}"


def _summed(some: Sequence[Case], name: str | None) -> tuple[str, ...]:
    told = [(case, cause) for case in some for cause in _told(case) if cause.cause == name]
    over = {word for case in some for word in _over(case) or ("IPv4",)}
    verdicts = {_verdict(case, cause.mode) for case, cause in told} if name else {Verdict.WORKS}
    return (
        str(len(some)),
        ", ".join(sorted({case.server.product for case in some if case.server})),
        ", ".join(word for word in ("IPv4", "IPv6", *_TLS.values()) if word in over),
        ", ".join(verdict for verdict in Verdict if verdict in verdicts),
        ", ".join(one for one in Location if one in {cause.location for _, cause in told}),
        ", ".join(one for one in Confidence if one in {cause.confidence for _, cause in told}),
    )


def _one_by_one(chosen: Sequence[Case]) -> str:
    """One row for each scenario, and one more for each further finding."""
    rows = []
    for case in chosen:
        about = (
            f"[{case.name}]({case.name}/case.toml)",
            case.title,
            ", ".join((*((case.server.product,) if case.server else ()), *_over(case))),
            ", ".join(f"{mode} {verdict}" for mode, verdict in case.found.modes.items()),
        )
        told = list(dict.fromkeys(map(_cells, _told(case)))) or [("", "", "")]
        rows += [(*(about if number == 0 else ("",) * 4), *cells) for number, cells in enumerate(told)]
    return _table(("scenario", "what is wrong", "server", "verdict", "cause", "location", "confidence"), rows)


def _cells(cause: Cause) -> tuple[str, str, str]:
    hop = f", hop {cause.hop}" if cause.hop else ""
    return f"`{cause.cause}`", f"{cause.location or ''}{hop}", cause.confidence or ""


def _told(case: Case) -> Iterator[Cause]:
    """By the probe, then what only captures of both ends tell; without what the server does in any network."""
    for cause in (*case.found.causes, *((case.both or ()) if case.needs_both_ends else ())):
        if cause.cause in case.fault or cause.cause not in HABITS:
            yield cause


def _verdict(case: Case, mode: str | None) -> str:
    """Of a mode; of the control connection, what becomes of the worse one."""
    if mode is not None:
        return case.found.modes[mode]
    return next((verdict for verdict in case.found.modes.values() if verdict != Verdict.WORKS), Verdict.WORKS)


_TLS = {Tls.EXPLICIT: "AUTH TLS", Tls.IMPLICIT: "implicit TLS"}


def _over(case: Case) -> tuple[str, ...]:
    """What is not IPv4 in the clear."""
    family = ("IPv6",) if case.target.count(":") > 1 else ()
    offered = case.server is not None and case.server.tls.value == Tls.EXPLICIT
    explicit = offered or Tls.EXPLICIT in case.options
    tls = Tls.IMPLICIT if case.target.startswith("ftps:") else Tls.EXPLICIT if explicit else None
    return (*family, *((_TLS[tls],) if tls else ()))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Not aligned, so that a new row changes no other."""
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ["---"] * len(head), *rows))


def main() -> None:
    """Write, or show what would be written."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.table", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the files; without it they are shown")
    write = parser.parse_args().write
    for path, between in generated(cases()).items():
        if write:
            path.write_text(replaced(path.read_text(), between))
        else:
            print(between)


if __name__ == "__main__":
    main()
