"""Causes that hold where a test says so, and facts for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from ftpdiag.cause import Cause, Grounds, cause
from ftpdiag.model import (
    Cell,
    Confidence,
    ControlSession,
    DataChannel,
    Diagnosis,
    Evidence,
    Facts,
    Location,
    Method,
    Remedy,
    Vantage,
    Verdict,
)
from tests.hand_built import BEGAN, LIVE

REMEDY = Remedy(who="client", product="nft", text="accept $server to $data_port, $ip $unknown")


def grounds(confidence: Confidence = Confidence.PROVEN, **changes: Any) -> Grounds:  # noqa: ANN401  any field
    """Why a cause holds."""
    built = Grounds(confidence=confidence, summary=f"It is {confidence}.", evidence=(Evidence(text=str(confidence)),))
    return replace(built, **changes)


def declared(
    name: str,
    rule: Callable[[Any], Grounds | None],
    judges: type | tuple[type, ...] = DataChannel,
    **changes: Any,  # noqa: ANN401  any field of a declaration
) -> Cause:
    """A cause that holds where its rule says so."""
    rule.__name__ = name.replace("-", "_")
    settings: dict[str, Any] = {
        "title": f"The title of {name}",
        "verdict": Verdict.BLOCKED,
        "location": Location.PATH,
        "remedies": (REMEDY,),
    }
    return cause(judges=judges, **{**settings, **changes})(rule)


def always(name: str, judges: type | tuple[type, ...] = DataChannel, **changes: Any) -> Cause:  # noqa: ANN401  ditto
    """A cause that always holds."""
    return declared(name, lambda _: grounds(), judges, **changes)


def facts(*subjects: DataChannel | ControlSession, untried: tuple[Cell, ...] = ()) -> Facts:
    """What happened in some sessions, and on some data connections with theirs."""
    sessions = {id(one): one for one in (_control(subject) for subject in subjects)}
    return Facts(
        source=LIVE,
        vantage=Vantage.CLIENT,
        began=BEGAN,
        sessions=tuple(sessions.values()),
        channels=tuple(one for one in subjects if isinstance(one, DataChannel)),
        untried=untried,
    )


def _control(subject: DataChannel | ControlSession) -> ControlSession:
    return subject.session if isinstance(subject, DataChannel) else subject


def found(diagnosis: Diagnosis) -> list[str]:
    """The causes found."""
    return [one.cause for one in diagnosis.findings]


def cells(diagnosis: Diagnosis) -> dict[Method, Verdict]:
    """The verdicts by method."""
    return {cell.method: judgement.verdict for cell, judgement in diagnosis.cells}
