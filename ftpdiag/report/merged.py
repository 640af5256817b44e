"""Findings -> the same with one for each fault, where both modes suffer from it."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from ftpdiag.model import Confidence, Finding

_SUREST_FIRST = tuple(Confidence)


def in_both_modes(findings: Iterable[Finding]) -> list[Finding]:
    """The same cause at the same place in passive and in active mode is told once: the surest of the two speaks."""
    told: dict[tuple[object, ...], Finding] = {}
    for one in findings:
        key = one.cause, one.verdict, one.location
        told[key] = _joined(told[key], one) if key in told else one
    return list(told.values())


def _joined(first: Finding, second: Finding) -> Finding:
    surest = min(first, second, key=lambda one: _SUREST_FIRST.index(one.confidence))
    return replace(
        surest,
        evidence=tuple(dict.fromkeys(first.evidence + second.evidence)),
        remedies=tuple(dict.fromkeys(first.remedies + second.remedies)),
        alternatives=tuple(dict.fromkeys(first.alternatives + second.alternatives)),
        settle_with=tuple(dict.fromkeys(first.settle_with + second.settle_with)),
        subjects=first.subjects + second.subjects,
    )
