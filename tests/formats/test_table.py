"""The page that a person reads, as it looks."""

from __future__ import annotations

from msgspec.structs import replace

from ftpdiag.formats.table import table
from ftpdiag.model import (
    Alternative,
    CaptureFile,
    Confidence,
    Diagnosis,
    Evidence,
    Experiment,
    Judgement,
    Location,
    Method,
    Remedy,
    Source,
    Tls,
    Vantage,
    Verdict,
)
from ftpdiag.report.look import Colour, Look
from ftpdiag.report.requirements import requirements
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


def page(found: Diagnosis) -> str:
    """The page, beginning on a line of its own as it does after a prompt."""
    return "\n" + table.render(found, Look())


def test_one_mode_blocked() -> None:
    """Verdict, cells, why, the packets, what to do: in this order, within 80 columns but for lines to paste."""
    channel = active()
    assert (
        page(diagnosis((passive(), WORKS), (channel, BLOCKED), findings=[dropped(channel)]))
        == """
Passive FTP to ftp.example.org works; active FTP is blocked by this machine's
own firewall.

handshake     IP    TLS    verdict    cause
------------  ----  -----  ---------  -----------------------------
active PORT   IPv4  none   blocked    active-dropped-by-client-host
passive EPSV  IPv4  none   works

This machine's own firewall drops the server's call-back
  [active-dropped-by-client-host] proven · where: client-host
  The server's SYN from 203.0.113.2:20 reaches this machine, which never answers
  it: the firewall of this machine drops it.

  Why
    +0.214 s #12    The server's SYN arrived here, 3 in all; no SYN-ACK left.
    +0.213 s        The server gave up. “425 Failed to establish connection.”

                    client 198.51.100.2                       server 203.0.113.2
    +0.210 s        ├─ PORT 198,51,100,2,179,231 ─────────────────────────────>│
    +0.211 s        │<────────────────────────── 200 PORT command successful. ─┤
    +0.212 s        ├─ LIST ──────────────────────────────────────────────────>│
    +0.213 s        │<─────────────────── 425 Failed to establish connection. ─┤
    +0.214 s #12    │<───────────────────────────── SYN ×3 20 → 46055, TTL 61 ─┤

  What to do
    On the client:
    - nftables:
        nft insert rule inet filter input ip saddr 203.0.113.2 tcp sport 20 tcp dport 1024-65535 accept
    - any FTP client: Use passive mode.

More about a cause: ftpdiag explain active-dropped-by-client-host
"""  # noqa: RUF001  the sign that the reader sees
    )


def test_all_works() -> None:
    """Where everything works there is nothing to read but that, and how to try more."""
    assert (
        page(diagnosis((passive(), WORKS), (active(), WORKS)))
        == """
FTP to ftp.example.org works, in passive and in active mode.

handshake     IP    TLS    verdict    cause
------------  ----  -----  ---------  -------
active PORT   IPv4  none   works
passive EPSV  IPv4  none   works

Only a listing of 20 bytes was fetched. If a file hangs:
  ftpdiag probe ftp://alice@ftp.example.org/path/to/file
"""
    )


def test_login_refused() -> None:
    """Where nothing could be tested, the reason is the headline and its doubt is spelled out."""
    control = shut_out()
    finding = replace(control_finding("control-login-refused", control), verdict=Verdict.REFUSED)
    found = diagnosis((control, UNTESTED), findings=[finding])
    assert (
        page(found)
        == """
Neither mode of FTP to ftp.example.org could be tested: the title of
control-login-refused.

handshake     IP    TLS    verdict    cause
------------  ----  -----  ---------  -------
passive EPSV  IPv4  none   untested

The title of control-login-refused
  [control-login-refused] likely · where: unknown
  The summary of control-login-refused.

                    client 198.51.100.2                       server 203.0.113.2
    +0.000 s        ├─ connect 203.0.113.2:21: accepted ──────────────────────>│
    +0.001 s        │<──────────────────────────────────── 220 (vsFTPd 3.0.3) ─┤
    +0.002 s        ├─ USER alice ────────────────────────────────────────────>│
    +0.003 s        │<───────────────────────────────── 230 Login successful. ─┤

  What is not certain
    - It may be control-refused instead. What would tell: the same probe from
      the server.

More about a cause: ftpdiag explain control-login-refused
"""
    )


def test_name_unresolved() -> None:
    """A name without an address has no sessions, no cells and no packets, but a reason."""
    finding = control_finding("control-name-unresolved")
    found = page(diagnosis(findings=[replace(finding, alternatives=())], unresolved="No address."))
    assert (
        found
        == """
Neither mode of FTP to ftp.example.org could be tested: the title of
control-name-unresolved.

The title of control-name-unresolved
  [control-name-unresolved] likely · where: unknown
  The summary of control-name-unresolved.

More about a cause: ftpdiag explain control-name-unresolved
"""
    )


def test_notes() -> None:
    """Information, and what could not be seen, stand at the end, each once."""
    remark = replace(control_finding("active-source-port-not-20"), verdict=None)
    source = replace(LIVE, sniffed=False, reason="Nothing was sniffed: grant CAP_NET_RAW.", packets_dropped=3)
    control = replace(session(), limits=("No IPv6 address.",), at_first="It stalled at first.")
    found = diagnosis((passive(control), WORKS), (active(control), WORKS), findings=[remark], source=source)
    assert page(found).endswith("""
  ftpdiag probe ftp://alice@ftp.example.org/path/to/file

Notes
  - The summary of active-source-port-not-20.
  - It stalled at first.
  - No IPv6 address.
  - Nothing was sniffed: grant CAP_NET_RAW.
  - 3 packets were lost before they could be read: what was not seen may have
    passed all the same.
""")


def test_experiments_that_were_cut() -> None:
    """What there was no time for is named: what it would have told is not known."""
    found = diagnosis((passive(), WORKS))
    late = replace(found, facts=replace(found.facts, cut=(Experiment.HOP_WALK, Experiment.LOW_TTL_OPENER)))
    assert "(hop walk and low ttl opener)" in " ".join(page(late).split())


def test_what_puts_all_in_doubt_is_told_first() -> None:
    """Under the first sentence, not among the notes: damage, a contradicted vantage; a command on its own line."""
    damage = "cut.pcap is damaged after packet 9."
    file = CaptureFile(
        path="cut.pcap",
        packets=9,
        bytes=900,
        link_type="ethernet",
        cautions=(damage, "It counts twice:\nftpdiag replay --client A --server B"),
    )
    found = diagnosis((passive(), WORKS), source=Source(files=(file,)))
    facts = replace(
        found.facts, vantage=Vantage.SERVER, vantage_said=Vantage.SERVER, vantage_reason="The packets tell otherwise."
    )
    told = page(replace(found, facts=facts))
    first, *cautions = told.strip().split("\n\n")
    assert "works" in first
    assert cautions[:3] == [
        "Caution: The packets tell otherwise.",
        f"Caution: {damage}",
        "Caution: cut.pcap: It counts twice:\n  ftpdiag replay --client A --server B",
    ]
    assert "Notes" not in told


def test_a_problem_that_names_its_file_does_so_once() -> None:
    """Other problems get the name of their file."""
    cut = "cut.pcap is damaged after packet 9: it ends within a packet."
    file = CaptureFile(path="cut.pcap", packets=9, bytes=900, link_type="ethernet", problems=(cut,))
    assert " ".join(page(diagnosis(source=Source(files=(file,)))).split()).endswith(f"Notes - {cut}")


def test_how_a_working_mode_works_is_told_whom_it_concerns() -> None:
    """A note on active mode is for those who asked for it, or whom it fails; others need not read it."""
    call = active()
    remark = replace(dropped(call), cause="active-source-port-not-20", verdict=None, summary="It is not 20.")
    both = diagnosis((passive(), WORKS), (call, WORKS), findings=[remark])
    assert "It is not 20." not in page(both)
    assert "It is not 20." in table.render(both, Look(), requirements(["active"]))
    assert "It is not 20." in page(diagnosis((call, WORKS), findings=[remark]))
    assert "It is not 20." in page(diagnosis((passive(), WORKS), (call, BLOCKED), findings=[remark]))
    captured = Source(files=(CaptureFile(path="x.pcap", packets=9, bytes=900, link_type="ethernet"),))
    assert "It is not 20." in page(diagnosis((passive(), WORKS), (call, WORKS), findings=[remark], source=captured))


def test_what_this_machine_could_not_do_is_said_once() -> None:
    """A limit that a finding tells is no note as well; what is missing for it stands at the end, with the exit code."""
    control = replace(session(Method.PORT), limits=("No port is free.",))
    limited = Judgement(verdict=Verdict.UNTESTED, causes=("prober-limited",))
    finding = replace(control_finding("prober-limited", control), summary="No port is free.")
    text = page(diagnosis((passive(), WORKS), (control, limited), findings=[finding]))
    assert "Notes" not in text
    assert "\n\nRequired: active was not tested, because no port is free. Exit code 3.\n\n" in text


def test_what_would_tell_where_comes_before_what_to_do() -> None:
    """Where nobody knows the place, most of what could be done is not to be done."""
    channel = active()
    here = dropped(channel)
    there = replace(here, location=Location.UNKNOWN, alternatives=control_finding("control-dropped").alternatives)
    told = page(diagnosis((channel, BLOCKED), findings=[there]))
    heads = [line.strip() for line in told.splitlines() if line.startswith("  What ")]
    assert heads == ["What is not certain: why", "What would tell where", "What to do"]
    known = page(diagnosis((channel, BLOCKED), findings=[replace(there, location=Location.CLIENT_HOST)]))
    heads = [line.strip() for line in known.splitlines() if line.startswith("  What ")]
    assert heads == ["What to do", "What is not certain: why"]


def test_vantage() -> None:
    """How an inferred vantage is told is said at the end; where it cannot be told, the reader is asked for it."""
    found = diagnosis((passive(), WORKS))
    told = replace(found.facts, vantage_reason="The server's packets had travelled 3 hops, the client's none.")
    assert page(replace(found, facts=told)).endswith(
        "\nNotes\n  - The server's packets had travelled 3 hops, the client's none.\n"
    )
    untold = replace(found.facts, vantage=Vantage.UNKNOWN, vantage_reason="The packets disagree.")
    assert page(replace(found, facts=untold)).endswith(
        "\n  - The packets disagree. If you know where, say so with --vantage.\n"
    )


def test_capture_problems() -> None:
    """What was wrong with a capture file is said, though it was read."""
    file = CaptureFile(path="x.pcap", packets=9, bytes=900, link_type="ethernet", problems=("The last packet is cut.",))
    assert (
        page(diagnosis(source=Source(files=(file,))))
        == """
No FTP session was found in x.pcap.

Notes
  - x.pcap: The last packet is cut.
"""
    )


def test_remedies_of_this_server() -> None:
    """The settings of servers that this one is not are left out."""
    channel = active()
    others = tuple(Remedy(who="server", product=name, text="Enable it.") for name in ("ProFTPD", "vsftpd"))
    text = page(diagnosis((channel, BLOCKED), findings=[replace(dropped(channel), remedies=others)]))
    assert "    On the server:\n    - vsftpd: Enable it.\n\n" in text
    assert "ProFTPD" not in text


def test_long_evidence() -> None:
    """Evidence of the same kind is cut short, and the page says by how much."""
    channel = active()
    items = tuple(Evidence(text=f"Sighting {number}.") for number in range(8))
    text = page(diagnosis((channel, BLOCKED), findings=[replace(dropped(channel), evidence=items)]))
    assert "Sighting 4." in text
    assert "Sighting 5." not in text
    assert "… and 3 more like these (--format json)." in text


def test_order_of_cells() -> None:
    """Cells stand by mode, family and encryption, whatever finished first."""
    pairs = [(6, Tls.NONE), (4, Tls.EXPLICIT), (4, Tls.NONE)]
    found = diagnosis(*((passive(session(family=family, tls=tls)), WORKS) for family, tls in pairs))
    rows = [line.split()[2:4] for line in page(found).splitlines() if line.startswith("passive EPSV")]
    assert rows == [["IPv4", "none"], ["IPv4", "explicit"], ["IPv6", "none"]]


def test_control_comes_first() -> None:
    """A fault of the control connection stands before those of data connections."""
    channel, control = active(), shut_out(family=6)
    found = [dropped(channel), control_finding("control-dropped", control)]
    text = page(diagnosis((channel, BLOCKED), (control, UNTESTED), findings=found))
    assert text.index("[control-dropped]") < text.index("[active-dropped-by-client-host]")


def test_what_another_encryption_got_round_comes_last() -> None:
    """That no login is taken in the clear is no news to whoever sees the same handshake go on under TLS."""
    channel, control = passive(session(tls=Tls.EXPLICIT)), shut_out()
    found = [dropped(channel), control_finding("control-tls-required", control)]
    text = page(diagnosis((channel, BLOCKED), (control, UNTESTED), findings=found))
    assert text.index("[active-dropped-by-client-host]") < text.index("[control-tls-required]")
    assert text.endswith("ftpdiag explain active-dropped-by-client-host\n")


def test_longest_names_fit() -> None:
    """The longest name of a cause fits into 80 columns beside the longest cell."""
    name = "passive-answer-dropped-by-client-host"
    channel = passive(session(family=6))
    finding = replace(dropped(channel), cause=name, location=Location.CLIENT_HOST)
    found = diagnosis((channel, replace(BLOCKED, causes=(name,))), findings=[finding])
    cells = tuple((replace(cell, tls=Tls.EXPLICIT), judgement) for cell, judgement in found.cells)
    row = next(line for line in page(replace(found, cells=cells)).splitlines() if line.startswith("passive EPSV"))
    assert row.endswith(name)
    assert len(row) <= 80


def test_hostile_text_is_bounded() -> None:
    """However much a server says, no line grows wider than the page and the page stays short."""
    channel = active()
    rant = "x" * 8000
    finding = replace(
        dropped(channel),
        summary=rant,
        evidence=(Evidence(text="It said:", line=rant),),
        remedies=(),
        alternatives=(Alternative(cause="control-refused", settle_with="a probe."),),
        confidence=Confidence.POSSIBLE,
    )
    lines = page(diagnosis((channel, BLOCKED), findings=[finding])).splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) < 50


def test_a_long_summary_is_told_to_its_end() -> None:
    """Several sentences of our own fit; what a server adds without end is cut between two words."""
    channel = active()
    summary = "The control connection is closed by something here or on the way. " * 9
    found = diagnosis((channel, BLOCKED), findings=[replace(dropped(channel), summary=summary.strip())])
    assert " ".join(page(found).split()).count(summary.strip()) == 1
    found = diagnosis((channel, BLOCKED), findings=[replace(dropped(channel), summary=summary * 2)])
    assert "the way. The …" in " ".join(page(found).split())


def test_what_an_experiment_made_happen_is_drawn() -> None:
    """The session of the first round, which went well, shows nothing of it."""
    channel, again = active(), passive()
    found = diagnosis((channel, BLOCKED), findings=[replace(dropped(channel), shown=again)])
    assert "229 Entering Extended" in page(found)
    assert "SYN ×3" not in page(found)  # noqa: RUF001  the sign that the reader sees


def test_colour() -> None:
    """Colour is added where the reader's screen has it, and changes nothing else."""
    channel = active()
    found = diagnosis(
        (passive(), WORKS), (channel, BLOCKED), (shut_out(family=6), UNTESTED), findings=[dropped(channel)]
    )
    plain, coloured = (table.render(found, Look(colour=colour)) for colour in Colour)
    assert "\x1b" not in plain
    assert "\x1b[32mworks\x1b[0m" in coloured
    assert f"\x1b[31m{Verdict.BLOCKED}\x1b[0m" in coloured
    bare = coloured
    for code in ("\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m"):
        bare = bare.replace(code, "")
    assert bare == plain


def test_no_trailing_spaces() -> None:
    """A page that is pasted into a ticket carries no spaces at line ends."""
    channel = active()
    for colour in Colour:
        text = table.render(diagnosis((channel, BLOCKED), findings=[dropped(channel)]), Look(colour=colour))
        assert [line for line in text.splitlines() if line.endswith(" ")] == []


def test_what_is_proven_may_have_another_reason() -> None:
    """Of a fault that is proven, what stands behind it may still be in doubt, and the page says which is which."""
    control = shut_out()
    proven = replace(control_finding("control-login-refused", control), confidence=Confidence.PROVEN)
    text = page(diagnosis((control, UNTESTED), findings=[proven]))
    assert "What is not certain: why\n    - Behind it may be control-refused. What would tell:" in text
