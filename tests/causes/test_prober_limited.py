from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.causes.prober_limited import prober_limited
from ftpdiag.model import Answer, Confidence, Facts, Source, Target, Vantage, Verdict, View
from tests.causes.build import GREETING, exchange, grounds_of, knock, talk, unopened

TARGET = Target(given="ftp.example.org", host="ftp.example.org", port=21)
REASON = "This user may not sniff; run ftpdiag as root."
UNSNIFFED = Facts(
    source=Source(target=TARGET, reason=REASON),
    vantage=Vantage.CLIENT,
    began=1.0,
    sessions=(talk(GREETING),),
    channels=(),
)


def test_who_may_not_sniff_learns_how_to() -> None:
    """That is information: the test itself goes on."""
    grounds = grounds_of(prober_limited, UNSNIFFED)
    assert (grounds.confidence, grounds.verdict) == (Confidence.PROVEN, None)
    assert prober_limited.verdict is None
    assert grounds.summary == REASON


def test_lost_packets_are_told() -> None:
    """What was not seen may have been there."""
    source = Source(target=TARGET, sniffed=True, packets_dropped=7)
    assert "lost 7 packets" in grounds_of(prober_limited, replace(UNSNIFFED, source=source)).summary


def test_another_way_is_told() -> None:
    """What was not seen may have passed by an interface that nobody watched."""
    source = Source(target=TARGET, sniffed=True, interface="eth0", elsewhere=("eth1", "wg0"))
    summary = grounds_of(prober_limited, replace(UNSNIFFED, source=source)).summary
    assert summary == "Only eth0 was watched: a packet that was not seen may have passed by eth1 or wg0."


@pytest.mark.parametrize(
    "source",
    [
        Source(target=TARGET, sniffed=True),
        Source(target=TARGET, reason="Nothing was sniffed, because --no-sniff was given."),
        Source(),
    ],
)
def test_who_sniffed_or_did_not_want_to_is_not_limited(source: Source) -> None:
    """A capture is no limit either."""
    assert prober_limited.rule(replace(UNSNIFFED, source=source)) is None


def test_without_a_session_there_was_nothing_to_sniff() -> None:
    """A name without an address is its own finding."""
    assert prober_limited.rule(replace(UNSNIFFED, sessions=())) is None


def test_what_the_system_declined_leaves_a_mode_untested() -> None:
    """No free port: nothing was asked of the network."""
    limit = "This machine cannot listen on a port of 50000-50001 of 198.51.100.2: Address already in use."
    grounds = grounds_of(prober_limited, talk(GREETING, logged_in=True, limits=(limit,)))
    assert (grounds.verdict, grounds.summary) == (Verdict.UNTESTED, limit)


def test_limits_that_did_not_matter() -> None:
    """The data moved to the end."""
    done = exchange("LIST", "150 Here.", "226 Done.")
    assert prober_limited.rule(talk(GREETING, done, logged_in=True, limits=("Something.",))) is None


def test_no_way_out() -> None:
    """A tap that saw nothing leave makes it certain; alone, ENETUNREACH may have come from a router."""
    for error in ("ENETUNREACH", "EMFILE"):
        failed = knock(View.CLIENT_SOCKET, Answer.REJECTED, error=error)
        grounds = grounds_of(prober_limited, unopened(failed, knock(View.CLIENT_WIRE, Answer.ABSENT)))
        assert (grounds.confidence, grounds.verdict) == (Confidence.PROVEN, Verdict.UNTESTED)
    alone = knock(View.CLIENT_SOCKET, Answer.REJECTED, error="ENETUNREACH")
    assert grounds_of(prober_limited, unopened(alone)).confidence is Confidence.LIKELY


def test_errors_that_the_network_sends() -> None:
    """A router's ICMP error, a refusal, a connection that opened, a session of a capture."""
    unreachable = knock(View.CLIENT_SOCKET, Answer.REJECTED, error="ENETUNREACH")
    icmp = knock(View.CLIENT_WIRE, Answer.REJECTED, reporter="198.18.1.2")
    assert prober_limited.rule(unopened(unreachable, icmp)) is None
    assert prober_limited.rule(unopened(knock(View.CLIENT_SOCKET, Answer.REJECTED, error="EHOSTUNREACH"))) is None
    assert prober_limited.rule(talk(GREETING)) is None
    assert prober_limited.rule(unopened(knock(View.CLIENT_WIRE, Answer.SILENT))) is None
