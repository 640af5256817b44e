"""Facts -> sentences about experiments that found nothing wrong: what was tried, and how much of it passed."""

from __future__ import annotations

from collections.abc import Iterator

from ftpdiag.model import Experiment, Facts, Retried


def experiments_that_passed(facts: Facts) -> Iterator[str]:
    """One for each; where something failed a finding says so."""
    yield from dict.fromkeys(told for one in facts.retried for told in _held(one))


def _held(one: Retried) -> Iterator[str]:
    """Of a transfer that was held, or of a second one after a pause."""
    if not one.channels or not all(channel.completed for channel in one.channels) or one.session.hangup:
        return
    hold, pause, transfer = one.change.hold, one.change.pause, one.channels[0].transfer
    if one.experiment is Experiment.LATER_TRANSFER and pause and len(one.channels) > 1:
        yield f"A second transfer {pause:g} s after the first, in the same session, passed as well."
    if one.experiment is not Experiment.HELD_TRANSFER or not hold or one.change.noop or not transfer:
        return
    final, asked = transfer.final, one.session.exchange("NOOP")
    if final is None or (asked and (asked.final is None or asked.at < final.at)):
        return
    if final.at - transfer.at >= hold:
        yield f"A transfer that was held open for {hold:g} s came to its end."
    else:
        yield f"A session lived on when nothing was said in it for {hold:g} s; its transfer was over before."
