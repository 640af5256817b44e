"""What must work, and a diagnosis -> the exit code of a run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from ftpdiag.model import ControlSession, Diagnosis, Finding, Method, Mode, Tls, Verdict
from ftpdiag.verdicts import FAILED, Pair, mode_judgement

_REQUIREMENT = re.compile(
    r"(?P<what>active|passive|pasv|epsv|port|eprt)(?:/(?P<family>4|6))?(?:/(?P<tls>none|explicit|implicit))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What must work. None: whichever was tested."""

    mode: Mode
    method: Method | None = None
    family: int | None = None
    tls: Tls | None = None

    def concerns(self, pair: Pair) -> bool:
        """Whether it asks for this (family, TLS) pair."""
        family, tls = pair
        return self.family in {None, family} and self.tls in {None, tls}

    def verdict(self, diagnosis: Diagnosis) -> Verdict:
        """What became of it; UNTESTED where nothing of the kind was tried."""
        cells = (
            (cell, judgement)
            for cell, judgement in diagnosis.cells
            if self.method in {None, cell.method} and self.concerns((cell.family, cell.tls))
        )
        return mode_judgement(self.mode, cells).verdict


def requirements(words: Iterable[str]) -> tuple[Requirement, ...]:
    """The words of `--require`, such as `passive`, `epsv/6` or `active/4/explicit`; ValueError says what is wrong."""
    return tuple(_requirement(word) for word in words)


def _requirement(word: str) -> Requirement:
    found = _REQUIREMENT.fullmatch(word)
    if not found:
        raise ValueError(
            f"{word!r} is no requirement: it is active, passive, pasv, epsv, port or eprt, "
            "then /4 or /6, then /none, /explicit or /implicit, the last two where they matter."
        )
    what = found["what"].upper()
    method = Method(what) if what in Method.__members__ else None
    return Requirement(
        mode=method.mode if method else Mode[what],
        method=method,
        family=int(found["family"]) if found["family"] else None,
        tls=Tls(found["tls"].lower()) if found["tls"] else None,
    )


# --- the exit code ----------------------------------------------------------------------------------------------


class Exit(IntEnum):
    """What a script may rely on. *Blocked* and *could not tell* never share a number."""

    WORKS = 0
    FAILS = 1
    USAGE = 2
    UNKNOWN = 3
    UNREACHABLE = 4
    INTERNAL = 5


NO_TLS = "control-tls-unsupported"
"""Information where the server works in the clear, and all the same the reason why TLS was not tested."""


def exit_code(diagnosis: Diagnosis, asked: tuple[Requirement, ...] = ()) -> Exit:
    """How the run ends for what was asked; where nothing was, for every mode that was tested."""
    required = asked or tuple(Requirement(mode=mode) for mode in Mode if _was_tested(mode, diagnosis))
    verdicts = {one.verdict(diagnosis) for one in required}
    if verdicts & FAILED:
        # One verdict that it fails is enough, whatever else could not be tested.
        return Exit.FAILS
    stopped = set(_stopped(diagnosis, asked))
    if Exit.UNREACHABLE in stopped:
        # Before "could not tell": we can tell, the login never came.
        return Exit.UNREACHABLE
    if stopped or not verdicts or verdicts & {Verdict.UNKNOWN, Verdict.UNTESTED}:
        # Nothing tested is no success: an empty capture, or a requirement that no handshake stood for.
        return Exit.UNKNOWN
    return Exit.WORKS


def _was_tested(mode: Mode, diagnosis: Diagnosis) -> bool:
    return dict(diagnosis.modes)[mode].verdict is not Verdict.UNTESTED


def _stopped(diagnosis: Diagnosis, asked: tuple[Requirement, ...]) -> Iterator[Exit]:
    """UNREACHABLE or UNKNOWN for every (family, TLS) pair asked for that never got as far as a login."""
    if diagnosis.facts.unresolved:
        yield Exit.UNREACHABLE
    pairs: dict[Pair, list[ControlSession]] = {}
    for session in diagnosis.facts.sessions:
        pairs.setdefault((session.family, session.tls), []).append(session)
    entered = {pair for pair, sessions in pairs.items() if any(_entered(diagnosis, one) for one in sessions)}
    for pair in pairs.keys() - entered:
        concerned = [one for one in asked if one.concerns(pair)]
        findings = _findings(diagnosis, pairs[pair])
        causes = {one.cause for one in findings}
        if asked and not concerned:
            continue
        if _not_missed(pair, causes, entered) and not any(one.tls for one in concerned):
            continue
        # Without a cause nobody knows why the login never came, or a capture does not show it (TLS).
        known = NO_TLS in causes or any(one.verdict is not None for one in findings)
        yield Exit.UNREACHABLE if known else Exit.UNKNOWN


def _entered(diagnosis: Diagnosis, session: ControlSession) -> bool:
    """Logged in; a data connection was agreed where a capture begins after the login, or TLS hides it."""
    return session.logged_in or any(one.session is session and one.agreed for one in diagnosis.facts.channels)


def _findings(diagnosis: Diagnosis, sessions: list[ControlSession]) -> list[Finding]:
    return [one for one in diagnosis.findings if any(subject is s for subject in one.subjects for s in sessions)]


def _not_missed(pair: Pair, causes: set[str], entered: set[Pair]) -> bool:
    """TLS was insisted on and done; or not done, or not trusted, and we were let in without: one is enough."""
    family, tls = pair
    encrypted = any((family, other) in entered for other in (Tls.EXPLICIT, Tls.IMPLICIT))
    if tls is Tls.NONE:
        return encrypted and causes == {"control-tls-required"}
    return (family, Tls.NONE) in entered and causes in ({NO_TLS}, {"control-tls-untrusted"})
