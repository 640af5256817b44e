"""Facts -> sentences that put all of a report in doubt; they stand under its first sentence."""

from __future__ import annotations

from collections.abc import Iterator

from ftpdiag.model import CaptureFile, Facts, Vantage
from ftpdiag.report.one_address import one_address


def cautions(facts: Facts) -> Iterator[str]:
    """A target that may be another, captures that are perhaps not what they are taken for, damaged or unreadable ones.

    A command that tells more stands on a line of its own.
    """
    yield from one_address(facts)
    if facts.vantage_reason and facts.vantage_said is not Vantage.UNKNOWN:
        yield facts.vantage_reason
    hidden = sum(session.opaque for session in facts.sessions)
    if 0 < hidden < len(facts.sessions):
        yield (
            f"TLS hides what {hidden} of the {len(facts.sessions)} sessions said: of their data connections only those "
            "that opened are known. --keylog FILE reads them."
        )
    yield from dict.fromkeys(of_file(file, caution) for file in facts.source.files for caution in file.cautions)


def of_file(file: CaptureFile, sentence: str) -> str:
    """The sentence, which names the file."""
    name = "standard input" if file.path == "-" else file.path
    return sentence if name in sentence else f"{name}: {sentence}"
