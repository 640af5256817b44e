from __future__ import annotations

import pytest

from ftpdiag.causes.passive_ports_exhausted import passive_ports_exhausted
from ftpdiag.causes.passive_ports_partly_blocked import passive_ports_partly_blocked
from ftpdiag.model import Answer, Confidence, DataChannel, Verdict
from tests.causes.build import exchange, grounds_of, passive
from tests.clues.test_ports import ports, to_port, together


@pytest.mark.parametrize(
    ("answer", "confidence"),
    [
        ("425 All reserved TCP ports are busy", Confidence.PROVEN),
        ("425 Cannot open passive connection: Address already in use", Confidence.PROVEN),
        ("500 OOPS: vsf_sysutil_bind", Confidence.LIKELY),
        ("425 Cannot prepare for data connection.", Confidence.LIKELY),
        ("425 Too many connections. Can't open data channel.", Confidence.LIKELY),
    ],
)
def test_the_servers_own_words(answer: str, confidence: Confidence) -> None:
    """vsftpd, FileZilla Server and pyftpdlib say the same of whatever keeps them from listening."""
    grounds = grounds_of(passive_ports_exhausted, passive(answer=answer))
    assert (grounds.confidence, grounds.verdict) == (confidence, None)
    assert answer in grounds.summary
    assert bool(grounds.alternatives) == (confidence is Confidence.LIKELY)


@pytest.mark.parametrize("answer", ["502 Command not implemented.", "425 Security: Bad IP connecting.", "550 Denied."])
def test_other_words_are_about_something_else(answer: str) -> None:
    """Nothing in them is about ports that are in use."""
    assert passive_ports_exhausted.rule(passive(answer=answer)) is None


def test_a_data_connection_that_failed_says_nothing_of_the_range() -> None:
    """425 to the transfer is not about a port to listen on."""
    channel = passive(transfer=exchange("LIST", "425 Failed to establish connection.", after=60))
    assert passive_ports_exhausted.rule(channel) is None


def again(port: int, times: int) -> list[DataChannel]:
    """Data connections to the same port, that open."""
    return [to_port(port, Answer.ACCEPTED, at=place) for place in range(times)]


def test_what_passes_lies_in_a_narrow_range_and_what_does_not_all_over() -> None:
    """No chance leads two of six to one port of 28,000."""
    scattered = [to_port(port, Answer.SILENT, at=port) for port in (33309, 41234, 55001, 60100)]
    grounds = grounds_of(passive_ports_exhausted, together(*again(50000, 2), *scattered))
    assert (grounds.confidence, grounds.verdict) == (Confidence.LIKELY, Verdict.BLOCKED)
    assert "such as 60100" in grounds.summary


@pytest.mark.parametrize(
    "channel",
    [
        together(*again(50000, 1), *(to_port(port, Answer.SILENT) for port in (33309, 41234, 60100))),
        together(*again(50000, 2), *(to_port(port, Answer.SILENT) for port in (50060, 50061, 50062))),
        ports((50000, 50400, 50700), (51000, 55000, 58000)),
        ports((50000, 50001, 50050), (33309, 50020, 60100)),
        ports((), (33309, 41234, 60100)),
    ],
    ids=["once", "beside", "wide", "within", "none"],
)
def test_what_may_be_chance_or_a_firewall_is_not_called_that(channel: DataChannel) -> None:
    """One that opened, ports right beside the range, a wide range, a port within it that fails, or none that opens."""
    assert passive_ports_exhausted.rule(channel) is None


def test_it_wins_over_ports_that_are_partly_blocked() -> None:
    """Both may hold where all that is scattered lies above the range."""
    made = [*again(33000, 4), *(to_port(port, Answer.SILENT, at=port) for port in range(40000, 60000, 2000))]
    channel = together(*made)
    assert passive_ports_exhausted.rule(channel)
    assert passive_ports_partly_blocked.name in passive_ports_exhausted.overrides
