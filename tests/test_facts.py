"""What the sockets said and what the wire showed become the same facts, and neither claims what it did not see."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count

import pytest
from msgspec.structs import replace

from ftpdiag.cause import Cause
from ftpdiag.diagnosis import diagnose
from ftpdiag.discovery import declarations
from ftpdiag.facts import derive
from ftpdiag.model import (
    Answer,
    Attempt,
    Carriage,
    Cell,
    ControlSession,
    DataChannel,
    Ending,
    Endpoint,
    Facts,
    Flag,
    Hangup,
    IcmpError,
    Line,
    Method,
    Mode,
    Opening,
    Packet,
    Party,
    Recording,
    Reply,
    Segment,
    Source,
    Target,
    Tls,
    Vantage,
    Verdict,
    View,
)
from ftpdiag.report.requirements import exit_code
from ftpdiag.vocabulary import Exit

CLIENT = Endpoint(host="198.51.100.2", port=40000)
SERVER = Endpoint(host="203.0.113.2", port=21)
PASSIVE = SERVER.host
HERE, THERE = Endpoint(host=CLIENT.host, port=50000), Endpoint(host=SERVER.host, port=50000)
"""Port 50000 is 195,80."""
FROM_HERE, FROM_THERE = Endpoint(host=CLIENT.host, port=40001), Endpoint(host=SERVER.host, port=20)
STRANGER = Endpoint(host="192.0.2.66", port=666)
ROUTER = "198.18.0.1"

SYN, SYN_ACK, ACK, FIN, RST = Flag.SYN, Flag.SYN | Flag.ACK, Flag.ACK, Flag.FIN | Flag.ACK, Flag.RST | Flag.ACK

LOGIN = (
    "S: 220 (vsFTPd 3.0.3)",
    "C: USER alice",
    "S: 331 Please specify the password.",
    "C: PASS ***",
    "S: 230 Login successful.",
)
STATUS = (
    "C: STAT",
    "S: 211-FTP server status:",
    "S:      Connected to 198.51.100.2",
    "S:      vsFTPd 3.0.3 - secure, fast, stable",
    "S: 211 End of status",
)


@dataclass(slots=True, kw_only=True)
class Tape:
    """One session, written down twice: as our sockets saw it, and as the packets that a tap saw."""

    client: Endpoint = CLIENT
    server: Endpoint = SERVER
    method: Method = Method.EPSV
    now: float = 1000.0
    lines: list[Line] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)
    carriages: list[Carriage] = field(default_factory=list)
    packets: list[Packet] = field(default_factory=list)
    strangers: list[Endpoint] = field(default_factory=list)
    hangup: Hangup | None = None
    numbers: count[int] = field(default_factory=lambda: count(1))
    sent: dict[tuple[Endpoint, Endpoint], int] = field(default_factory=dict)

    def segment(self, source: Endpoint, to: Endpoint, flags: int, payload: bytes = b"") -> Segment:
        """Pass a segment by the tap, a hundredth of a second after the one before."""
        self.now += 0.01
        seq = self.sent.get((source, to), 1000)
        self.sent[source, to] = seq + len(payload) + bool(flags & (Flag.SYN | Flag.FIN))
        passed = Segment(
            number=next(self.numbers),
            at=self.now,
            source=source,
            destination=to,
            flags=flags,
            seq=seq,
            ack=self.sent.get((to, source), 0),
            window=64240,
            ttl=61 if source.host == self.server.host else 64,
            length=len(payload),
            payload=payload,
        )
        self.packets.append(passed)
        return passed

    def shake_hands(self, opener: Endpoint, target: Endpoint) -> None:
        """SYN, SYN-ACK, ACK."""
        self.segment(opener, target, SYN)
        self.segment(target, opener, SYN_ACK)
        self.segment(opener, target, ACK)

    def at_socket(self, opener: Endpoint, target: Endpoint, answer: Answer, *, at: float | None = None) -> None:
        """What our socket was told."""
        self.openings.append(
            Opening(
                at=self.now if at is None else at,
                opener=opener,
                target=target,
                answer=answer,
                view=View.CLIENT_SOCKET,
                tries=int(answer is not Answer.ABSENT),
                established=answer is Answer.ACCEPTED,
            )
        )

    def connect(self) -> Tape:
        """Open the control connection."""
        self.at_socket(self.client, self.server, Answer.ACCEPTED)
        self.shake_hands(self.client, self.server)
        return self

    def say(self, *lines: str) -> Tape:
        """`S: 220 Hello`, `C: USER alice`, each in a segment of its own."""
        for line in lines:
            sender = Party.SERVER if line[0] == "S" else Party.CLIENT
            ends = (self.server, self.client) if sender is Party.SERVER else (self.client, self.server)
            text = line[3:]
            secret = text.replace("***", "s3cret") if sender is Party.CLIENT else text
            passed = self.segment(*ends, ACK, f"{secret}\r\n".encode())
            self.lines.append(Line(at=passed.at, sender=sender, text=text))
        return self

    def open(self, opener: Endpoint, target: Endpoint) -> Tape:
        """A data connection that is accepted."""
        began = self.now
        self.shake_hands(opener, target)
        self.at_socket(opener, target, Answer.ACCEPTED, at=began)
        return self

    def carry(self, opener: Endpoint, target: Endpoint, data: bytes) -> Tape:
        """Data from the server to its end, over a connection that stands."""
        source, to = (opener, target) if opener.host == self.server.host else (target, opener)
        self.segment(source, to, ACK, data)
        self.segment(source, to, FIN)
        self.segment(to, source, FIN)
        self.carriages.append(
            Carriage(local=to, remote=source, to_client=len(data), ending=Ending.FINISHED, ended_by=source.host)
        )
        return self

    def call_in_vain(self, opener: Endpoint, target: Endpoint, tries: int = 3) -> Tape:
        """SYNs that nobody answers, a second apart."""
        for again in range(tries):
            self.now += bool(again)
            self.segment(opener, target, SYN)
            self.sent.pop((opener, target))
        return self

    def source(self, **changes: object) -> Source:
        """A live probe that sniffed."""
        target = Target(given="ftp.example.org", host="ftp.example.org", port=21)
        return replace(Source(target=target, address=self.server.host, interface="eth0", sniffed=True), **changes)

    def attempt(self) -> Attempt:
        """What our sockets saw."""
        return Attempt(
            method=self.method,
            family=4,
            tls=Tls.NONE,
            client=self.client,
            server=self.server,
            began=1000.0,
            lines=tuple(self.lines),
            openings=tuple(self.openings),
            carriages=tuple(self.carriages),
            hangup=self.hangup,
            strangers=tuple(self.strangers),
        )

    def live(self, *others: Tape, **changes: object) -> Facts:
        """The facts of a live probe, which made other sessions as well."""
        source, every = self.source(**changes), (self, *others)
        packets = sorted((packet for one in every for packet in one.packets), key=lambda packet: packet.at)
        numbered = tuple(packet._replace(number=number) for number, packet in enumerate(packets, 1))
        return derive(
            Recording(
                source=source,
                vantage=Vantage.CLIENT,
                began=1000.0,
                attempts=tuple(one.attempt() for one in every),
                packets=numbered if source.sniffed else (),
            )
        )

    def replayed(self, vantage: Vantage = Vantage.CLIENT) -> Facts:
        """The facts of a capture of the same packets."""
        return derive(Recording(source=Source(), vantage=vantage, began=1000.0, packets=tuple(self.packets)))


def only_channel(facts: Facts) -> DataChannel:
    """The one data connection that was negotiated."""
    (channel,) = facts.channels
    return channel


def only_session(facts: Facts) -> ControlSession:
    """The one session there was."""
    (session,) = facts.sessions
    return session


def known(session: ControlSession) -> tuple[object, ...]:
    """What the dialogue and the control connection's packets tell of a session."""
    return (session.product, session.client_seen_as, session.server_ttl, session.logged_in, session.last_seen)


def answers(channel: DataChannel) -> list[tuple[View, Answer]]:
    """What each view saw."""
    return [(one.view, one.answer) for one in channel.openings]


def passive_tape() -> Tape:
    """EPSV, dialled and carried to the end."""
    tape = Tape().connect().say(*LOGIN, *STATUS, "C: EPSV", "S: 229 Entering Extended Passive Mode (|||50000|)")
    tape.open(FROM_HERE, THERE).say("C: LIST", "S: 150 Here it comes")
    return tape.carry(FROM_HERE, THERE, b"README\r\n").say("S: 226 Done", "C: QUIT", "S: 221 Goodbye.")


def active_tape() -> Tape:
    """PORT, called back and carried to the end."""
    tape = Tape(method=Method.PORT).connect().say(*LOGIN, "C: PORT 198,51,100,2,195,80", "S: 200 Ok", "C: LIST")
    tape.open(FROM_THERE, HERE).say("S: 150 Here it comes")
    return tape.carry(FROM_THERE, HERE, b"README\r\n").say("S: 226 Done", "C: QUIT", "S: 221 Goodbye.")


def dropped_tape(tries: int = 3) -> Tape:
    """EPSV, and nobody answers at the announced port."""
    tape = Tape().connect().say(*LOGIN, "C: EPSV", "S: 229 Entering Extended Passive Mode (|||50000|)")
    tape.at_socket(FROM_HERE, THERE, Answer.SILENT)
    return tape.call_in_vain(FROM_HERE, THERE, tries)


def unanswered_tape() -> Tape:
    """PORT, and the server's SYN reaches us; this machine does not answer it."""
    tape = Tape(method=Method.PORT).connect().say(*LOGIN, "C: PORT 198,51,100,2,195,80", "S: 200 Ok", "C: LIST")
    tape.at_socket(Endpoint(host="", port=0), HERE, Answer.ABSENT)
    return tape.call_in_vain(FROM_THERE, HERE)


# --- a live probe ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tape", [passive_tape(), active_tape()], ids=["passive", "active"])
def test_completed_transfer(tape: Tape) -> None:
    """A transfer that worked shows as such at both views, with its bytes and its end."""
    channel = only_channel(tape.live())
    assert answers(channel) == [(View.CLIENT_SOCKET, Answer.ACCEPTED), (View.CLIENT_WIRE, Answer.ACCEPTED)]
    assert channel.completed
    assert channel.carriage is not None
    assert (channel.carriage.to_client, channel.carriage.to_server) == (8, 0)
    assert [reply.code for reply in channel.replies] == [200 if tape.method is Method.PORT else 229, 150, 226]
    assert channel.refusal is None


def test_session_facts() -> None:
    """Product, our address as the server sees it, the server's TTL and the login are read off the session."""
    session = only_session(passive_tape().live())
    assert session.product == "vsFTPd 3.0.3"
    assert session.client_seen_as == CLIENT.host
    assert session.server_ttl == 61
    assert session.logged_in
    assert session.reachable
    assert [one.view for one in session.openings] == [View.CLIENT_SOCKET, View.CLIENT_WIRE]
    assert not any("s3cret" in line.text for line in session.lines)


def test_server_that_names_itself_is_not_believed() -> None:
    """A STAT reply that names the server's own address tells nothing about ours."""
    tape = Tape().connect().say(*LOGIN, "C: STAT", "S: 211-Status", f"S: Connected to {SERVER.host}", "S: 211 End")
    assert only_session(tape.live()).client_seen_as is None


@pytest.mark.parametrize("tape", [dropped_tape(), unanswered_tape()], ids=["passive", "active"])
def test_without_a_sniffer(tape: Tape) -> None:
    """What was not watched has no opening: not seen is not absent."""
    channel = only_channel(tape.live(sniffed=False))
    assert [view for view, _ in answers(channel)] == [View.CLIENT_SOCKET]
    assert channel.wire is None
    assert [one.view for one in channel.session.openings] == [View.CLIENT_SOCKET]


def test_silent_on_the_wire() -> None:
    """SYNs that left and were never answered are counted."""
    channel = only_channel(dropped_tape().live())
    assert answers(channel) == [(View.CLIENT_SOCKET, Answer.SILENT), (View.CLIENT_WIRE, Answer.SILENT)]
    assert channel.wire is not None
    assert channel.wire.tries == 3


def test_port_that_another_session_is_told_too() -> None:
    """Sessions side by side may be told the same port: the wire's attempt is the one of our own socket."""
    tape = Tape().connect().say(*LOGIN, "C: EPSV", "S: 229 Entering Extended Passive Mode (|||50042|)")
    theirs, dialled = FROM_HERE._replace(port=40002), SERVER._replace(port=50042)
    tape.at_socket(FROM_HERE, dialled, Answer.SILENT)
    tape.shake_hands(theirs, dialled)
    tape.call_in_vain(FROM_HERE, dialled)
    channel = only_channel(tape.live())
    assert [(one.opener, one.answer) for one in channel.openings] == [(FROM_HERE, Answer.SILENT)] * 2


def test_port_that_is_announced_twice() -> None:
    """A server with few ports soon comes back to one: each transfer has the data connection of its own time."""
    tape = passive_tape()
    again = FROM_HERE._replace(port=40009)
    tape.say("C: EPSV", "S: 229 Entering Extended Passive Mode (|||50000|)").open(again, THERE)
    tape.say("C: LIST", "S: 150 Here it comes.").carry(again, THERE, b"more of them").say("S: 226 Sent.")
    facts = tape.live()
    assert [one.announced for one in facts.channels] == [THERE, THERE]
    assert [[each.to_client for each in one.carriages] for one in facts.channels] == [[8], [12]]


def test_port_that_the_session_before_was_called_at() -> None:
    """A port may be given to the next session at once: what came before its command is the call of the one before."""
    first = active_tape()
    called = first.openings[-1].at
    later = Tape(method=Method.PORT, client=CLIENT._replace(port=40007), now=called - 0.05).connect()
    later.say(*LOGIN, "C: PORT 198,51,100,2,195,80", "S: 500 Illegal PORT command.")
    later.at_socket(Endpoint(host="", port=0), HERE, Answer.ABSENT)
    facts = first.live(later)
    assert called < facts.channels[1].negotiation.at < called + 0.05
    assert [answers(channel) for channel in facts.channels] == [
        [(View.CLIENT_SOCKET, Answer.ACCEPTED), (View.CLIENT_WIRE, Answer.ACCEPTED)],
        [(View.CLIENT_SOCKET, Answer.ABSENT), (View.CLIENT_WIRE, Answer.ABSENT)],
    ]


def test_call_back_that_this_machine_ignored() -> None:
    """The wire shows the server's SYN where the socket heard nothing: both are facts, and they differ."""
    channel = only_channel(unanswered_tape().live())
    assert answers(channel) == [(View.CLIENT_SOCKET, Answer.ABSENT), (View.CLIENT_WIRE, Answer.SILENT)]


def without_data_packets(tape: Tape) -> Tape:
    """The same, and no packet of the data connection passed the tap."""
    tape.packets = [one for one in tape.packets if 21 in {one.source.port, one.destination.port}]
    return tape


@pytest.mark.parametrize("tape", [dropped_tape(), unanswered_tape()], ids=["passive", "active"])
def test_absent(tape: Tape) -> None:
    """Watched, and nothing passed: that is a fact, with the opener and the target that were watched for."""
    channel = only_channel(without_data_packets(tape).live())
    assert channel.wire is not None
    assert channel.wire.answer is Answer.ABSENT
    assert channel.wire.packets == ()
    expected = (SERVER.host, HERE) if channel.mode is Mode.ACTIVE else (CLIENT.host, THERE)
    assert (channel.wire.opener.host, channel.wire.target) == expected


@pytest.mark.parametrize("tape", [dropped_tape(), unanswered_tape()], ids=["passive", "active"])
def test_absence_needs_a_whole_recording(tape: Tape) -> None:
    """Where the kernel dropped packets, or another interface was not watched, what was not seen may have passed."""
    for shortcoming in ({"packets_dropped": 1}, {"elsewhere": ("eth1",)}):
        assert only_channel(without_data_packets(tape).live(**shortcoming)).wire is None


@pytest.mark.parametrize("blind_to", [CLIENT, SERVER], ids=["what leaves", "what comes in"])
@pytest.mark.parametrize("make", [dropped_tape, unanswered_tape], ids=["passive", "active"])
def test_absence_needs_both_ways(make: Callable[[], Tape], blind_to: Endpoint) -> None:
    """IPsec by policy shows a tap one direction only: where the control connection lacks one, absence tells nothing."""
    tape = without_data_packets(make())
    tape.packets = [one for one in tape.packets if one.source != blind_to]
    assert only_channel(tape.live()).wire is None


def test_seen_is_seen_whatever_was_dropped() -> None:
    """Dropped packets take nothing away from those that were seen."""
    channel = only_channel(dropped_tape().live(packets_dropped=1))
    assert channel.wire is not None
    assert channel.wire.answer is Answer.SILENT


def test_control_connection_that_never_left() -> None:
    """A control SYN that the tap never saw was stopped before it."""
    tape = Tape()
    tape.at_socket(CLIENT, SERVER, Answer.SILENT)
    session = only_session(tape.live())
    assert [one.answer for one in session.openings] == [Answer.SILENT, Answer.ABSENT]
    assert not session.reachable


def test_control_connection_rejected_on_the_way() -> None:
    """A device's ICMP error to the control SYN is found though the socket never learned its own port."""
    tape = Tape()
    tape.at_socket(Endpoint(host="", port=0), SERVER, Answer.REJECTED)
    syn = tape.segment(CLIENT, SERVER, SYN)
    tape.packets.append(
        IcmpError(
            number=2,
            at=syn.at,
            reporter=ROUTER,
            ttl=63,
            reason="communication administratively prohibited",
            source=CLIENT,
            destination=SERVER,
            seq=syn.seq,
        )
    )
    wire = only_session(replace_client(tape)).seen_at(View.CLIENT_WIRE)
    assert wire is not None
    assert (wire.answer, wire.answered_by) == (Answer.REJECTED, ROUTER)


def replace_client(tape: Tape) -> Facts:
    """Facts where our socket never had a name."""
    facts = derive(
        Recording(
            source=tape.source(),
            vantage=Vantage.CLIENT,
            began=1000.0,
            attempts=(
                Attempt(
                    method=Method.EPSV,
                    family=4,
                    tls=Tls.NONE,
                    client=None,
                    server=SERVER,
                    began=1000.0,
                    lines=(),
                    openings=tuple(tape.openings),
                ),
            ),
            packets=tuple(tape.packets),
        )
    )
    assert facts.channels == ()
    return facts


def test_227_naming_another_host() -> None:
    """The announced endpoint is what the reply names; the opening is to the control connection's host."""
    tape = Tape(method=Method.PASV).connect().say(*LOGIN, "C: PASV", "S: 227 Passive (10,0,0,9,195,80)")
    tape.open(FROM_HERE, THERE)
    channel = only_channel(tape.live())
    assert channel.announced == Endpoint(host="10.0.0.9", port=50000)
    assert [one.target for one in channel.openings] == [THERE, THERE]
    assert channel.opened


def test_227_naming_another_host_dialled_too() -> None:
    """With both hosts dialled, the control connection's counts, and the other is on record beside it."""
    third = Endpoint(host="10.0.0.9", port=50000)
    tape = Tape(method=Method.PASV).connect().say(*LOGIN, "C: PASV", "S: 227 Passive (10,0,0,9,195,80)")
    tape.at_socket(FROM_HERE, third, Answer.SILENT)
    tape.call_in_vain(FROM_HERE, third)
    tape.open(FROM_HERE._replace(port=40002), THERE)
    channel = only_channel(tape.live())
    assert channel.socket is not None
    assert channel.wire is not None
    assert (channel.socket.target, channel.wire.target) == (THERE, THERE)
    assert (channel.socket.answer, channel.wire.answer) == (Answer.ACCEPTED, Answer.ACCEPTED)
    assert {(one.target, one.answer) for one in channel.openings} == {(THERE, Answer.ACCEPTED), (third, Answer.SILENT)}


def test_third_host_dialled_and_dropped_here() -> None:
    """A dial that never reached the wire is absent there, for each host by itself."""
    third = Endpoint(host="10.0.0.9", port=50000)
    tape = Tape(method=Method.PASV).connect().say(*LOGIN, "C: PASV", "S: 227 Passive (10,0,0,9,195,80)")
    tape.at_socket(FROM_HERE, third, Answer.SILENT)
    tape.open(FROM_HERE._replace(port=40002), THERE)
    channel = only_channel(tape.live())
    seen = {one.target: one.answer for one in channel.openings if one.view is View.CLIENT_WIRE}
    assert seen == {THERE: Answer.ACCEPTED, third: Answer.ABSENT}


def test_refused_negotiation() -> None:
    """Where nothing was announced nothing was watched for, and nothing is absent."""
    tape = Tape().connect().say(*LOGIN, "C: EPSV", "S: 500 EPSV not understood")
    channel = only_channel(tape.live())
    assert (channel.announced, channel.openings, channel.agreed) == (None, (), False)
    assert channel.refusal is not None
    assert channel.refusal.code == 500


def test_call_from_a_stranger_first() -> None:
    """A stranger's call does not pass for the server's, whichever came first."""
    tape = Tape(method=Method.PORT).connect().say(*LOGIN, "C: PORT 198,51,100,2,195,80", "S: 200 Ok", "C: LIST")
    tape.shake_hands(STRANGER, HERE)
    tape.segment(HERE, STRANGER, RST)
    tape.strangers.append(STRANGER)
    tape.open(FROM_THERE, HERE).say("S: 150 Here").carry(FROM_THERE, HERE, b"README\r\n").say("S: 226 Done")
    for facts in (tape.live(), tape.replayed()):
        channel = only_channel(facts)
        assert channel.wire is not None
        assert channel.wire.opener == FROM_THERE
        assert channel.carriage is not None
        assert channel.carriage.remote == FROM_THERE
        assert channel.completed
    assert only_channel(tape.live()).strangers == (STRANGER,)


def test_call_from_a_stranger_only() -> None:
    """Where only a stranger called, the wire shows the stranger by name."""
    tape = Tape(method=Method.PORT).connect().say(*LOGIN, "C: PORT 198,51,100,2,195,80", "S: 200 Ok", "C: LIST")
    tape.at_socket(Endpoint(host="", port=0), HERE, Answer.ABSENT)
    tape.shake_hands(STRANGER, HERE)
    tape.strangers.append(STRANGER)
    channel = only_channel(tape.live())
    assert channel.wire is not None
    assert channel.wire.opener == STRANGER
    assert channel.carriage is None


def two_negotiations() -> Tape:
    """EPSV whose port is dropped, then EPSV on another port that works."""
    tape = dropped_tape()
    other, source = Endpoint(host=SERVER.host, port=50001), Endpoint(host=CLIENT.host, port=40002)
    tape.say("C: EPSV", "S: 229 Entering Extended Passive Mode (|||50001|)").open(source, other)
    return tape.say("C: LIST", "S: 150 Here").carry(source, other, b"README\r\n").say("S: 226 Done")


@pytest.mark.parametrize("facts", [two_negotiations().live(), two_negotiations().replayed()], ids=["live", "replayed"])
def test_two_negotiations_in_one_session(facts: Facts) -> None:
    """Each negotiation has its own openings, its own data and its own transfer."""
    first, second = facts.channels
    assert {one.answer for one in first.openings} == {Answer.SILENT}
    assert {one.answer for one in second.openings} == {Answer.ACCEPTED}
    assert (first.carriages, first.transfer, first.completed) == ((), None, False)
    assert second.completed


@pytest.mark.parametrize("answer", ["200 EPSV ALL command successful.", "500 Not understood."])
def test_promise_to_use_epsv_alone(answer: str) -> None:
    """EPSV ALL negotiates nothing, whatever the server says to it."""
    tape = Tape().connect().say(*LOGIN, "C: EPSV all", f"S: {answer}")
    tape.say("C: EPSV", "S: 229 Entering Extended Passive Mode (|||50000|)").open(FROM_HERE, THERE)
    assert only_channel(tape.replayed()).announced == THERE


def test_same_port_announced_twice_in_a_capture() -> None:
    """An attempt belongs to the negotiation after which it was made."""
    tape = dropped_tape().say("C: EPSV", "S: 229 Entering Extended Passive Mode (|||50000|)")
    tape.open(FROM_HERE._replace(port=40002), THERE)
    first, second = tape.replayed().channels
    assert [one.answer for one in first.openings] == [Answer.SILENT]
    assert [one.answer for one in second.openings] == [Answer.ACCEPTED]


def shared_port() -> Tape:
    """One PORT, and two listings over it, the second of which comes to nothing."""
    tape = Tape(method=Method.PORT).connect().say(*LOGIN, "C: PORT 198,51,100,2,195,80", "S: 200 Ok", "C: LIST one")
    tape.open(FROM_THERE, HERE).say("S: 150 Here").carry(FROM_THERE, HERE, b"README\r\n").say("S: 226 Done")
    return tape.say("C: LIST two")


def test_two_transfers_on_one_port_in_a_capture() -> None:
    """Each transfer has a channel with the connection that carried it, whoever negotiated once for both."""
    tape, source = shared_port(), FROM_THERE._replace(port=21001)
    tape.open(source, HERE).say("S: 150 Here").carry(source, HERE, b"README.md\r\n" * 7).say("S: 226 Done")
    first, second = tape.replayed().channels
    assert [one.transfer.argument for one in (first, second) if one.transfer] == ["one", "two"]
    assert [[there.to_client for there in one.carriages] for one in (first, second)] == [[8], [77]]
    assert [len(one.openings) for one in (first, second)] == [1, 1]
    assert first.announced == second.announced == HERE
    assert first.completed
    assert second.completed


@pytest.mark.parametrize("opened_first", [False, True])
def test_a_transfer_that_was_declined_leaves_the_port_to_the_next(*, opened_first: bool) -> None:
    """Of two transfers on one negotiation, the one that moved data is the one of its data connection."""
    tape = Tape().connect().say(*LOGIN, "C: EPSV", "S: 229 Entering Extended Passive Mode (|||50000|)")
    if opened_first:
        tape.open(FROM_HERE, THERE)
    tape.say("C: RETR none", "S: 550 No such file", "C: RETR one")
    if not opened_first:
        tape.open(FROM_HERE, THERE)
    tape.say("S: 150 Here").carry(FROM_HERE, THERE, b"README\r\n").say("S: 226 Done")
    channel = only_channel(tape.replayed())
    assert channel.completed
    assert channel.transfer
    assert (channel.transfer.argument, channel.carriages[0].to_client) == ("one", 8)


def test_call_that_came_to_nothing_is_no_second_transfer() -> None:
    """Whoever listens for one transfer need not listen for the next: that is nobody's fault on the way."""
    tape, source = shared_port(), FROM_THERE._replace(port=21001)
    tape.call_in_vain(source, HERE).say("S: 425 Nobody there")
    channel = only_channel(tape.replayed())
    assert channel.completed
    assert [one.answer for one in channel.openings] == [Answer.ACCEPTED, Answer.SILENT]


def test_a_port_that_another_session_of_the_client_is_told_later() -> None:
    """From then on it is that one's, though the session before goes on."""
    tape = Tape().connect().say(*LOGIN)
    second, told = Endpoint(host=CLIENT.host, port=CLIENT.port + 7), "S: 229 Entering Extended Passive Mode (|||50000|)"
    tape.say("C: EPSV", told).open(FROM_HERE, THERE).say("C: LIST", "S: 150 Here").carry(FROM_HERE, THERE, b"first")
    tape.say("S: 226 Done")
    tape.client = second
    again = FROM_HERE._replace(port=40002)
    tape.connect().say(*LOGIN, "C: EPSV", told).open(again, THERE).say("C: LIST", "S: 150 Here")
    tape.carry(again, THERE, b"and another").say("S: 226 Done")
    tape.client = CLIENT
    tape.say("C: QUIT", "S: 221 Goodbye.")
    assert [[one.to_client for one in channel.carriages] for channel in tape.replayed().channels] == [[5], [11]]


def test_what_was_left_untried() -> None:
    """Cells that were not tried, and a name without address, pass through as they are."""
    cell = Cell(method=Method.PORT, family=4, tls=Tls.NONE)
    recording = Recording(source=Source(), vantage=Vantage.CLIENT, began=1.0, untried=(cell,), unresolved="No name.")
    facts = derive(recording)
    assert (facts.untried, facts.unresolved) == ((cell,), "No name.")


# --- a capture ------------------------------------------------------------------------------------------------------

TAPES = [
    pytest.param(passive_tape, id="passive works"),
    pytest.param(active_tape, id="active works"),
    pytest.param(dropped_tape, id="passive dropped"),
    pytest.param(unanswered_tape, id="active not answered"),
    pytest.param(lambda: without_data_packets(unanswered_tape()), id="active never came"),
    pytest.param(two_negotiations, id="two negotiations"),
]


def dialogue(session: ControlSession) -> object:
    """Its lines and exchanges, whatever they were heard at: sockets number no packets."""
    lines = [replace(line, packet=None) for line in session.lines]
    return lines, [replace(one, packet=None, replies=heard(one.replies)) for one in session.exchanges]


def heard(replies: Iterable[Reply]) -> tuple[Reply, ...]:
    """The same, as a socket hears them."""
    return tuple(replace(reply, packet=None) for reply in replies)


@pytest.mark.parametrize("make", TAPES)
def test_live_and_replayed_agree(make: Callable[[], Tape]) -> None:
    """A capture of a live probe, replayed, shows the same dialogue, the same wire and the same data."""
    live, replayed = make().live(), make().replayed()
    assert [dialogue(one) for one in replayed.sessions] == [dialogue(one) for one in live.sessions]
    for ours, theirs in zip(live.channels, replayed.channels, strict=True):
        assert (theirs.announced, theirs.completed) == (ours.announced, ours.completed)
        assert heard(theirs.replies) == heard(ours.replies)
        assert [one for one in theirs.openings if one.view is View.CLIENT_WIRE] == [
            one for one in ours.openings if one.view is View.CLIENT_WIRE
        ]
        assert theirs.carriages == ours.carriages
    assert known(only_session(replayed)) == known(only_session(live))


@pytest.mark.parametrize(
    "lines",
    [
        ("C: PORT 1,2,3", "S: 501 Syntax error"),
        ("C: PORT", "S: 501 Syntax error"),
        ("C: EPSV ALL", "S: 200 EPSV ALL ok", "C: PORT 198,51,100,2,200,1", "S: 501 PORT not allowed after EPSV ALL."),
    ],
)
def test_what_no_server_would_grant_was_not_tried(lines: tuple[str, ...]) -> None:
    """A command that makes no sense, or breaks the client's own promise, says nothing about the mode."""
    tape = Tape(method=Method.PORT).connect().say(*LOGIN, "C: PORT 198,51,100,2,195,80", "S: 200 Ok", "C: LIST")
    tape.open(FROM_THERE, HERE).say("S: 150 Here it comes").carry(FROM_THERE, HERE, b"README\r\n")
    facts = tape.say("S: 226 Done", *lines, "C: QUIT", "S: 221 Bye").replayed()
    diagnosis = diagnose(facts, declarations("ftpdiag.causes", Cause))
    assert [one.verdict for one in diagnosis.channels] == [Verdict.WORKS, Verdict.UNTESTED]
    assert [judgement.verdict for _, judgement in diagnosis.cells] == [Verdict.WORKS]


def test_capture_on_one_host() -> None:
    """Client and server on one address: what was sent to the client is still told from what it sent."""
    here = Endpoint(host="127.0.0.1", port=21)
    tape = Tape(client=here._replace(port=40000), server=here).connect()
    tape.say(*LOGIN, "C: EPSV", "S: 229 Entering Extended Passive Mode (|||50000|)")
    opener, target = here._replace(port=40001), here._replace(port=50000)
    tape.shake_hands(opener, target)
    tape.segment(target, opener, ACK, b"README\r\n")
    carriage = only_channel(tape.replayed()).carriage
    assert carriage is not None
    assert (carriage.local, carriage.to_client, carriage.to_server) == (opener, 8, 0)


@pytest.mark.parametrize(
    ("vantage", "view"),
    [
        (Vantage.CLIENT, View.CLIENT_WIRE),
        (Vantage.SERVER, View.SERVER_WIRE),
        (Vantage.MIDDLE, View.MIDDLE_WIRE),
        (Vantage.UNKNOWN, View.CLIENT_WIRE),
    ],
)
def test_view_of_a_capture(vantage: Vantage, view: View) -> None:
    """A capture shows one view: that of the place where it was made, which its packets tell where nobody does."""
    facts = passive_tape().replayed(vantage)
    assert {one.view for one in only_session(facts).openings + only_channel(facts).openings} == {view}


def test_passwords_in_packets() -> None:
    """No line of a capture holds the password that its packets hold."""
    tape = passive_tape()
    assert any(b"s3cret" in one.payload for one in tape.packets if isinstance(one, Segment))
    assert not any("s3cret" in line.text for line in only_session(tape.replayed()).lines)


def test_password_that_the_server_repeats() -> None:
    """A server that repeats the password to the client does not get it shown either."""
    tape = Tape().connect().say("S: 220 Hi", "C: USER alice", "S: 331 Go on", "C: PASS ***", "S: 500 'PASS s3cret'?")
    assert only_session(tape.replayed()).lines[-1].text == "500 'PASS ***'?"


def test_dialogue_in_the_middle_of_a_capture() -> None:
    """A session whose beginning was not captured is found by what is said on it."""
    tape = Tape().say("C: USER alice", "S: 331 Go on", "C: PASS ***", "S: 230 In")
    tape.say("C: EPSV", "S: 229 Entering Extended Passive Mode (|||50000|)").open(FROM_HERE, THERE)
    facts = tape.replayed()
    assert (only_session(facts).client, only_session(facts).server) == (CLIENT, SERVER)
    assert only_channel(facts).opened


def test_session_begun_by_the_servers_words() -> None:
    """Where the first packet of a capture is the server's, client and server are not mistaken for one another."""
    session = only_session(Tape().say(*LOGIN).replayed())
    assert (session.client, session.server) == (CLIENT, SERVER)


OTHER_PROTOCOLS = {
    "SMTP": ("S: 220 mail.example.org ESMTP", "C: EHLO client", "S: 250 Hello", "C: QUIT", "S: 221 Bye"),
    "POP3": ("S: +OK ready", "C: USER alice", "S: +OK", "C: PASS ***", "S: +OK", "C: STAT", "S: +OK 2 320", "C: QUIT"),
    "IRC": ("C: PASS ***", "C: NICK alice", "C: USER alice 0 * :Alice", "S: :irc.example.org 001 alice :Welcome"),
    "HTTP": ("C: GET / HTTP/1.1", "S: HTTP/1.1 200 OK"),
    "SSH": ("S: SSH-2.0-OpenSSH_9.2", "C: SSH-2.0-OpenSSH_9.2"),
}


@pytest.mark.parametrize("lines", OTHER_PROTOCOLS.values(), ids=OTHER_PROTOCOLS)
def test_other_protocols(lines: tuple[str, ...]) -> None:
    """Protocols that look like FTP in part make no FTP session."""
    assert Tape().connect().say(*lines).replayed().sessions == ()


def test_dialogue_ends_where_tls_begins() -> None:
    """What follows AUTH TLS is opaque, and nothing of it is taken for a line."""
    tape = Tape().connect().say("S: 220 Hi", "C: AUTH TLS", "S: 234 Go")
    tape.segment(CLIENT, SERVER, ACK, b"\x16\x03\x01\x00\x05hel\nlo")
    tape.segment(SERVER, CLIENT, ACK, b"\x16\x03\x03\x00\x05hel\nlo")
    session = only_session(tape.replayed())
    assert session.opaque
    assert session.tls is Tls.EXPLICIT
    assert [line.text for line in session.lines] == ["220 Hi", "AUTH TLS", "234 Go"]


@pytest.mark.parametrize(("mechanism", "tls"), [("tls", Tls.EXPLICIT), ("GSSAPI", Tls.NONE)])
def test_security_mechanisms(mechanism: str, tls: Tls) -> None:
    """Of the mechanisms of RFC 2228 only TLS is TLS."""
    tape = Tape().connect().say("S: 220 Hi", f"C: AUTH {mechanism}", "S: 334 ADAT must follow", "C: ADAT YII")
    assert only_session(tape.replayed()).tls is tls


def test_command_cut_by_tcp() -> None:
    """A command in two segments is one line, dated by the segment that completed it."""
    tape = Tape().connect().say("S: 220 Hi")
    tape.segment(CLIENT, SERVER, ACK, b"PASS s3c")
    last = tape.segment(CLIENT, SERVER, ACK, b"ret\r\n")
    assert only_session(tape.replayed()).lines[-1] == Line(
        at=last.at, sender=Party.CLIENT, text="PASS ***", packet=last.number
    )


def test_control_connection_cut_off_in_a_capture() -> None:
    """A RST in the server's name, while a command waits for its reply, is a hangup after that command."""
    tape = Tape().connect().say(*LOGIN, "C: EPSV")
    reset = tape.segment(SERVER, CLIENT, RST)
    session = only_session(tape.replayed())
    assert session.hangup is not None
    assert session.hangup.ending is Ending.RESET
    assert "EPSV" in session.hangup.detail
    assert session.reset == reset


def test_ordinary_goodbye_is_no_hangup() -> None:
    """A server that closes after QUIT has hung up on nobody."""
    tape = passive_tape()
    tape.segment(SERVER, CLIENT, FIN)
    assert only_session(tape.replayed()).hangup is None


@pytest.mark.parametrize("end", [FIN, RST])
def test_no_answer_after_a_goodbye(end: int) -> None:
    """Once it has said goodbye, a server owes no answer to what the client says all the same."""
    tape = passive_tape().say("C: QUIT", "S: 221 Goodbye.", "C: NOOP")
    tape.segment(SERVER, CLIENT, end)
    assert only_session(tape.replayed()).hangup is None


def test_goodbye_without_its_line_end() -> None:
    """A server that closes right behind its last word has said it."""
    tape = Tape().connect().say(*LOGIN, "C: QUIT")
    tape.segment(SERVER, CLIENT, ACK, b"221 Goodbye.")
    tape.segment(SERVER, CLIENT, FIN)
    assert only_session(tape.replayed()).hangup is None


@pytest.mark.parametrize(("pause", "completed"), [(0.5, True), (9.0, False)])
def test_a_transfer_that_the_client_called_off(*, pause: float, completed: bool) -> None:
    """Data that moved until the client's ABOR have shown that they do; those that stood still before it have not."""
    tape = Tape().connect().say(*LOGIN, "C: EPSV", "S: 229 Entering Extended Passive Mode (|||50000|)")
    tape.open(FROM_HERE, THERE).say("C: RETR big", "S: 150 Here it comes")
    tape.segment(THERE, FROM_HERE, ACK, bytes(1000))
    tape.segment(FROM_HERE, THERE, ACK)
    tape.now += pause
    tape.say("C: ABOR", "S: 426 Aborted", "S: 226 Closed")
    tape.segment(FROM_HERE, THERE, FIN)
    channel = only_channel(tape.replayed())
    assert channel.completed is completed
    assert (channel.refusal is None) is completed


@pytest.mark.parametrize(
    ("verb", "flags", "ttl", "pause", "completed"),
    [
        ("RETR big", FIN, 64, 0.2, True),
        ("RETR big", Flag.RST, 64, 0.2, True),
        ("RETR big", Flag.RST, 63, 0.2, False),
        ("RETR big", FIN, 64, 2.0, False),
        ("RETR big", FIN, 64, 9.0, False),
        ("STOR big", FIN, 64, 0.2, False),
    ],
    ids=["closed", "reset", "reset in its name", "impatient", "after a standstill", "the end of an upload"],
)
def test_a_download_that_the_client_closed(*, verb: str, flags: int, ttl: int, pause: float, completed: bool) -> None:
    """As curl --range does: data that moved until then have shown that they do, whatever the server says of its end."""
    tape = Tape().connect().say(*LOGIN, "C: EPSV", "S: 229 Entering Extended Passive Mode (|||50000|)")
    tape.open(FROM_HERE, THERE).say(f"C: {verb}", "S: 150 Here it comes")
    tape.segment(THERE, FROM_HERE, ACK, bytes(1000))
    tape.segment(FROM_HERE, THERE, ACK)
    tape.now += pause
    closed = tape.segment(FROM_HERE, THERE, flags | ACK)
    tape.packets[-1] = closed._replace(ttl=ttl)
    tape.say("S: 426 Failure writing network stream.")
    assert only_channel(tape.replayed()).completed is completed


def test_a_download_that_the_client_of_the_servers_own_host_closed() -> None:
    """On a loopback a RST is told by the port that it comes from, not by the host."""
    here, there = SERVER._replace(port=40001), SERVER._replace(port=50000)
    tape = Tape(client=SERVER._replace(port=40000)).connect()
    tape.say(*LOGIN, "C: EPSV", "S: 229 Entering Extended Passive Mode (|||50000|)").open(here, there)
    tape.say("C: RETR big", "S: 150 Here it comes")
    tape.segment(there, here, ACK, bytes(1000))
    tape.segment(here, there, RST)
    channel = only_channel(tape.say("S: 426 Aborted.").replayed())
    assert channel.completed
    assert channel.reset is None


def test_a_download_that_the_client_closed_one_way_only() -> None:
    """It goes on to listen, and what the server sends is repeated in vain: that has not shown that data move."""
    tape = Tape().connect().say(*LOGIN, "C: EPSV", "S: 229 Entering Extended Passive Mode (|||50000|)")
    tape.open(FROM_HERE, THERE).say("C: RETR big", "S: 150 Here it comes")
    tape.segment(THERE, FROM_HERE, ACK, bytes(1000))
    tape.segment(FROM_HERE, THERE, FIN | ACK)
    sent = tape.segment(THERE, FROM_HERE, ACK, bytes(1000))
    for _ in range(5):
        tape.now += 4.0
        tape.packets.append(sent._replace(number=len(tape.packets) + 1, at=tape.now))
    tape.say("S: 426 Timeout.")
    assert not only_channel(tape.replayed()).completed


@pytest.mark.parametrize(
    ("pause", "asked", "stalled", "unwilling"),
    [
        (0.5, True, False, None),
        (9.0, True, True, Party.CLIENT),
        (9.0, False, True, None),
    ],
    ids=["for a moment", "for long", "unheard since"],
)
def test_a_client_that_takes_no_more(*, pause: float, asked: bool, stalled: bool, unwilling: Party | None) -> None:
    """Its window stays closed until the server gives up, whoever then ends the data connection, and however."""
    for last in ("S: 421 Data timeout. Reconnect. Sorry.", "S: 426 Failure writing network stream."):
        tape = Tape().connect().say(*LOGIN, "C: EPSV", "S: 229 Entering Extended Passive Mode (|||50000|)")
        tape.open(FROM_HERE, THERE).say("C: RETR big", "S: 150 Here it comes")
        tape.segment(THERE, FROM_HERE, ACK, bytes(1000))
        full = tape.segment(FROM_HERE, THERE, ACK)
        tape.packets[-1] = full._replace(window=0)
        tape.now += pause
        if asked:
            again = tape.segment(FROM_HERE, THERE, ACK)
            tape.packets[-1] = again._replace(window=0)
        tape.say(last)
        tape.segment(FROM_HERE, THERE, Flag.RST | ACK)
        carriage = only_channel(tape.replayed()).carriage
        assert carriage
        assert (carriage.ending is Ending.STALLED) is stalled
        assert carriage.unwilling is unwilling


@pytest.mark.parametrize(("verb", "stalled"), [("STOR big", True), ("RETR big", False)])
def test_an_upload_that_the_server_ends(*, verb: str, stalled: bool) -> None:
    """It is the client that ends one: ProFTPD closes both connections without a word when one stands still."""
    tape = Tape().connect().say(*LOGIN, "C: EPSV", "S: 229 Entering Extended Passive Mode (|||50000|)")
    tape.open(FROM_HERE, THERE).say(f"C: {verb}", "S: 150 Here it comes")
    sender, receiver = (FROM_HERE, THERE) if stalled else (THERE, FROM_HERE)
    tape.segment(sender, receiver, ACK, bytes(1000))
    tape.segment(receiver, sender, ACK)
    tape.now += 15.0
    tape.segment(THERE, FROM_HERE, FIN)
    tape.segment(SERVER, CLIENT, FIN)
    carriage = only_channel(tape.replayed()).carriage
    assert carriage
    assert (carriage.ending is Ending.STALLED) is stalled


# --- a client that gives up ------------------------------------------------------------------------------------------


def given_up(*, after: float, dialled: int) -> Facts:
    """EPSV is dropped; the client asks for PASV, dials it so many times, and hangs up `after` seconds."""
    tape = dropped_tape()
    tape.now += 5.0
    tape.say("C: PASV", "S: 227 Entering Passive Mode (203,0,113,2,195,81).")
    tape.call_in_vain(FROM_HERE, THERE._replace(port=50001), dialled)
    tape.now += after
    tape.segment(CLIENT, SERVER, FIN)
    return tape.replayed()


@pytest.mark.parametrize(("after", "dialled", "unused"), [(0.1, 0, True), (0.1, 1, True), (2.0, 0, False)])
def test_what_a_client_gives_up_at_once_is_unused(*, after: float, dialled: int, unused: bool) -> None:
    """Of a method that was agreed when the session ended nothing could be seen yet; of one before it, all there was."""
    epsv, pasv = given_up(after=after, dialled=dialled).channels
    assert (epsv.unused, pasv.unused) == (False, unused)


def test_what_a_client_gives_up_at_once_does_not_hide_what_it_tried() -> None:
    """As curl does: EPSV is blocked, PASV is asked for and given up, and passive mode is blocked all the same."""
    diagnosis = diagnose(given_up(after=0.1, dialled=0), declarations("ftpdiag.causes", Cause))
    assert [one.verdict for one in diagnosis.channels] == [Verdict.BLOCKED, Verdict.UNTESTED]
    assert dict(diagnosis.modes)[Mode.PASSIVE].verdict is Verdict.BLOCKED
    assert exit_code(diagnosis) is Exit.FAILS


def test_all_that_a_client_tried_is_not_called_untested() -> None:
    """A session that ends with its only announcement could not be judged: a firewall may be why the client stopped."""
    tape = without_data_packets(dropped_tape(tries=1))
    tape.segment(CLIENT, SERVER, FIN)
    tape.shake_hands(STRANGER, SERVER._replace(port=80))
    diagnosis = diagnose(tape.replayed(), declarations("ftpdiag.causes", Cause))
    assert [(one.unused, one.left_out) for one in diagnosis.facts.channels] == [(True, False)]
    assert [one.verdict for one in diagnosis.channels] == [Verdict.UNKNOWN]
