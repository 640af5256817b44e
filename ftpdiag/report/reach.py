"""A probe that found nothing wrong -> how little it moved, and the command that tries more."""

from __future__ import annotations

from ftpdiag.model import Diagnosis, Target, Tls, Verdict

_SCHEMES = {Tls.IMPLICIT: "ftps", Tls.EXPLICIT: "ftpes"}


def reach(diagnosis: Diagnosis) -> list[str]:
    """Lines; none where something is wrong, or where a file was transferred."""
    facts = diagnosis.facts
    target = facts.source.target
    verdicts = {judgement.verdict for _, judgement in diagnosis.modes} - {Verdict.UNTESTED}
    verbs = {channel.transfer.verb for channel in facts.channels if channel.transfer}
    carried = [channel.carriage.to_client for channel in facts.channels if channel.carriage]
    if target is None or verdicts != {Verdict.WORKS} or verbs != {"LIST"} or not carried:
        return []
    return [
        f"Only a listing of {max(carried):,} bytes was fetched. If a file hangs:",
        f"  ftpdiag probe {_file(target)}",
    ]


def _file(target: Target) -> str:
    """A URL for some file of the server."""
    user = f"{target.user}@" if target.user else ""
    host = f"[{target.host}]" if ":" in target.host else target.host
    scheme = _SCHEMES.get(target.tls, "ftp") if target.tls else "ftp"
    usual = 990 if target.tls is Tls.IMPLICIT else 21
    port = "" if target.port == usual else f":{target.port}"
    return f"{scheme}://{user}{host}{port}/path/to/file"
