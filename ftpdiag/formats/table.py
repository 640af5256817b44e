"""A diagnosis -> the page a person reads: verdict first, then what was tested, then per finding why and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from ftpdiag.clues.hops import away
from ftpdiag.model import (
    Cell,
    Confidence,
    ControlSession,
    DataChannel,
    Diagnosis,
    Evidence,
    Experiment,
    Finding,
    Location,
    Mode,
    Tls,
    Vantage,
    Verdict,
)
from ftpdiag.report.advice import advice, fitting
from ftpdiag.report.captures import captures_that_tell, one_in_full, told_by_captures
from ftpdiag.report.cautions import cautions, of_file
from ftpdiag.report.closing import closing
from ftpdiag.report.ends import LETTERS, belonging
from ftpdiag.report.format import report_format
from ftpdiag.report.headline import headline
from ftpdiag.report.in_full import in_full
from ftpdiag.report.judged import judged
from ftpdiag.report.ladder import ladder
from ftpdiag.report.last_words import last_words
from ftpdiag.report.left_behind import left_behind
from ftpdiag.report.look import VERDICT_PAINTS, Detail, Look, Paint
from ftpdiag.report.merged import in_both_modes
from ftpdiag.report.not_held import not_held
from ftpdiag.report.other_ports import on_other_ports
from ftpdiag.report.out_of_time import out_of_time
from ftpdiag.report.overview import letters, overview, session_list, told
from ftpdiag.report.passed import experiments_that_passed
from ftpdiag.report.reach import reach
from ftpdiag.report.requirements import Requirement
from ftpdiag.report.samples import sampled
from ftpdiag.report.still_moving import still_moving
from ftpdiag.report.unrouted import unrouted

MAX_EVIDENCE = 5
"""More of the same convinces nobody at 3 a.m.; `--format json` has it all."""

MAX_FINDINGS = 3
"""Of many sessions, the faults that most of them have are told in full."""

MAX_TEXT = 600
"""Characters of a text that may quote a server: some sentences of our own, and a long reply."""


@report_format(name="table")
def table(diagnosis: Diagnosis, look: Look, required: tuple[Requirement, ...] = ()) -> str:
    """Sentences are wrapped to the reader's width; lines to paste are not."""
    decisive = [finding for finding in diagnosis.findings if finding.verdict is not None]
    decisive = sorted(in_both_modes(decisive), key=lambda finding: _turn(finding, diagnosis))
    blocks = _blocks(diagnosis, decisive, look, required)
    text = "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if block)
    return text + "\n"


def _turn(finding: Finding, diagnosis: Diagnosis) -> int:
    """The control connection first: without it nothing else was tested. Last where another encryption got further."""
    if finding.mode is not None:
        return 1
    tested = {(cell.method, cell.family) for cell, one in diagnosis.cells if one.verdict is not Verdict.UNTESTED}
    verdicts = dict(diagnosis.cells)
    held_up = [cell for one in finding.subjects if (cell := one.cell) and cell in verdicts]
    beside = all(
        verdicts[cell].verdict is Verdict.UNTESTED and (cell.method, cell.family) in tested for cell in held_up
    )
    return 2 if held_up and beside else 0


def _blocks(
    diagnosis: Diagnosis, decisive: list[Finding], look: Look, required: tuple[Requirement, ...]
) -> Iterator[list[str]]:
    sessions = judged(diagnosis)
    many = diagnosis.facts.source.target is None and len(sessions) > 1
    servers = {one.session.server for one in sessions}
    # What works with one server says nothing about another.
    first = told(sessions) if len(servers) > 1 and many else headline(diagnosis)
    yield [look.painted(line, Paint.STRONG) for line in look.wrapped(first)]
    for caution in cautions(diagnosis.facts):
        sentence, *commands = caution.splitlines()
        yield [*look.wrapped(f"Caution: {sentence}"), *(f"  {command}" for command in commands)]
    if many:
        yield look.wrapped(told(sessions)) if len(servers) == 1 else []
        yield from overview(sessions, diagnosis, look)
        decisive.sort(key=lambda finding: -len(finding.subjects))
    if not many or len(servers) == 1:
        yield _cells(diagnosis, look)
    shown = decisive[:MAX_FINDINGS] if many else decisive
    captured = told_by_captures(shown, diagnosis.facts)
    for finding in shown:
        yield from _finding(finding, diagnosis, look, captured)
    if len(shown) < len(decisive):
        others = dict.fromkeys(f"--cause {finding.cause}" for finding in decisive[MAX_FINDINGS:])
        yield look.wrapped(f"More faults are told where they are asked for: {', '.join(others)}.")
    if many:
        yield session_list(sessions, letters(diagnosis), look)
        yield one_in_full(diagnosis.facts.source)
    if look.detail is Detail.EVERYTHING:
        for one in sessions:
            yield from in_full(one, diagnosis.facts, look)
    yield reach(diagnosis)
    yield list(_notes(diagnosis, look, required))
    yield look.wrapped(" ".join(closing(diagnosis, required)))
    yield look.wrapped(f"More about a cause: ftpdiag explain {decisive[0].cause}") if decisive else []


def _cells(diagnosis: Diagnosis, look: Look) -> list[str]:
    decisive = {finding.cause for finding in diagnosis.findings if finding.verdict is not None}
    rows = [
        (
            f"{cell.mode} {cell.method}",
            f"IPv{cell.family}",
            cell.tls,
            look.painted(judgement.verdict, VERDICT_PAINTS[judgement.verdict]),
            "\n".join(name for name in judgement.causes if name in decisive),
        )
        for cell, judgement in sorted(diagnosis.cells, key=lambda one: _place(one[0]))
    ]
    if not rows:
        return []
    # Here, because it takes longer to import than all of the rest, and other reports do without.
    from tabulate import tabulate  # noqa: PLC0415

    return tabulate(rows, ("handshake", "IP", "TLS", "verdict", "cause")).splitlines()


def _place(cell: Cell) -> tuple[Mode, int, int]:
    """By mode, then family, then encryption as the vocabulary orders it: none first."""
    return cell.mode, cell.family, list(Tls).index(cell.tls)


# --- a finding --------------------------------------------------------------------------------------------------


def _finding(finding: Finding, diagnosis: Diagnosis, look: Look, captured: Finding | None) -> Iterator[list[str]]:
    """Title and summary, why, the ladder, what to do, what is not certain; that first where nobody knows the place.

    `captured`: the one finding with which the captures stand that would tell it.
    """
    began = diagnosis.facts.began
    hop = f", {away(finding.hop)}" if finding.hop else ""
    if finding.hop and finding.location is Location.UNKNOWN:
        hop = f", at hop {finding.hop} or behind it"
    label = f"[{finding.cause}] {finding.confidence} \N{MIDDLE DOT} where: {finding.location}{hop}"
    title = [look.painted(line, Paint.STRONG) for line in look.wrapped(_bounded(finding.title))]
    yield [*title, *look.wrapped(label, first="  "), *look.wrapped(_bounded(finding.summary), first="  ")]
    if finding.evidence:
        yield ["  Why", *_why(finding.evidence, began, look)]
    drawn = ladder(_shown(finding), began=began, width=look.width - 2) if finding.subjects else []
    yield [f"  {line}" for line in drawn]
    if finding.location is not Location.UNKNOWN:
        yield _to_do(finding, look)
    yield _doubts(finding, look)
    if finding is captured:
        narrow = replace(look, width=look.width - 2)
        yield [f"  {line}" for line in captures_that_tell(finding, diagnosis.facts, narrow)]
    if finding.location is Location.UNKNOWN:
        yield _to_do(finding, look)


def _to_do(finding: Finding, look: Look) -> list[str]:
    remedies = fitting(finding.remedies, _products(finding))
    narrow = replace(look, width=look.width - 4)
    return ["  What to do", *(f"    {line}" for line in advice(remedies, narrow))] if remedies else []


def _shown(finding: Finding) -> ControlSession | DataChannel:
    """That in which it happened: of an experiment, or the subject whose packets were seen, if any."""
    return finding.shown or next(
        (one for one in finding.subjects if any(o.packets for o in one.openings)), finding.subjects[0]
    )


def _why(evidence: tuple[Evidence, ...], began: float, look: Look) -> Iterator[str]:
    for item in evidence[:MAX_EVIDENCE]:
        at = "" if item.at is None else f"{item.at - began:+.3f} s"
        number = f"{LETTERS[item.view] if item.view else ''}#{item.packet}" if item.packet else ""
        quoted = f" “{item.line}”" if item.line and item.line not in item.text else ""
        yield from look.wrapped(_bounded(item.text + quoted), first=f"  {at:>10} {number:<6} ", rest=" " * 20)
    more = len(evidence) - MAX_EVIDENCE
    if more > 0:
        yield f"{'':20}… and {more} more like these (--format json)."


def _products(finding: Finding) -> set[str]:
    sessions = (one.session if isinstance(one, DataChannel) else one for one in finding.subjects)
    return {session.product for session in sessions if session.product}


_EXPERIMENTS = {
    Experiment.HOP_WALK: "Where it is dropped. What would tell: a hop walk, which ftpdiag probe makes by itself",
    Experiment.LOW_TTL_OPENER: "Whose side stops the call. What would tell: a SYN sent ahead that expires on the way, "
    "which ftpdiag probe sends by itself",
    Experiment.CONTROL_WALK: "Whose NAT it is. What would tell: a hop walk to the server, which ftpdiag probe makes by "
    "itself",
    Experiment.HELD_TRANSFER: "Whether it lives through a long transfer. What would tell: the same probe with "
    "--hold SECONDS",
    Experiment.IN_THE_CLEAR: "Whether TLS is what makes the difference. What would tell: the same handshakes side by "
    "side, with and without TLS, which ftpdiag probe makes by itself unless a password is to go under TLS only",
    Experiment.LATER_TRANSFER: "Whether a later transfer passes as well. What would tell: the same probe with "
    "--hold SECONDS",
    Experiment.SMALL_SEGMENTS: "Whether it is the size of its packets. What would tell: the same transfer with small "
    "segments, which ftpdiag probe makes by itself",
    Experiment.OTHER_ADDRESSES: "Whether it is the same at the name's other addresses. What would tell: the same "
    "handshake with each, which ftpdiag probe makes by itself",
    Experiment.PORT_SAMPLES: "Whether it is certain ports that fail, for others passed. What would tell: more passive "
    "ports, of which ftpdiag probe tries a few by itself, and --samples 40 more",
    Experiment.DIAL_AGAIN: "Whether it opens a moment later, or now and then. What would tell: the same port "
    "again within seconds, which ftpdiag probe dials by itself",
    Experiment.OTHER_PORT: "Whether the control port makes the difference. What would tell: the same probe with "
    "--also-port PORT",
    Experiment.OTHER_FAMILY: "Whether it is open by the other address family. What would tell: the same port at the "
    "server's other addresses, which ftpdiag probe dials by itself",
    Experiment.CLEAR_CONTROL: "Whether the server allows CCC, after which the device could read again. What would "
    "tell: CCC in a session of its own, which ftpdiag probe sends by itself",
    Experiment.BOTH_METHODS: "Whether the method makes the difference. What would tell: both methods side by side, "
    "several times each, which ftpdiag probe makes by itself",
}


def _doubts(finding: Finding, look: Look) -> list[str]:
    why = ": why" if finding.confidence is Confidence.PROVEN and not finding.settle_with else ""
    doubts = [*_what_would_tell(finding, look)]
    return [f"  What is not certain{why}", *doubts] if doubts else []


def _what_would_tell(finding: Finding, look: Look) -> Iterator[str]:
    for experiment in finding.settle_with:
        yield from look.wrapped(f"{_EXPERIMENTS[experiment]}.", first="    - ", rest="      ")
    for other in finding.alternatives:
        sure = finding.confidence is Confidence.PROVEN
        what = f"Behind it may be {other.cause}" if sure else f"It may be {other.cause} instead"
        doubt = f"{what}. What would tell: {other.settle_with}"
        yield from look.wrapped(doubt if doubt.endswith(".") else doubt + ".", first="    - ", rest="      ")


# --- the rest ---------------------------------------------------------------------------------------------------


def _notes(diagnosis: Diagnosis, look: Look, required: tuple[Requirement, ...]) -> Iterator[str]:
    """What is good to know, and what could not be seen."""
    source = diagnosis.facts.source
    informed = (finding for finding in diagnosis.findings if finding.verdict is None)
    notes = [_bounded(one.summary) for one in informed if _matters(one, diagnosis, required)]
    notes += unrouted(diagnosis.facts)
    notes += still_moving(diagnosis.facts)
    notes += left_behind(diagnosis.facts.left_behind)
    notes += map(_bounded, last_words(diagnosis))
    notes += on_other_ports(diagnosis.facts)
    notes += sampled(diagnosis.facts)
    notes += experiments_that_passed(diagnosis.facts)
    notes += not_held(diagnosis.facts)
    told = " ".join(finding.summary for finding in diagnosis.findings if finding.verdict is not None)
    notes += [session.at_first for session in diagnosis.facts.sessions if session.at_first]
    notes += [limit for session in diagnosis.facts.sessions for limit in session.limits if limit not in told]
    if source.reason:
        notes.append(source.reason)
    if diagnosis.facts.vantage_reason and diagnosis.facts.vantage_said is Vantage.UNKNOWN:
        ask = " If you know where, say so with --vantage." if diagnosis.facts.vantage is Vantage.UNKNOWN else ""
        notes.append(diagnosis.facts.vantage_reason + ask)
    notes += out_of_time(diagnosis.facts)
    if source.packets_dropped:
        notes.append(
            f"{source.packets_dropped} packets were lost before they could be read: "
            "what was not seen may have passed all the same."
        )
    notes += belonging(diagnosis)
    notes += [of_file(file, problem) for file in source.files for problem in file.problems]
    if notes:
        yield "Notes"
    for note in dict.fromkeys(notes):
        yield from look.wrapped(note, first="  - ", rest="    ")


def _matters(finding: Finding, diagnosis: Diagnosis, required: tuple[Requirement, ...]) -> bool:
    """A probe's remark on a mode that works is for those who asked for it, or if it is about all that was tried."""
    if diagnosis.facts.source.files or any(one.change.port for one in diagnosis.facts.retried):
        return True
    judged = dict(diagnosis.modes)
    if finding.mode is None or judged[finding.mode].verdict is not Verdict.WORKS:
        return True
    tried = {cell.mode for cell, _ in diagnosis.cells}
    concerned = {one.mode for one in diagnosis.findings if one.cause == finding.cause}
    return tried <= concerned or finding.mode in {one.mode for one in required}


def _bounded(text: str) -> str:
    if len(text) <= MAX_TEXT:
        return text
    begin = text[: MAX_TEXT - 2]
    return (begin.rpartition(" ")[0] or begin) + " …"
