from __future__ import annotations

from msgspec.structs import replace

from ftpdiag.model import CaptureFile, Facts, Finding, Location, Source, Target, Vantage, Verdict, View
from ftpdiag.report.captures import captures_that_tell, one_in_full, same_replay, told_by_captures
from ftpdiag.report.look import Look
from tests.hand_built import BLOCKED, active, diagnosis, dropped, session

ADVICE = """What would tell where
  Captures of both ends, made at the same time (behind a NAT, the server sees
  its address instead):
    server$ tcpdump -i any -w server.pcap host 198.51.100.2
    client$ ftpdiag probe ftp.example.org --save client.pcap
    ftpdiag replay --client client.pcap --server server.pcap"""


def somewhere(verdict: Verdict = Verdict.BLOCKED) -> tuple[Finding, Facts]:
    """A finding whose place nobody knows."""
    channel = active()
    finding = replace(dropped(channel), location=Location.UNKNOWN, verdict=verdict)
    return finding, diagnosis((channel, BLOCKED), findings=[finding]).facts


def told(finding: Finding, facts: Facts) -> str:
    """The lines, as they stand in a report."""
    assert told_by_captures([finding], facts) is finding
    return "\n".join(captures_that_tell(finding, facts, Look()))


def test_where_it_breaks() -> None:
    """What was dropped somewhere is found with captures of both ends; the commands are there to be pasted."""
    assert told(*somewhere()) == ADVICE


def test_a_client_that_the_server_sees_as_somebody_else() -> None:
    """Behind a NAT its own address fits no packet at the server: the one that any of its sessions was told does."""
    finding, facts = somewhere()
    other = replace(session(), client_seen_as="192.0.2.7")
    advised = told(finding, replace(facts, sessions=(*facts.sessions, other)))
    assert "server$ tcpdump -i any -w server.pcap host 192.0.2.7\n" in advised
    assert "behind a NAT" not in advised


def test_with_the_options_that_show_it() -> None:
    """What it took to see the fault is tried again."""
    finding, facts = somewhere()
    target = Target(given="ftp.example.org/in box/", host="ftp.example.org", port=21, path="in box/")
    options = (("--verb", "stor"), ("--hold", "7"), ("--no-sniff",))
    source = replace(facts.source, target=target, typed=options)
    advised = "client$ ftpdiag probe 'ftp.example.org/in box/' --verb stor --hold 7 --save client.pcap"
    assert advised in told(finding, replace(facts, source=source))


def test_where_a_capture_was_read() -> None:
    """Whoever gave a capture makes two more, and need not probe."""
    finding, facts = somewhere()
    source = Source(files=(CaptureFile(path="a.pcap", packets=1, bytes=1, link_type="Ethernet"),))
    assert "client$ tcpdump -i any -w client.pcap host 203.0.113.2" in told(finding, replace(facts, source=source))


def test_a_client_that_never_got_through() -> None:
    """Its address is that of its SYNs; where none was seen, the reader puts it in."""
    finding, facts = somewhere()
    seen = replace(session(), client=None, openings=active().openings)
    assert "host 203.0.113.2\n    client$" in told(replace(finding, subjects=(seen,)), facts)
    unseen = replace(seen, openings=())
    assert "host CLIENT\n" in told(replace(finding, subjects=(unseen,)), facts)


def test_nothing_more_to_capture() -> None:
    """A place that is known, a reply that declines, and captures of both ends leave nothing to be captured."""
    finding, facts = somewhere()
    refused, _ = somewhere(Verdict.REFUSED)
    assert not told_by_captures([replace(finding, location=Location.PATH), refused], facts)
    assert not told_by_captures([finding], replace(facts, vantage=Vantage.BOTH))


def test_the_same_captures_again() -> None:
    """Files are named as a shell takes them, those of several ends by their options; many are not listed."""
    one = CaptureFile(path="my day.pcap", packets=1, bytes=1, link_type="Ethernet")
    ends = (replace(one, path="a", view=View.CLIENT_WIRE), replace(one, path="b", view=View.SERVER_WIRE))
    assert same_replay(Source(files=(one,))) == "ftpdiag replay 'my day.pcap'"
    assert same_replay(Source(files=ends)) == "ftpdiag replay --client a --server b"
    assert same_replay(Source(files=(one,) * 4)) == "ftpdiag replay FILE…"


def test_standard_input_cannot_be_read_again() -> None:
    """It is to be saved first; a file is named as it was."""
    one = CaptureFile(path="-", packets=1, bytes=1, link_type="Ethernet")
    first, command = one_in_full(Source(files=(one,)))
    assert "saved" in first
    assert command == "  ftpdiag replay FILE --session N"
    assert one_in_full(Source(files=(replace(one, path="a"),)))[1] == "  ftpdiag replay a --session N"
