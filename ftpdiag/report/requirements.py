"""What must work, and a diagnosis -> the exit code of a run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from ftpdiag.model import Cell, ControlSession, Diagnosis, Finding, Judgement, Method, Mode, Tls, Verdict
from ftpdiag.verdicts import FAILED, Pair, mode_judgement, pair_judgements
from ftpdiag.vocabulary import Exit

_REQUIREMENT = (
    r"(?i)(?P<what>active|passive|pasv|epsv|port|eprt)(?:/(?P<family>4|6))?(?:/(?P<tls>none|explicit|implicit))?"
)


class Requirement(Struct, frozen=True, kw_only=True):
    """What must work. None: whichever was tested."""

    mode: Mode
    method: Method | None = None
    family: int | None = None
    tls: Tls | None = None

    def concerns(self, pair: Pair) -> bool:
        """Whether it asks for this (family, TLS) pair."""
        family, tls = pair
        return self.family in {None, family} and self.tls in {None, tls}

    def asks_for(self, method: Method) -> bool:
        """Whether a handshake by this method may meet it."""
        return self.method in {None, method} and self.mode is method.mode

    def cells(self, diagnosis: Diagnosis) -> Iterator[tuple[Cell, Judgement]]:
        """The cells that it asks for."""
        for cell, judgement in diagnosis.cells:
            if self.asks_for(cell.method) and self.concerns((cell.family, cell.tls)):
                yield cell, judgement

    def verdict(self, diagnosis: Diagnosis) -> Verdict:
        """What became of it; UNTESTED where nothing of the kind was tried, or this machine could not."""
        if any(_limited(judgement) for _, judgement in pair_judgements(self.mode, self.cells(diagnosis))):
            tested = mode_judgement(self.mode, self.cells(diagnosis)).verdict
            return tested if tested in FAILED else Verdict.UNTESTED
        return mode_judgement(self.mode, self.cells(diagnosis)).verdict

    def __str__(self) -> str:
        """The word of `--require`."""
        words = (self.method.lower() if self.method else self.mode, self.family, self.tls)
        return "/".join(str(word) for word in words if word is not None)


def requirements(words: Iterable[str]) -> tuple[Requirement, ...]:
    """The words of `--require`, such as `passive`, `epsv/6` or `active/4/explicit`; ValueError says what is wrong."""
    return tuple(_requirement(word) for word in words)


def _requirement(word: str) -> Requirement:
    found = re.fullmatch(_REQUIREMENT, word)
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


NO_TLS = "control-tls-unsupported"
"""Information where the server works in the clear, and all the same the reason why TLS was not tested."""


LIMITED = "prober-limited"
"""What this machine could not do. A mode that was left untested for it is missed; it was meant to be tested."""


def required(diagnosis: Diagnosis, asked: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
    """What was asked; where nothing was, every mode that was tested, or would have been but for this machine."""
    return asked or tuple(one for one in map(_whole, Mode) if _was_tested(one, diagnosis))


def exit_code(diagnosis: Diagnosis, asked: tuple[Requirement, ...] = ()) -> Exit:
    """How the run ends for what is required."""
    verdicts = {one.verdict(diagnosis) for one in required(diagnosis, asked)}
    if verdicts & FAILED:
        # One verdict that it fails is enough, whatever else could not be tested.
        return Exit.FAILS
    stopped = set(_stopped(diagnosis, asked))
    if Exit.UNREACHABLE in stopped:
        # Before "could not tell": we can tell, the login never came.
        return Exit.UNREACHABLE
    if stopped or strangers(diagnosis) or not verdicts or verdicts & {Verdict.UNKNOWN, Verdict.UNTESTED}:
        # Nothing tested is no success: an empty capture, or a requirement that no handshake stood for.
        return Exit.UNKNOWN
    return Exit.WORKS


def strangers(diagnosis: Diagnosis) -> bool:
    """Captures of several ends hold sessions, and no session is in two of them: they are not of the same transfers."""
    sights = [session.sights for session in diagnosis.facts.sessions]
    ends = {one[0].view for one in sights if len(one) == 1}
    return len(ends) > 1 and all(len(one) == 1 for one in sights)


def _whole(mode: Mode) -> Requirement:
    return Requirement(mode=mode)


def _limited(judgement: Judgement) -> bool:
    return judgement.verdict is Verdict.UNTESTED and LIMITED in judgement.causes


def _was_tested(mode: Requirement, diagnosis: Diagnosis) -> bool:
    """In any pair; or in none, because of this machine."""
    judgements = [judgement for _, judgement in pair_judgements(mode.mode, mode.cells(diagnosis))]
    return any(one.verdict is not Verdict.UNTESTED or _limited(one) for one in judgements)


def _stopped(diagnosis: Diagnosis, asked: tuple[Requirement, ...]) -> Iterator[Exit]:
    """UNREACHABLE or UNKNOWN for every (family, TLS) pair asked for that never got as far as a login."""
    if diagnosis.facts.unresolved:
        yield Exit.UNREACHABLE
    pairs: dict[Pair, list[ControlSession]] = {}
    for session in diagnosis.facts.sessions:
        pairs.setdefault((session.family, session.tls), []).append(session)
    entered = _entered(diagnosis)
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
        known &= not all(_out_of_resources(one) for one in pairs[pair])
        yield Exit.UNREACHABLE if known else Exit.UNKNOWN


def _entered(diagnosis: Diagnosis) -> set[Pair]:
    """Where a login succeeded, or data was agreed on: a capture may begin after the login, or TLS hide it."""
    agreed = {id(channel.session) for channel in diagnosis.facts.channels if channel.agreed}
    return {(one.family, one.tls) for one in diagnosis.facts.sessions if id(one) in agreed or one.logged_in}


def shut_out(diagnosis: Diagnosis) -> list[int]:
    """The versions of IP over which no login succeeded, where over another one did."""
    entered = {family for family, _ in _entered(diagnosis)}
    return sorted({one.family for one in diagnosis.facts.sessions} - entered) if entered else []


def _out_of_resources(session: ControlSession) -> bool:
    """Nothing was tried, for want of files or buffers here: that says nothing about the target."""
    return session.socket is not None and session.socket.error in {"EMFILE", "ENFILE", "ENOBUFS"}


def _findings(diagnosis: Diagnosis, sessions: list[ControlSession]) -> list[Finding]:
    own = set(map(id, sessions))
    return [one for one in diagnosis.findings if any(id(subject) in own for subject in one.subjects)]


def _not_missed(pair: Pair, causes: set[str], entered: set[Pair]) -> bool:
    """TLS was insisted on and done; or not done, or not trusted, and we were let in without: one is enough."""
    family, tls = pair
    encrypted = any((family, other) in entered for other in (Tls.EXPLICIT, Tls.IMPLICIT))
    if tls is Tls.NONE:
        return encrypted and causes == {"control-tls-required"}
    return (family, Tls.NONE) in entered and causes in ({NO_TLS}, {"control-tls-untrusted"})
