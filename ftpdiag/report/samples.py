"""Facts -> how many passive ports were sampled, and how many of them opened, whatever is made of it."""

from __future__ import annotations

from collections.abc import Iterator

from ftpdiag.model import Cell, DataChannel, Experiment, Facts


def sampled(facts: Facts) -> Iterator[str]:
    """A sentence for each address family that was sampled."""
    cells: dict[Cell, list[DataChannel]] = {}
    for cell, channels in dialled_when_sampled(facts):
        cells.setdefault(cell, []).extend(channels)
    for cell, dialled in cells.items():
        over = f" over IPv{cell.family}" if len(cells) > 1 else ""
        if dialled:
            yield _told(dialled, facts, over)
        elif Experiment.PORT_SAMPLES not in facts.cut:
            yield f"No passive port could be sampled{over}: the server let nobody in for that, or announced none."


def dialled_when_sampled(facts: Facts) -> Iterator[tuple[Cell, tuple[DataChannel, ...]]]:
    """What each session that sampled ports stands for, and its data connections."""
    for one in facts.retried:
        if one.experiment is Experiment.PORT_SAMPLES:
            yield one.cell, tuple(channel for channel in one.channels if channel.openings)


def _told(dialled: list[DataChannel], facts: Facts, over: str) -> str:
    ports = {one.announced for one in dialled}
    opened = {one.announced for one in dialled if one.opened}
    told = f"{len(opened) or 'None'} of {len(ports)} passive ports opened when they were sampled{over}"
    if len(dialled) > len(ports):
        tries = sum(one.opened for one in dialled)
        told += f"; in {len(dialled)} tries, of which {tries} opened, the server announced no more than these"
    missing = facts.source.samples - len(dialled)
    if opened or missing <= 0 or Experiment.PORT_SAMPLES in facts.cut:
        return f"{told}."
    return f"{told}; {missing} more were left out, for so many that fail are enough."
