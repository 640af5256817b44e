"""What the announced ports tell of the server's range."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.diagnosis.passive_range import IN_GENERAL, words
from ftpdiag.model import Answer, Cell, Change, DataChannel, Experiment, Method, Retried, Tls
from tests.clues.test_ports import to_port


def announced(*ports: int) -> DataChannel:
    """The last of several channels that were told these ports, one after the other."""
    those = [to_port(port, Answer.SILENT) for port in ports]
    told = tuple(
        replace(one, negotiation=replace(one.negotiation, at=float(number))) for number, one in enumerate(those)
    )
    return replace(told[-1], beside=told)


@pytest.mark.parametrize(
    ("ports", "named"),
    [
        ((60007, 60034), "ports 60007 and 60034, as one"),
        ((60034, 60007, 60034), "ports 60007 and 60034, as one"),
        ((40012, 40009, 40030), "ports 40009, 40012 and 40030, as one"),
        ((30100, 30900, 30400, 30700), "4 ports between 30100 and 30900, as one"),
    ],
)
def test_ports_close_together_are_of_a_range_that_is_set(ports: tuple[int, ...], named: str) -> None:
    """It is to be opened, wherever it is; the example would move the server."""
    told = words(announced(*ports))
    assert (told["low"], told["high"]) == ("FROM", "TO")
    assert named in told["passive_range"]
    assert "50000" not in told["passive_range"]


@pytest.mark.parametrize(
    "ports",
    [
        (60007,),
        (60007, 60007),
        (33110, 58023),
        (60007, 40009, 50100, 35000),
        (49152, 49153, 49155),
    ],
)
def test_ports_of_all_numbers_or_in_turn_show_no_range(ports: tuple[int, ...]) -> None:
    """Windows counts them up where none is set; one port alone shows nothing."""
    told = words(announced(*ports))
    assert told["low"] == IN_GENERAL["low"]
    assert told["passive_range"].startswith(f"The server announced port {ports[-1]}. First let it use a fixed range")


def test_ports_of_the_other_sessions_count_as_well() -> None:
    """Those of samples, for example."""
    retried = Retried(
        experiment=Experiment.PORT_SAMPLES,
        cell=Cell(method=Method.EPSV, family=4, tls=Tls.NONE),
        change=Change(),
        session=announced(60034).session,
        channels=(announced(60034),),
    )
    assert words(replace(announced(60007), retries=(retried,)))["low"] == "FROM"


def test_no_port() -> None:
    """Where none was announced, a range stands by example."""
    assert words(replace(announced(60007), announced=None, beside=())) == IN_GENERAL
