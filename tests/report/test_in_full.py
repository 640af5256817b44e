from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.model import Answer, DataChannel, Facts, Judgement, Line, Party
from ftpdiag.report.in_full import in_full, whereabouts
from ftpdiag.report.judged import judged
from ftpdiag.report.look import Look
from tests.hand_built import BEGAN, BLOCKED, WORKS, active, diagnosis, exchange, passive


def page(channel: DataChannel, judgement: Judgement) -> str:
    """One session in full."""
    found = diagnosis((channel, judgement))
    return "\n".join(line for block in in_full(judged(found)[0], found.facts, Look()) for line in block)


def test_a_transfer_in_full() -> None:
    """What was announced and for what, who opened it from where, who answered, bytes, end, replies, verdict."""
    text = " ".join(page(passive(), WORKS).split())
    assert "203.0.113.2:50001 was announced, for LIST." in text
    assert "198.51.100.2:40001 tried 203.0.113.2:50001 once" in text
    assert "20 bytes went to the client, 0 to the server; it ended in order." in text
    assert "Replies: 229, 150, 226. Verdict: works." in text


def test_what_was_hidden_in_full() -> None:
    """Where TLS hid a part of the dialogue, its place is shown."""
    channel = passive()
    lines = tuple(Line(at=BEGAN + at, sender=Party.SERVER, text=f"{at} said") for at in (1, 2))
    for clear_again, places in ((None, [0, 1, 2]), (BEGAN + 2, [0, 2, 1])):
        hidden = replace(channel.session, opaque=True, lines=lines, clear_again=clear_again)
        text = page(replace(channel, session=hidden), WORKS)
        said = [text.index(one) for one in ("1 said", "2 said", "encrypted")]
        assert sorted(range(3), key=said.__getitem__) == places
    again = replace(channel.session, opaque=True, lines=lines, clear_again=BEGAN + 2, hidden_again=True)
    assert page(replace(channel, session=again), WORKS).count("encrypted") == 2


def test_a_call_back_in_full() -> None:
    """One that nobody answered says so, how often it was tried, and why."""
    text = " ".join(page(active(), BLOCKED).split())
    assert "203.0.113.2:20 tried 198.51.100.2:46055 3 times" in text
    assert "nothing answered" in text
    assert "Verdict: blocked (active-dropped-by-client-host)." in text


def _absent(channel: DataChannel) -> DataChannel:
    gone = replace(channel.openings[0], answer=Answer.ABSENT, tries=0, packets=())
    return replace(channel, openings=(gone,), carriages=())


@pytest.mark.parametrize(
    ("transfer", "ended", "said"),
    [
        (None, 60.0, "Nobody tried to open it."),
        (None, 1.1, "It is not in the capture, which stops 1.0 s after that."),
        ("226 Directory send OK.", 60.0, "It is not in the capture, though its transfer was carried out"),
        ("425 Failed.", 0.2, "Nobody tried to open it."),
    ],
)
def test_never_tried_is_not_never_seen(transfer: str | None, ended: float, said: str) -> None:
    """A data connection that nobody tried is told apart from one that the capture could not show."""
    channel = _absent(passive())
    asked = exchange("LIST", transfer, at=0.11) if transfer else None
    channel = replace(channel, transfer=asked)
    facts: Facts = replace(diagnosis((channel, WORKS)).facts, ended=BEGAN + ended)
    assert whereabouts(channel, facts).startswith(said)
