"""Facts -> diagnosis: asks every cause about every channel and session, and settles which finding stands."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from msgspec.structs import replace

from ftpdiag.cause import Cause
from ftpdiag.diagnosis.judging import judged_cells, judged_channel
from ftpdiag.diagnosis.merging import merged
from ftpdiag.diagnosis.standing import Found, standing
from ftpdiag.model import DataChannel, Diagnosis, Doubt, Experiment, Facts, Finding, Mode, Tls
from ftpdiag.verdicts import FAILED, mode_judgement


def diagnose(facts: Facts, causes: Iterable[Cause]) -> Diagnosis:
    """Hold every cause against the facts."""
    known = tuple(causes)
    found = standing(facts, known)
    tried = {(id(one.session), one.mode) for one in facts.channels if not one.unused}
    channels = tuple(judged_channel(channel, found, tried) for channel in facts.channels)
    cells = judged_cells(facts, channels, found)
    modes = tuple((mode, mode_judgement(mode, cells)) for mode in Mode)
    failed = {mode for mode, judgement in modes if judgement.verdict in FAILED}
    return Diagnosis(
        facts=facts,
        findings=tuple(_without(failed, finding) for finding in merged(found.all, known, facts.source)),
        channels=channels,
        cells=cells,
        modes=modes,
        doubts=_doubts(found.all),
    )


def _without(failed: AbstractSet[Mode], finding: Finding) -> Finding:
    """Nobody is advised to use a mode that fails as well, nor what helps sessions of another encryption only."""
    sessions = [one.session if isinstance(one, DataChannel) else one for one in finding.subjects]
    alike = {None, *(one.tls for one in sessions)} if sessions else {None, *Tls}
    fit = (one for one in finding.remedies if one.mode not in failed and one.tls in alike)
    return replace(finding, remedies=tuple(fit))


def _doubts(found: Iterable[Found]) -> tuple[Doubt, ...]:
    """One for each experiment, address family and mode, in the clear where there is one; none of a capture."""
    wanted: dict[tuple[Experiment, int, Mode], Doubt] = {}
    asking = [(one, session) for one in found if (session := one.session) and session.method]
    for one, session in sorted(asking, key=lambda known: known[1].tls is not Tls.NONE):
        cell = one.cell
        assert cell, "one of a session with a method has a cell"
        for experiment in one.grounds.settle_with:
            doubt = Doubt(
                experiment=experiment,
                cell=cell,
                server=session.server,
                server_ttl=session.server_ttl,
                others=session.others,
                across=session.across,
            )
            wanted.setdefault((experiment, cell.family, cell.mode), doubt)
    return tuple(wanted.values())
