"""A probe that found nothing wrong -> how little it moved, and the command that tries more."""

from __future__ import annotations

from ftpdiag.model import Diagnosis, Verdict
from ftpdiag.next_probe import completed


def reach(diagnosis: Diagnosis) -> list[str]:
    """Lines; none where something is wrong, or where a file was transferred."""
    facts = diagnosis.facts
    verdicts = {judgement.verdict for _, judgement in diagnosis.modes} - {Verdict.UNTESTED}
    verbs = {channel.transfer.verb for channel in facts.channels if channel.transfer}
    carried = [channel.carriage.to_client for channel in facts.channels if channel.carriage]
    if facts.source.target is None or verdicts != {Verdict.WORKS} or verbs != {"LIST"} or not carried:
        return []
    return [
        f"Only a listing of {max(carried):,} bytes was fetched. If a file hangs:",
        completed("  ftpdiag probe $target_file", facts.source),
    ]
