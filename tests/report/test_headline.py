"""The sentence that a manager reads."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.model import CaptureFile, Confidence, Judgement, Location, Method, Mode, Source, Tls, Verdict
from ftpdiag.report.headline import PARTLY, TRANSFER, as_clause, headline
from tests.hand_built import (
    BLOCKED,
    LIVE,
    UNTESTED,
    WORKS,
    active,
    control_finding,
    diagnosis,
    dropped,
    passive,
    session,
    shut_out,
)

CAPTURE = Source(files=(CaptureFile(path="x.pcap", packets=1, bytes=60, link_type="ethernet"),))


def test_one_mode_blocked() -> None:
    """It says which mode works, which does not, and who is in the way."""
    channel = active()
    found = diagnosis((channel, BLOCKED), (passive(), WORKS), findings=[dropped(channel)])
    assert headline(found) == (
        "Passive FTP to ftp.example.org works; active FTP is blocked by this machine's own firewall."
    )


def test_both_modes_alike() -> None:
    """What holds for both modes is said once."""
    assert headline(diagnosis((active(), WORKS), (passive(), WORKS))) == (
        "FTP to ftp.example.org works, in passive and in active mode."
    )


@pytest.mark.parametrize(
    ("verdict", "confidence", "said"),
    [
        (Verdict.BLOCKED, Confidence.PROVEN, "works with EPSV, not with PASV; active"),
        (Verdict.BROKEN, Confidence.PROVEN, "works with EPSV, not with PASV; active"),
        (Verdict.BLOCKED, Confidence.LIKELY, "works; active"),
        (Verdict.REFUSED, Confidence.PROVEN, "works; active"),
    ],
)
def test_a_method_that_a_proven_fault_stops_is_named(verdict: Verdict, confidence: Confidence, said: str) -> None:
    """A mode works where one method does, and nobody is told that all is well with the other."""
    other = replace(passive(), method=Method.PASV)
    finding = replace(dropped(other), mode=Mode.PASSIVE, confidence=confidence)
    judgement = Judgement(verdict=verdict, causes=(finding.cause,))
    found = diagnosis((passive(), WORKS), (other, judgement), findings=[finding])
    assert said in headline(found)


def test_a_method_is_named_beside_the_family() -> None:
    """What works with one method over IPv4 works with all of them over IPv6."""
    other = replace(passive(), method=Method.PASV)
    six = passive(session(family=6))
    finding = replace(dropped(other), mode=Mode.PASSIVE)
    judgement = Judgement(verdict=Verdict.BLOCKED, causes=(finding.cause,))
    found = diagnosis((passive(), WORKS), (other, judgement), (six, WORKS), findings=[finding])
    assert "works with EPSV, not with PASV, over IPv4 but works over IPv6;" in headline(found)


def test_one_mode_not_tested() -> None:
    """A mode that was left out is not passed over in silence."""
    assert headline(diagnosis((passive(), WORKS))) == (
        "Passive FTP to ftp.example.org works; active FTP was not tested."
    )


def test_some_ports_are_blocked() -> None:
    """A mode of which some data connections pass is not simply blocked."""
    channel = passive()
    partly = replace(dropped(channel), cause=PARTLY, mode=Mode.PASSIVE, location=Location.UNKNOWN)
    judgement = Judgement(verdict=Verdict.BLOCKED, causes=(PARTLY,))
    assert headline(diagnosis((channel, judgement), (active(), WORKS), findings=[partly])).startswith(
        "Passive FTP to ftp.example.org is blocked on some ports, somewhere that cannot be told from here;"
    )


def test_doubtful_place() -> None:
    """A place that is not proven is said with the doubt it deserves, an unknown one is said to be unknown."""
    channel = active()
    likely = replace(dropped(channel), confidence=Confidence.LIKELY, location=Location.SERVER_NETWORK)
    assert headline(diagnosis((channel, BLOCKED), findings=[likely])).endswith(
        "active FTP is blocked most likely in the server's network."
    )
    possible = replace(likely, confidence=Confidence.POSSIBLE)
    assert headline(diagnosis((channel, BLOCKED), findings=[possible])).endswith(
        "active FTP is blocked, possibly in the server's network."
    )
    unknown = replace(likely, location=Location.UNKNOWN)
    assert headline(diagnosis((channel, BLOCKED), findings=[unknown])).endswith(
        "active FTP is blocked somewhere that cannot be told from here."
    )


def test_places_that_differ() -> None:
    """Where the same mode is blocked in two places, the sentence names neither."""
    channel = active()
    found = [dropped(channel), replace(dropped(channel), location=Location.CLIENT_NETWORK)]
    assert headline(diagnosis((channel, BLOCKED), findings=found)).endswith("active FTP is blocked.")


def test_a_file_that_is_not_there_is_no_firewall() -> None:
    """Where the server declines what was asked for, the mode may be as good as ever."""
    declined = Judgement(verdict=Verdict.REFUSED, causes=(TRANSFER,))
    assert headline(diagnosis((passive(), declined), (active(), declined))) == (
        "FTP to ftp.example.org gets the transfer itself declined by the server, in passive and in active mode."
    )


def test_families_that_differ() -> None:
    """A mode that works over one family only is neither working nor blocked: the sentence says both."""
    sixth = passive(session(family=6))
    found = diagnosis((passive(), WORKS), (sixth, Judgement(verdict=Verdict.REFUSED)))
    assert headline(found).startswith(
        "Passive FTP to ftp.example.org works over IPv4 but is declined by the server over IPv6;"
    )


def test_encryptions_that_differ() -> None:
    """So it is with encryption."""
    encrypted = passive(session(tls=Tls.EXPLICIT))
    found = diagnosis((passive(), WORKS), (encrypted, Judgement(verdict=Verdict.BROKEN)))
    assert headline(found).startswith(
        "Passive FTP to ftp.example.org works without TLS but fails during the transfer with explicit TLS;"
    )


def test_family_that_never_logged_in() -> None:
    """A family that was never reached is named beside the one that works."""
    found = diagnosis((passive(), WORKS), (shut_out(family=6), UNTESTED))
    assert headline(found).startswith("Passive FTP to ftp.example.org works over IPv4 but was not tested over IPv6;")


def test_no_login() -> None:
    """Where nothing could be tested, the first thing in the way is the sentence."""
    control = shut_out(Method.PASV)
    found = diagnosis((control, UNTESTED), findings=[control_finding("control-login-refused", control)])
    assert headline(found) == (
        "Neither mode of FTP to ftp.example.org could be tested: the title of control-login-refused."
    )


def test_no_login_and_no_reason() -> None:
    """Not knowing why is said as well."""
    assert headline(diagnosis((shut_out(), UNTESTED))) == (
        "Neither mode of FTP to ftp.example.org could be tested, and nothing says why."
    )


def test_what_a_capture_cannot_tell() -> None:
    """TLS hides whether the transfers went well, not that their data connections opened; a gap may hide anything."""
    control = replace(session(None, tls=Tls.EXPLICIT), opaque=True)
    begins = "Neither mode of FTP to 203.0.113.2 could be tested"
    assert headline(diagnosis((control, UNTESTED), source=CAPTURE)) == f"{begins}: TLS hides what was said."
    opened = replace(passive(control), inferred=True)
    assert headline(diagnosis((opened, UNTESTED), source=CAPTURE)) == (
        f"{begins}: TLS hides what was said. Data connections opened in passive mode."
    )
    (file,) = CAPTURE.files
    halved = Source(files=(replace(file, problems=("Only one direction of 1 session was captured: mirror both.",)),))
    assert headline(diagnosis((session(None), UNTESTED), source=halved)) == (
        f"{begins}. What the capture lacks is said in the notes."
    )


def test_other_port() -> None:
    """A control port other than 21 is part of the server's name."""
    assert LIVE.target
    source = replace(LIVE, target=replace(LIVE.target, port=2121))
    assert headline(diagnosis((passive(), WORKS), source=source)).startswith(
        "Passive FTP to ftp.example.org, port 2121, works;"
    )


def test_capture() -> None:
    """In a capture the server is an address, and the client is not this machine."""
    channel = active()
    found = diagnosis((channel, BLOCKED), (passive(), WORKS), findings=[dropped(channel)], source=CAPTURE)
    assert headline(found) == ("Passive FTP to 203.0.113.2 works; active FTP is blocked by the client machine itself.")


def test_capture_without_ftp() -> None:
    """A capture without FTP is said to be one."""
    assert headline(diagnosis(source=CAPTURE)) == "No FTP session was found in x.pcap."


def test_capture_without_packets() -> None:
    """Nothing was captured into it: another fault than a session that is not there."""
    empty = Source(files=(CaptureFile(path="x.pcap", packets=0, bytes=0, link_type="ethernet"),))
    assert headline(diagnosis(source=empty)) == "No FTP session was found in x.pcap: it holds no packet at all."


@pytest.mark.parametrize(
    ("title", "clause"),
    [
        ("The server refuses the login", "the server refuses the login"),
        ("A device turns it down.", "a device turns it down"),
        ("PASV cannot work over IPv6", "PASV cannot work over IPv6"),
    ],
)
def test_a_title_in_a_sentence(title: str, clause: str) -> None:
    """In the middle of a sentence only names keep their capitals."""
    assert as_clause(title) == clause
