"""What was tried for certainty's sake, and passed."""

from __future__ import annotations

from msgspec.structs import replace

from ftpdiag.model import Cell, Change, DataChannel, Experiment, Method, Retried, Tls
from ftpdiag.report.passed import experiments_that_passed
from tests.hand_built import WORKS, diagnosis, exchange, passive


def tried(experiment: Experiment, change: Change, *channels: DataChannel) -> Retried:
    """One session of an experiment."""
    cell = Cell(method=Method.EPSV, family=4, tls=Tls.NONE)
    return Retried(experiment=experiment, cell=cell, change=change, session=channels[0].session, channels=channels)


def told(*retried: Retried) -> list[str]:
    """The notes."""
    return list(experiments_that_passed(replace(diagnosis((passive(), WORKS)).facts, retried=retried)))


def test_what_was_held() -> None:
    """A transfer that lasted so long was held; after a short one it was the session that was idle."""
    short, hold = passive(), Change(hold=4.0)
    last = exchange("LIST", "226 Directory send OK.", at=6.0).replies
    assert short.transfer
    long = replace(short, transfer=replace(short.transfer, replies=(*short.transfer.replies[:1], *last)))
    assert told(tried(Experiment.HELD_TRANSFER, hold, long)) == [
        "A transfer that was held open for 4 s came to its end."
    ]
    assert told(tried(Experiment.HELD_TRANSFER, hold, short)) == [
        "A session lived on when nothing was said in it for 4 s; its transfer was over before."
    ]
    broken = replace(short, carriages=())
    assert told(tried(Experiment.HELD_TRANSFER, hold, broken)) == []
    assert told(tried(Experiment.HELD_TRANSFER, replace(hold, noop=1.0), long)) == []


def test_a_second_transfer_in_the_same_session() -> None:
    """It passed after a pause."""
    later = tried(Experiment.LATER_TRANSFER, Change(pause=4.0), passive(), passive())
    assert told(later) == ["A second transfer 4 s after the first, in the same session, passed as well."]
