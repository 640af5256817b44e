"""How far away a side is by either connection."""

import pytest
from msgspec.structs import replace

from ftpdiag.facts.distance import measured
from ftpdiag.model import Answer, DataChannel, Facts, Party, Source, Vantage, View
from tests.causes.build import SERVER_TTL, control_opening, dial, passive, session


def facts(channel: DataChannel, server_ttl: int | None = 64, spoken_ttl: int | None = 64) -> Facts:
    """One session whose control connection was answered next door, and its data connection."""
    control = session(openings=(control_opening(View.CLIENT_WIRE),), server_ttl=server_ttl, spoken_ttl=spoken_ttl)
    known = replace(channel, session=control)
    return Facts(source=Source(), vantage=Vantage.CLIENT, began=0.0, sessions=(control,), channels=(known,))


def test_the_server() -> None:
    """It is the fourth hop by the data connection, and the first by the control connection."""
    known = measured(facts(passive(dial(View.CLIENT_WIRE, Answer.ACCEPTED))))
    (one,) = known.sessions
    assert one.distance is not None
    assert (one.distance.party, one.distance.control_ttl, one.distance.data.ttl) == (Party.SERVER, 64, SERVER_TTL)
    assert known.channels[0].session is one


@pytest.mark.parametrize(
    ("server_ttl", "spoken_ttl"),
    [(SERVER_TTL, SERVER_TTL), (SERVER_TTL + 1, SERVER_TTL + 1), (64, SERVER_TTL), (None, None)],
    ids=["the same", "ways of unequal length", "only the SYN was answered there", "not seen"],
)
def test_nothing_to_tell(server_ttl: int | None, spoken_ttl: int | None) -> None:
    """Where both are as far away, or one is not known, there is no distance."""
    known = facts(passive(dial(View.CLIENT_WIRE, Answer.ACCEPTED)), server_ttl, spoken_ttl)
    assert measured(known) is known


def test_another_tap() -> None:
    """What another tap saw is not compared."""
    known = facts(passive(dial(View.SERVER_WIRE, Answer.ACCEPTED)))
    assert measured(known) is known


@pytest.mark.parametrize(("spoken", "party"), [(SERVER_TTL, Party.CLIENT), (64, None)], ids=["a proxy", "a SYN proxy"])
def test_the_client(spoken: int, party: Party | None) -> None:
    """Its SYN and its words must come from one place: a device that only opens in its name is no proxy."""
    control = session(openings=(control_opening(View.SERVER_WIRE, SERVER_TTL),), client_spoken_ttl=spoken)
    known = replace(passive(dial(View.SERVER_WIRE, Answer.ACCEPTED)), session=control)
    seen = Facts(source=Source(), vantage=Vantage.SERVER, began=0.0, sessions=(control,), channels=(known,))
    (one,) = measured(seen).sessions
    assert (one.distance.party if one.distance else None) is party
