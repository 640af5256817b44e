"""Which captures were named, and as what."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftpdiag.model import Segment, Vantage, View
from ftpdiag.recording.replay import record_any, record_ends
from tests.lab.case import CAPTURES

CLIENT, SERVER = (CAPTURES / "alg-rewrote-endpoint-port" / name for name in ("client.pcap", "server.pcap"))
BOTH = {View.CLIENT_WIRE: CLIENT, View.SERVER_WIRE: SERVER}


@pytest.mark.parametrize(
    ("files", "places", "vantage", "sentence"),
    [
        ([], {}, Vantage.UNKNOWN, "Name a capture"),
        ([CLIENT], BOTH, Vantage.UNKNOWN, "not both ways"),
        ([], BOTH, Vantage.CLIENT, "leave --vantage out"),
        ([], {View.SERVER_WIRE: SERVER}, Vantage.UNKNOWN, "use --vantage server with the FILE"),
        ([], BOTH | {View.SERVER_WIRE: Path("-")}, Vantage.UNKNOWN, "save it first"),
    ],
)
def test_what_cannot_be_meant_is_said(
    files: list[Path], places: dict[View, Path | None], vantage: Vantage, sentence: str
) -> None:
    """One sentence says what is wrong with how the captures were named, and how to name them."""
    with pytest.raises(ValueError, match=sentence):
        record_any(files, places, vantage)


def test_ends_stand_from_the_client_to_the_server() -> None:
    """In whatever order they were named, the taps and their files stand in the order of the way."""
    recording = record_ends(dict(reversed(BOTH.items())))
    assert recording.vantage is Vantage.BOTH
    assert [tap.view for tap in recording.taps] == list(BOTH)
    assert [(file.view, file.path) for file in recording.source.files] == [(view, str(at)) for view, at in BOTH.items()]


def test_a_port_that_is_announced_elsewhere_is_followed() -> None:
    """The client was told another port than the server said: its SYN is found in the capture of the server, too."""
    announced = record_any([CLIENT], {}, Vantage.CLIENT)
    syns = [one for one in announced.packets if isinstance(one, Segment) and one.destination.port > 51000]
    alone = record_any([SERVER], {}, Vantage.SERVER)
    assert not {one.seq for one in syns} & {one.seq for one in alone.packets}
    together = record_ends(BOTH)
    assert {one.seq for one in syns} <= {one.seq for one in together.taps[1].packets}
