"""Facts -> what was cut short, and what took the time: a sentence each."""

from __future__ import annotations

from collections.abc import Iterator

from ftpdiag.model import Answer, DataChannel, Experiment, Facts


def out_of_time(facts: Facts) -> Iterator[str]:
    """Passive ports that do not answer take the time of those after them; that is not the server's fault."""
    cut = list(facts.cut)
    silent = f"{_samples(facts)} passive ports were tried: time ran out on ports that do not answer."
    if Experiment.PORT_SAMPLES in cut and any(map(_silent, _dialled(facts))):
        cut.remove(Experiment.PORT_SAMPLES)
        yield silent
    if cut:
        names = " and ".join(one.replace("-", " ") for one in cut)
        yield f"No time was left for all that would tell more ({names}): the server, or the way to it, is slow."


def _samples(facts: Facts) -> str:
    tried = sum(1 for _ in _dialled(facts))
    return f"{tried} of {facts.source.samples}" if facts.source.samples else f"Only {tried}"


def _dialled(facts: Facts) -> Iterator[DataChannel]:
    for one in facts.retried:
        if one.experiment is Experiment.PORT_SAMPLES:
            yield from (channel for channel in one.channels if channel.openings)


def _silent(channel: DataChannel) -> bool:
    opening = channel.wire or channel.socket
    return opening is not None and opening.answer is Answer.SILENT
