"""Facts -> what was cut short, and what took the time: a sentence each."""

from __future__ import annotations

from collections.abc import Iterator

from ftpdiag.model import Answer, DataChannel, Experiment, Facts
from ftpdiag.report.samples import dialled_when_sampled


def out_of_time(facts: Facts) -> Iterator[str]:
    """Passive ports that do not answer take the time of those after them; that is not the server's fault."""
    cut, wanted = list(facts.cut), facts.source.samples
    dialled = [one for _, those in dialled_when_sampled(facts) for one in those]
    if Experiment.PORT_SAMPLES in cut and any(map(_silent, dialled)):
        cut.remove(Experiment.PORT_SAMPLES)
        tried = f"{len(dialled)} of {wanted}" if wanted else f"Only {len(dialled)}"
        yield f"{tried} passive ports were tried: time ran out on ports that do not answer."
    if cut:
        names = " and ".join(one.replace("-", " ") for one in cut)
        yield f"No time was left for all that would tell more ({names}): the server, or the way to it, is slow."


def _silent(channel: DataChannel) -> bool:
    opening = channel.wire or channel.socket
    return opening is not None and opening.answer is Answer.SILENT
