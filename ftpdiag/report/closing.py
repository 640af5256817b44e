"""A diagnosis and what was required -> the sentences that say what is missing, and with which code the run ends."""

from __future__ import annotations

from collections.abc import Iterator

from ftpdiag.model import Diagnosis, Tls, Verdict
from ftpdiag.report.headline import PREDICATES, as_clause
from ftpdiag.report.requirements import LIMITED, Requirement, exit_code, required, shut_out, strangers
from ftpdiag.vocabulary import Exit

_TLS = {Tls.NONE: "a session without TLS", Tls.EXPLICIT: "explicit TLS", Tls.IMPLICIT: "implicit TLS"}

_OTHER = {4: 6, 6: 4}


def closing(diagnosis: Diagnosis, asked: tuple[Requirement, ...]) -> list[str]:
    """One sentence for each requirement that is not met, or for a family without a login; none where all is well."""
    said = [_sentence(one, diagnosis) for one in required(diagnosis, asked) if asked or _is_missing(one, diagnosis)]
    unmet = [sentence for sentence in said if sentence]
    code = exit_code(diagnosis, asked)
    if unmet and code is not Exit.WORKS:
        return [*unmet, f"Exit code {code}."]
    if code is Exit.UNKNOWN and strangers(diagnosis):
        return [f"Exit code {code}: no session is in more than one capture, so they do not show the same transfers."]
    if code is not Exit.UNREACHABLE or asked:
        return []
    return [
        f"Exit code {code}: nobody could log in over IPv{one}{_way_out(one, diagnosis)}." for one in shut_out(diagnosis)
    ]


def _way_out(family: int, diagnosis: Diagnosis) -> str:
    """Of a probe; a capture holds what it holds."""
    return f"; --family {_OTHER[family]} leaves it out" if diagnosis.facts.source.target else ""


def _is_missing(one: Requirement, diagnosis: Diagnosis) -> bool:
    return one.verdict(diagnosis) is Verdict.UNTESTED


def _sentence(one: Requirement, diagnosis: Diagnosis) -> str | None:
    verdict = one.verdict(diagnosis)
    if verdict is Verdict.WORKS:
        return None
    because = f", because {_reason(one, diagnosis)}" if verdict is Verdict.UNTESTED else ""
    return f"Required: {one} {PREDICATES[verdict]}{because}."


def _reason(one: Requirement, diagnosis: Diagnosis) -> str:
    """Why nothing of the kind was tested."""
    causes = {name for _, judgement in one.cells(diagnosis) for name in judgement.causes}
    behind = [finding for finding in diagnosis.findings if finding.cause in causes and finding.verdict is not None]
    # What this machine could not do has no better title than its own words.
    told = [as_clause(one.summary if one.cause == LIMITED else one.title) for one in behind]
    if told:
        return ", and ".join(dict.fromkeys(told))
    if any(one.cells(diagnosis)):
        return "nobody could log in"
    return next(_left_out(one, diagnosis))


def _left_out(one: Requirement, diagnosis: Diagnosis) -> Iterator[str]:
    if diagnosis.facts.source.target is None:
        yield "no such session is in the capture"
    cells = [cell for cell, _ in diagnosis.cells]
    if one.family and all(cell.family != one.family for cell in cells):
        for address in diagnosis.facts.source.unrouted:
            if one.family == (6 if ":" in address else 4):
                yield f"this machine has no route to {address}"
        yield (
            f"no IPv{one.family} address was tried: the server has none, this machine has no route to it, or --family "
            "left it out"
        )
    if one.tls and all(cell.tls is not one.tls for cell in cells):
        yield f"{_TLS[one.tls]} was not tried: the server does not offer it, or --tls left it out"
    if one.method and all(cell.method is not one.method for cell in cells):
        yield f"{one.method} is tried only when --method asks for it, alone or among others"
    yield "no such handshake was run: --method, --family or --tls left it out"
