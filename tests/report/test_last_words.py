from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.diagnosis import diagnose
from ftpdiag.model import ControlSession, DataChannel, Ending, Facts, Source, Vantage
from ftpdiag.report.last_words import last_words
from tests.causes.build import GREETING, active, carried, exchange, hangup, talk

LOGIN = exchange("USER me", "230 Welcome.", at=0.2)
LISTING = exchange("LIST", "150 Here.", at=0.6)
STALLED = hangup(Ending.STALLED, "No answer within 15 s.")


def told(session: ControlSession, *channels: DataChannel) -> list[str]:
    """What is said where no cause is known."""
    source = Source(sniffed=True)
    facts = Facts(source=source, vantage=Vantage.CLIENT, began=0.0, sessions=(session,), channels=channels)
    return list(last_words(diagnose(facts, ())))


SESSIONS = [
    (
        talk(GREETING, LOGIN, LISTING, exchange("QUIT", "221 Bye.", at=0.9), logged_in=True),
        "PASV over IPv4 (TLS: none) could not be judged. The last command was `LIST`; the answer was “150 Here.”.",
    ),
    (
        talk(GREETING, LOGIN, exchange("EPSV 1", at=0.6), logged_in=True, hangup=STALLED),
        "PASV over IPv4 (TLS: none) could not be judged. The last command was `EPSV 1`. No answer within 15 s.",
    ),
    (
        talk(GREETING, LOGIN, exchange("EPSV", at=0.6), logged_in=True),
        "PASV over IPv4 (TLS: none) could not be judged. The last command was `EPSV`; no reply came.",
    ),
]


@pytest.mark.parametrize(("session", "sentence"), SESSIONS)
def test_session_that_negotiated_nothing(session: ControlSession, sentence: str) -> None:
    """What cannot be judged says what was asked last and what was answered, the goodbye aside."""
    assert told(session) == [sentence]


def test_channel() -> None:
    """A data connection that cannot be judged is named by its own method."""
    session = talk(GREETING, LOGIN, LISTING, logged_in=True)
    channel = carried(Ending.FINISHED, transfer=LISTING, control=session)
    assert told(session, channel) == [
        "EPSV over IPv4 (TLS: none) could not be judged. The last command was `LIST`; the answer was “150 Here.”."
    ]


def test_a_command_that_makes_no_sense() -> None:
    """It and its answer are told, though they are not the last: they are why the method was not tested."""
    senseless = exchange("PORT 198,51,100,2,300,80", "501 Illegal PORT.", at=0.6)
    session = talk(GREETING, LOGIN, senseless, exchange("NOOP", "200 Ok.", at=0.8), logged_in=True)
    channel = replace(active(control=session), announced=None, negotiation=senseless)
    (sentence,) = told(session, channel)
    assert sentence.startswith(
        "PORT over IPv4 (TLS: none) was not tested: any server may decline `PORT 198,51,100,2,300"
    )
    assert sentence.endswith("The answer was “501 Illegal PORT.”.")


def test_nothing_to_say() -> None:
    """What works, or was not tested, needs no such sentence."""
    done = exchange("LIST", "150 Here.", "226 Done.", at=0.6)
    session = talk(GREETING, LOGIN, done, logged_in=True)
    assert told(session, carried(Ending.FINISHED, transfer=done, control=session)) == []
    assert told(talk(GREETING, exchange("USER me", "530 No.", at=0.2))) == []
