from __future__ import annotations

import pytest

from ftpdiag.causes.control_no_greeting import control_no_greeting
from ftpdiag.model import Answer, Confidence, Ending, Location, Tls, View
from tests.causes.build import GREETING, SERVER_TTL, grounds_of, hangup, knock, reset, talk, unopened


@pytest.mark.parametrize(
    ("ending", "alternative"),
    [
        (Ending.STALLED, "control-not-ftp"),
        (Ending.FINISHED, "control-service-refused"),
        (Ending.RESET, "control-service-refused"),
    ],
)
def test_an_open_connection_without_a_word(ending: Ending, alternative: str) -> None:
    """Silence may be implicit TLS that waits; a close may be a limit."""
    grounds = grounds_of(control_no_greeting, talk(hangup=hangup(ending)))
    assert (grounds.confidence, grounds.location) == (Confidence.PROVEN, Location.UNKNOWN)
    assert [one.cause for one in grounds.alternatives] == [alternative]


@pytest.mark.parametrize(
    ("ttl", "location"), [(64, Location.CLIENT_NETWORK), (63, Location.PATH), (SERVER_TTL, Location.UNKNOWN)]
)
def test_a_reset_from_elsewhere_than_the_server_is_a_devices(ttl: int, location: Location) -> None:
    """The SYN-ACK tells how far away the server is."""
    grounds = grounds_of(control_no_greeting, talk(hangup=hangup(Ending.RESET), reset=reset(ttl)))
    assert grounds.location is location


def test_a_greeting_is_one() -> None:
    """Whatever came after it."""
    assert control_no_greeting.rule(talk(GREETING, hangup=hangup(Ending.STALLED))) is None


@pytest.mark.parametrize("ending", [Ending.STOPPED, Ending.TLS_FAILED, Ending.UNTRUSTED])
def test_other_ends_are_other_causes(ending: Ending) -> None:
    """Ours, and TLS."""
    assert control_no_greeting.rule(talk(hangup=hangup(ending))) is None


def test_implicit_tls_begins_before_the_greeting() -> None:
    """What goes wrong then is TLS."""
    assert control_no_greeting.rule(talk(hangup=hangup(Ending.STALLED), tls=Tls.IMPLICIT)) is None


def test_a_connection_that_never_opened_or_never_ended() -> None:
    """Neither is a missing greeting."""
    silent = knock(View.CLIENT_SOCKET, Answer.SILENT)
    assert control_no_greeting.rule(unopened(silent, hangup=hangup(Ending.STALLED))) is None
    assert control_no_greeting.rule(talk()) is None
