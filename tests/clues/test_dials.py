from __future__ import annotations

from msgspec.structs import replace

from ftpdiag.clues.dials import calls, calls_evidence, to_dial_again
from ftpdiag.model import Answer, Cell, Change, DataChannel, Experiment, Method, Opening, Retried, Tls, View
from tests.causes.build import captured, dial, passive

REPLIED = 0.51
"""When the reply that announces a port comes."""


def called(*calls: tuple[float, Answer]) -> DataChannel:
    """A port that was dialled so many seconds after its announcement, as the wire saw it."""
    channel = passive(*(_call(after, answer) for after, answer in calls))
    assert channel.negotiation.final
    assert channel.negotiation.final.at == REPLIED
    return channel


def _call(after: float, answer: Answer) -> Opening:
    return replace(dial(View.CLIENT_WIRE, answer, tries=1), at=REPLIED + after)


def again(channel: DataChannel, *others: DataChannel) -> DataChannel:
    """The channel, after a probe has dialled other ports again and again."""
    cell = Cell(method=Method.EPSV, family=4, tls=Tls.NONE)
    retried = tuple(
        Retried(experiment=Experiment.DIAL_AGAIN, cell=cell, change=Change(), session=one.session, channels=(one,))
        for one in others
    )
    return replace(channel, beside=(channel,), retries=retried)


REFUSED = called((0.0, Answer.REFUSED))


def test_calls_are_counted_from_the_announcement() -> None:
    """In the order in which they were made."""
    made = calls(again(REFUSED, called((0.5, Answer.ACCEPTED), (0.0, Answer.REFUSED))))
    (turned,) = made.turned
    assert [round(call.after, 3) for call in turned.calls] == [0.0, 0.5]
    assert (round(made.last_refused, 3), round(made.first_opened, 3), made.at_once) == (0.0, 0.5, False)


def test_what_was_never_answered_is_no_call_that_was_refused() -> None:
    """It may have been lost."""
    assert calls(again(REFUSED, called((1.0, Answer.SILENT)))) == calls(again(REFUSED))


def test_a_port_that_opens_to_its_first_call_was_no_late_one() -> None:
    """There was no other call."""
    made = calls(again(REFUSED, called((0.0, Answer.ACCEPTED))))
    assert (made.at_once, made.turned) == (True, ())


def test_calls_are_told_by_their_port() -> None:
    """With what became of each."""
    made = calls(again(REFUSED, called((0.0, Answer.REFUSED), (0.2, Answer.ACCEPTED))))
    texts = [one.text for one in calls_evidence(made.turned)]
    assert texts == ["Port 50001, after it was announced: 0.0 s refused, 0.2 s open."]


def test_a_port_is_dialled_again_once_and_by_a_probe_only() -> None:
    """A capture can dial nothing."""
    assert to_dial_again(REFUSED) == (Experiment.DIAL_AGAIN,)
    assert to_dial_again(again(REFUSED, REFUSED)) == ()
    assert to_dial_again(replace(REFUSED, session=captured())) == ()
