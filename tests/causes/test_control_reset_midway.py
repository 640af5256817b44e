from __future__ import annotations

import pytest

from ftpdiag.causes.control_reset_midway import PROMPTLY, control_reset_midway
from ftpdiag.model import Confidence, Ending, Location
from tests.causes.build import GREETING, SERVER_TTL, carried, exchange, grounds_of, hangup, reset, talk

LOGIN = exchange("USER me", "230 Welcome.", at=0.2)
SOON = 1.1


@pytest.mark.parametrize("command", ["PORT 198,51,100,2,179,231", "EPRT |1|198.51.100.2|46055|", "AUTH TLS", "FEAT"])
@pytest.mark.parametrize(
    ("ttl", "confidence", "location"),
    [
        (63, Confidence.PROVEN, Location.PATH),
        (64, Confidence.PROVEN, Location.CLIENT_NETWORK),
        (SERVER_TTL, Confidence.LIKELY, Location.SERVER_HOST),
    ],
)
def test_a_reset_in_answer_to_a_command(command: str, ttl: int, confidence: Confidence, location: Location) -> None:
    """The RST's TTL tells a device from the server."""
    end = hangup(Ending.RESET, at=SOON)
    cut = talk(GREETING, LOGIN, exchange(command, at=1.0), logged_in=True, hangup=end, reset=reset(ttl))
    grounds = grounds_of(control_reset_midway, cut)
    assert (grounds.confidence, grounds.location) == (confidence, location)
    assert grounds.evidence[0].line == command
    assert command.split(maxsplit=1)[0] in grounds.summary


@pytest.mark.parametrize("ending", [Ending.RESET, Ending.FINISHED])
def test_without_the_packet_nobody_knows_who_it_was(ending: Ending) -> None:
    """Not sniffed, or a FIN, which any of them may have sent."""
    cut = talk(GREETING, LOGIN, exchange("PORT 1,2,3,4,5,6", at=1.0), logged_in=True, hangup=hangup(ending, at=SOON))
    grounds = grounds_of(control_reset_midway, cut)
    assert (grounds.confidence, grounds.location) == (Confidence.POSSIBLE, Location.UNKNOWN)
    assert [one.cause for one in grounds.alternatives] == ["control-commands-mangled"]


def test_a_control_connection_cut_off_under_a_transfer() -> None:
    """The probe stopped the transfer because the control connection was gone."""
    control = talk(GREETING, LOGIN, logged_in=True, hangup=hangup(Ending.RESET, at=SOON), reset=reset(63))
    grounds = grounds_of(control_reset_midway, carried(Ending.STOPPED, control=control))
    assert grounds.location is Location.PATH
    assert "during LIST" in grounds.summary
    assert control_reset_midway.rule(carried(Ending.STALLED, control=control)) is None
    unasked = exchange("LIST", at=0.6)
    assert control_reset_midway.rule(carried(Ending.STOPPED, control=control, transfer=unasked)) is None
    assert control_reset_midway.rule(carried(Ending.STOPPED)) is None


def test_ends_that_were_announced_or_expected_or_came_later() -> None:
    """A reply, QUIT, a silence, a timer, a greeting that did not come, a session that goes on."""
    end = hangup(Ending.FINISHED, at=SOON)
    told = exchange("PORT 1,2,3,4,5,6", "421 Timeout.", at=1.0)
    assert control_reset_midway.rule(talk(GREETING, LOGIN, told, hangup=end)) is None
    assert control_reset_midway.rule(talk(GREETING, LOGIN, exchange("QUIT", at=1.0), hangup=end)) is None
    asked = exchange("PORT 1,2,3,4,5,6", at=1.0)
    assert control_reset_midway.rule(talk(GREETING, LOGIN, asked, hangup=hangup(Ending.STALLED, at=SOON))) is None
    late = hangup(Ending.FINISHED, at=1.1 + PROMPTLY)
    assert control_reset_midway.rule(talk(GREETING, LOGIN, asked, hangup=late)) is None
    assert control_reset_midway.rule(talk(hangup=end)) is None
    assert control_reset_midway.rule(talk(GREETING, LOGIN, asked)) is None
    begun = exchange("LIST", "150 Here it comes.", at=1.0)
    assert control_reset_midway.rule(talk(GREETING, LOGIN, begun, hangup=end)) is None
