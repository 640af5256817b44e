"""Facts, causes -> what was found of which subject, without what another cause overrides.

Which cause overrides which is data on the causes, never a call between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from operator import itemgetter

from msgspec import Struct

from ftpdiag.cause import Cause, Grounds, Subject
from ftpdiag.model import Cell, ControlSession, DataChannel, Facts, Location, Verdict


class Found(Struct, frozen=True, kw_only=True):
    """A cause that holds for a subject."""

    cause: Cause
    subject: Subject
    grounds: Grounds

    @property
    def location(self) -> Location:
        """Where the fault sits."""
        return self.grounds.location or self.cause.location

    @property
    def verdict(self) -> Verdict | None:
        """What it makes of the subject; none: it is information."""
        return None if self.grounds.remark else self.grounds.verdict or self.cause.verdict

    @property
    def session(self) -> ControlSession | None:
        """The session that it is, or belongs to; none of the whole."""
        if isinstance(self.subject, Facts):
            return None
        return self.subject.session if isinstance(self.subject, DataChannel) else self.subject

    @property
    def cell(self) -> Cell | None:
        """What it tested; none of the whole, and of a captured session."""
        return None if isinstance(self.subject, Facts) else self.subject.cell


class Findings:
    """What was found, asked by subject."""

    def __init__(self, found: Iterable[Found]) -> None:
        self.all = tuple(found)
        self._about: dict[int, list[tuple[int, Found]]] = {}
        for place, one in enumerate(self.all):
            self._about.setdefault(id(one.subject), []).append((place, one))

    def on(self, subject: Subject) -> list[Found]:
        """What holds for itself, in the order of the causes."""
        return [one for _, one in self._about.get(id(subject), ())]

    def about(self, subject: Subject) -> list[Found]:
        """What says something about it: what holds for itself, or for its session."""
        if not isinstance(subject, DataChannel):
            return self.on(subject)
        own, session = (self._about.get(id(one), []) for one in (subject, subject.session))
        return [one for _, one in sorted(own + session, key=itemgetter(0))]


def standing(facts: Facts, causes: Iterable[Cause]) -> Findings:
    """What holds; information overrides nothing."""
    everything = Findings(_held(facts, causes))
    return Findings(one for one in everything.all if not _overridden(one, everything.about(one.subject)))


def _held(facts: Facts, causes: Iterable[Cause]) -> Iterator[Found]:
    channels = [(one.mode, one) for one in chain(facts.channels, facts.samples) if not one.veiled]
    for declared in causes:
        subjects: dict[type, Iterable[Subject]] = {
            Facts: (facts,),
            ControlSession: facts.sessions,
            DataChannel: (one for mode, one in channels if mode in declared.modes),
        }
        for subject in chain.from_iterable(subjects[kind] for kind in declared.judges):
            grounds = declared.rule(subject)
            if grounds is not None:
                yield Found(cause=declared, subject=subject, grounds=grounds)


def _overridden(one: Found, rivals: Iterable[Found]) -> bool:
    return any(one.cause.name in rival.cause.overrides for rival in rivals if rival.verdict is not None)
