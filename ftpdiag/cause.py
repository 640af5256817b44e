"""What a cause is: a card, around a rule that says why it holds for one subject; `@cause`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from msgspec import Struct

from ftpdiag.model import (
    Alternative,
    Confidence,
    ControlSession,
    DataChannel,
    Evidence,
    Experiment,
    Facts,
    Location,
    Mode,
    Remedy,
    Verdict,
)

Subject = Facts | ControlSession | DataChannel


class Grounds(Struct, frozen=True, kw_only=True):
    """Why a cause holds for one subject. `location`, `verdict` and `remedies` only where they differ from the card."""

    confidence: Confidence
    summary: str
    """One sentence, in the second person, with the addresses of this case."""
    evidence: tuple[Evidence, ...]
    location: Location | None = None
    verdict: Verdict | None = None
    remark: bool = False
    """Whatever the card says: it is good to know, and explains no verdict."""
    hop: int | None = None
    alternatives: tuple[Alternative, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    settle_with: tuple[Experiment, ...] = ()
    """What would tell more, where it can be tried."""
    shown: ControlSession | DataChannel | None = None
    """Where an experiment made it happen; none: in the subject itself."""


class Extent(StrEnum):
    """What else a cause holds for."""

    METHOD = "method"
    """The method and encryption with which it was seen."""
    MODE = "mode"
    """All methods of the mode, with TLS and without: that one of them passed was luck."""


class Decided(StrEnum):
    """What decides that it does not hold: from then on it is no alternative to another cause."""

    NOTHING = "nothing"
    """It may hold where nobody looked."""
    BOTH_ENDS = "both ends"
    """Captures of both ends: each packet that left the one has arrived at the other as it was, or has not."""


class Cause(Struct, frozen=True, kw_only=True):
    """A declared cause. Its name is the contract's identifier."""

    name: str
    title: str
    text: str
    """What `ftpdiag explain` says: the docstring of its file."""
    judges: tuple[type, ...]
    modes: tuple[Mode, ...]
    verdict: Verdict | None
    location: Location
    remedies: tuple[Remedy, ...]
    references: tuple[str, ...]
    overrides: tuple[str, ...]
    extent: Extent
    rule: Callable[[Any], Grounds | None]
    decided_by: Decided = Decided.NOTHING
    or_else: str = ""


def cause(  # noqa: PLR0913  a declaration: every argument is a field of the card
    *,
    title: str,
    judges: type | tuple[type, ...],
    verdict: Verdict | None,
    location: Location,
    remedies: tuple[Remedy, ...],
    modes: tuple[Mode, ...] = tuple(Mode),
    references: tuple[str, ...] = (),
    overrides: tuple[str, ...] = (),
    extent: Extent = Extent.METHOD,
    decided_by: Decided = Decided.NOTHING,
    or_else: str = "",
) -> Callable[[Callable[[Any], Grounds | None]], Cause]:
    """Declare a cause around its rule, a pure function of one subject: `judges` says which kinds.

    `modes` narrows a rule about channels. `verdict` is what the cause makes of a channel (None: information only).
    `remedies` may use $server, $host (with [] where a port follows), $client, $port (control), $data_port, $announced,
    the other words of `clues.remedies`, and in a command of ftpdiag those of `again`: they are filled in.
    `extent` says for which handshakes it holds beside the one with which it was seen.
    `decided_by` says what leaves no doubt whether it holds.
    `or_else` says, for `ftpdiag explain`, which other verdict the rule may bring, and when.
    `overrides` names causes that are not reported about the same subject when this one holds.
    """

    def declare(rule: Callable[[Any], Grounds | None]) -> Cause:
        return Cause(
            name=rule.__name__.replace("_", "-"),
            title=title,
            text=(sys.modules[rule.__module__].__doc__ or "").strip(),
            judges=judges if isinstance(judges, tuple) else (judges,),
            modes=modes,
            verdict=verdict,
            location=location,
            remedies=remedies,
            references=references,
            overrides=overrides,
            extent=extent,
            rule=rule,
            decided_by=decided_by,
            or_else=or_else,
        )

    return declare
