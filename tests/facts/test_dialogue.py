from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftpdiag.facts import derive
from ftpdiag.model import ControlSession, Endpoint, Facts, Packet, Party, Recording, Segment, Source, Vantage
from tests.test_facts import ACK, CLIENT, FIN, SERVER, Tape

TALK = (
    *("S: 220-Hello", "S: 220 Hi", "C: USER alice", "S: 331 Go on", "C: PASS ***", "S: 230-In", "S: 230 Now"),
    *("C: PWD", 'S: 257 "/"', "C: EPSV", "S: 229 Entering (|||50000|)", "C: LIST", "S: 150 Here", "S: 226 Sent"),
    *("C: CWD pub", "S: 250 Ok", "C: QUIT", "S: 221 Bye"),
)
ANSWERS = {"USER": [331], "PASS": [230], "PWD": [257], "EPSV": [229], "LIST": [150, 226], "CWD": [250], "QUIT": [221]}


def acknowledged(tape: Tape) -> list[Packet]:
    """The packets of a tape, each acknowledging what its sender had received."""
    reached: dict[Endpoint, int] = {}
    packets: list[Packet] = []
    for one in tape.packets:
        assert isinstance(one, Segment)
        reached[one.destination] = one.seq + one.length + int(bool(one.flags & 3))
        packets.append(one._replace(ack=reached.get(one.source, 0)))
    return packets


def facts_of(packets: list[Packet]) -> Facts:
    """What these packets tell."""
    return derive(Recording(source=Source(), vantage=Vantage.MIDDLE, began=1000.0, packets=tuple(packets)))


def spoken(packets: list[Packet]) -> ControlSession:
    """The only session in them."""
    (session,) = facts_of(packets).sessions
    return session


def answers(session: ControlSession) -> dict[str, list[int]]:
    """The reply codes of each command."""
    return {one.verb: [reply.code for reply in one.replies] for one in session.exchanges if one.verb}


def packets_of(*lines: str) -> list[Packet]:
    """A session that says these lines."""
    return acknowledged(Tape().connect().say(*(lines or TALK)))


def carrying(packets: list[Packet], text: str) -> int:
    """Where the packet with `text` is."""
    return next(
        i for i, one in enumerate(packets) if isinstance(one, Segment) and one.payload.startswith(text.encode())
    )


@pytest.mark.parametrize(
    ("lost", "verb"),
    [("331 Go on", "USER"), ("230 Now", "PASS"), ("257", "PWD"), ("229", "EPSV"), ("150", "LIST"), ("226", "LIST")],
)
def test_a_lost_reply(lost: str, verb: str) -> None:
    """A reply that the tap lost is missing at its command, and no other command gets another's reply."""
    packets = packets_of()
    del packets[carrying(packets, lost)]
    session = spoken(packets)
    told = answers(session)
    assert {other: codes for other, codes in told.items() if other != verb} == {
        other: codes for other, codes in ANSWERS.items() if other != verb
    }
    assert told[verb] == ([230] if lost == "230 Now" else [code for code in ANSWERS[verb] if str(code) != lost[:3]])
    assert any("bytes missing]" in line.text for line in session.lines)
    assert session.torn_at in {line.at for line in session.lines if "missing]" in line.text}


def test_a_server_for_mail_and_files() -> None:
    """A greeting that speaks of mail does not hide commands that only FTP has, nor a login."""
    assert answers(spoken(packets_of("S: 220 SMTP and FTP gateway", "C: SYST", "S: 215 UNIX"))) == {"SYST": [215]}
    login = packets_of("S: 220 SMTP and FTP gateway", "C: USER a", "S: 331 Go on", "C: PASS ***", "S: 230 In")
    assert answers(spoken(login)) == {"USER": [331], "PASS": [230]}


def test_a_lost_command_and_its_reply() -> None:
    """What only the next command is answered with is its answer."""
    assert answers(spoken(without(packets_of(), "PWD", "257"))) == {
        verb: codes for verb, codes in ANSWERS.items() if verb != "PWD"
    }


@pytest.mark.parametrize("lost", ["PWD", "EPSV", "CWD pub"])
def test_a_lost_command(lost: str) -> None:
    """The reply to a command that the tap lost is nobody's, and the others keep theirs."""
    packets = packets_of()
    del packets[carrying(packets, lost)]
    verb = lost.partition(" ")[0]
    assert answers(spoken(packets)) == {other: codes for other, codes in ANSWERS.items() if other != verb}


def without(packets: list[Packet], *texts: str) -> list[Packet]:
    """What is left where the tap lost the packets that begin so."""
    lost = {carrying(packets, text) for text in texts}
    return [one for place, one in enumerate(packets) if place not in lost]


def test_a_lost_transfer_command_and_the_reply_before_it() -> None:
    """What answers a command that the tap lost is no answer to the one before, whose own is lost as well."""
    lines = ("S: 220 Hi", "C: USER a", "S: 230 In", "C: EPSV", "S: 229 (|||50000|)", "C: LIST", "S: 450 No", "C: QUIT")
    session = spoken(without(packets_of(*lines), "229", "LIST"))
    assert answers(session) == {"USER": [230], "EPSV": [], "QUIT": []}
    assert [(one.unheard, one.replies[0].code) for one in session.exchanges if not one.verb] == [
        (False, 220),
        (True, 450),
    ]


def test_a_lost_answer_to_a_negotiation_and_the_transfer_command() -> None:
    """150 is no answer to EPSV, though the command that it answers is lost as well."""
    session = spoken(without(packets_of(), "229", "LIST"))
    assert answers(session) == {verb: [] if verb == "EPSV" else ANSWERS[verb] for verb in ANSWERS if verb != "LIST"}


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        (("EPSV",), [(50000, "LIST"), (50001, "RETR"), (50002, "NLST")]),
        (("EPSV", "LIST"), [(50000, None), (50001, "RETR"), (50002, "NLST")]),
        (("PASV",), [(50000, "LIST"), (50001, "RETR"), (50002, "NLST")]),
        (("RETR",), [(50000, "LIST"), (50001, None), (50002, "NLST")]),
        (("150 Here",), [(50000, "LIST"), (50001, "RETR"), (50002, "NLST")]),
    ],
)
def test_a_negotiation_that_was_not_heard(lost: tuple[str, ...], told: list[tuple[int, str | None]]) -> None:
    """The answer to a command that the tap lost announces a data connection as well; each transfer is its own's."""
    tape = Tape().connect().say("S: 220 Hi", "C: USER a", "S: 230 In", "C: EPSV", "S: 229 Go (|||50000|)")
    tape.open(CLIENT._replace(port=41000), SERVER._replace(port=50000))
    tape.say("C: LIST", "S: 150 Here", "S: 226 Sent", "C: PASV", "S: 227 At (203,0,113,2,195,81)")
    tape.open(CLIENT._replace(port=41001), SERVER._replace(port=50001))
    tape.say("C: RETR a", "S: 150 Go", "S: 226 Sent", "C: EPSV 1", "S: 229 Go (|||50002|)")
    tape.open(CLIENT._replace(port=41002), SERVER._replace(port=50002))
    tape.say("C: NLST", "S: 150 Go", "S: 226 Sent", "C: QUIT", "S: 221 Bye")
    channels = facts_of(without(acknowledged(tape), *lost)).channels
    assert [(one.announced and one.announced.port, one.transfer and one.transfer.verb) for one in channels] == told
    assert all(one.opened for one in channels)


def test_an_answer_that_nobody_was_heard_to_ask_for_and_nobody_used() -> None:
    """What was announced to nobody known, and not seen to be used, is no data connection that failed to come."""
    assert not facts_of(without(packets_of(), "EPSV")).channels


def test_what_was_asked_for_may_be_missing() -> None:
    """A client is not said to have gone on without asking for data where commands of its are missing."""
    tape = Tape().connect().say("S: 220 Hi", "C: USER a", "S: 230 In", "C: EPSV", "S: 229 Go (|||50000|)")
    tape.open(CLIENT._replace(port=41000), SERVER._replace(port=50000))
    tape.say("C: TYPE I", "S: 200 Ok", "C: LIST", "S: 150 Here", "C: QUIT")
    packets = acknowledged(tape)
    lossy = facts_of(without(packets, "LIST", "150")).channels
    deliberate = facts_of(packets[: carrying(packets, "LIST")]).channels
    assert [one.let_go for one in (*deliberate, *lossy)] == [True, False]


def test_a_lost_answer_to_a_negotiation() -> None:
    """What answers the next command is no answer to PASV, whose own is lost, however little else was heard."""
    lines = ("S: 220 Hi", "C: USER a", "S: 230 In", "C: PASV", "S: 227 (203,0,113,2,195,80)", "C: TYPE I", "S: 200 Ok")
    session = spoken(without(packets_of(*lines, "C: QUIT"), "227", "TYPE"))
    assert answers(session) == {"USER": [230], "PASV": [], "QUIT": []}


def test_a_lost_noop_during_a_transfer() -> None:
    """Its refusal is no refusal of the transfer that has begun."""
    lines = ("S: 220 Hi", "C: USER a", "S: 230 In", "C: STOR a", "S: 150 Go", "C: NOOP", "S: 500 No", "S: 226 Got it")
    session = spoken(without(packets_of(*lines, "C: QUIT"), "NOOP"))
    assert answers(session) == {"USER": [230], "STOR": [150, 226], "QUIT": []}


def test_a_loss_that_only_an_acknowledgement_shows() -> None:
    """What the client acknowledged was said, though no later packet of the server's tells; it has its place."""
    packets = packets_of("S: 220 Hi", "C: USER a", "S: 331 Go on", "C: PASS b", "S: 230 In", "C: NOOP")
    session = spoken(without(packets, "230"))
    assert [line.text for line in session.lines][-2:] == ["[7 bytes missing]", "NOOP"]


def test_a_lost_line_end() -> None:
    """Where the tap lost but the end of a line, which its sender sent by itself, nothing that was said is missing."""
    tape = Tape().connect().say("S: 220 Hi", "C: USER a", "S: 230 In", "C: STAT")
    for part in (b"211-Status", b"\r\n", b" of the server\r\n", b"211 End\r\n"):
        tape.segment(SERVER, CLIENT, ACK, part)
    packets = acknowledged(tape)
    whole = [line.text for line in spoken(packets).lines]
    del packets[next(i for i, one in enumerate(packets) if isinstance(one, Segment) and one.payload == b"\r\n")]
    assert [line.text for line in spoken(packets).lines] == whole


def test_a_blank_line_is_no_greeting() -> None:
    """A client that sends a bare CRLF first was not greeted by it."""
    packets = packets_of("S: 220 Hi", "C: ", "S: 500 What?", "C: USER a", "S: 230 In", "C: PWD", "S: 257 /")
    assert spoken(without(packets, "220")).greeting is None
    assert spoken(packets).greeting is not None


def test_a_transfer_whose_command_was_lost() -> None:
    """That it was asked for is not known; that it was not, neither."""
    tape = Tape().connect().say("S: 220 Hi", "C: USER a", "S: 230 In", "C: EPSV", "S: 229 (|||50000|)")
    tape.shake_hands(CLIENT._replace(port=40001), SERVER._replace(port=50000))
    tape.say("C: LIST", "S: 150 Go", "S: 226 Sent", "C: QUIT", "S: 221 Bye")
    packets = acknowledged(tape)
    assert not facts_of(without(packets, "LIST")).channels[0].let_go


def test_a_greeting_is_what_came_first() -> None:
    """Where the recording began later, or lost what came before, the first reply in it greets nobody."""
    packets = packets_of("S: 220 Hi", "C: FEAT", "S: 500 What?", "C: USER a", "S: 230 In", "C: PWD", "S: 257 /")
    whole, late = spoken(packets), spoken(packets[carrying(packets, "500") :])
    lossy = spoken(without(packets, "220", "FEAT"))
    assert [one.greeting for one in (whole, late, lossy)] == [whole.exchanges[0], None, None]


@pytest.mark.parametrize(("kept", "text"), [(0, "[19 bytes missing]"), (2, "42 [17 bytes missing]")])
def test_a_greeting_of_which_the_snap_length_left_little(kept: int, text: str) -> None:
    """A server that spoke did greet, however little of it was captured."""
    *before, greeting = packets_of("S: 421 No more users")
    assert isinstance(greeting, Segment)
    after = greeting._replace(number=99, seq=greeting.seq + greeting.length, length=0, payload=b"", flags=FIN | ACK)
    session = spoken([*before, greeting._replace(payload=greeting.payload[:kept]), after])
    assert ([line.text for line in session.lines], session.behaviour) == ([text], None)


@pytest.mark.parametrize("kept", range(1, 8))
def test_a_snap_length_that_leaves_the_beginnings_of_words(kept: int) -> None:
    """A connection to FTP's port stays one, whatever the rest of its words was."""
    packets = packets_of()
    cut = [one._replace(payload=one.payload[:kept]) for one in packets if isinstance(one, Segment)]
    assert spoken(list(cut)).server == SERVER


@given(st.integers(3, 19), st.booleans())
def test_swapped(index: int, twice: bool) -> None:  # noqa: FBT001
    """A tap that swaps neighbours, or shows a packet twice, tells the same dialogue."""
    packets = packets_of()
    whole = [line.text for line in spoken(packets).lines]
    packets[index], packets[index + 1] = packets[index + 1], packets[index]
    if twice:
        packets.insert(index + 2, packets[index])
    numbered = [one._replace(number=number) for number, one in enumerate(packets, 1)]
    assert [line.text for line in spoken(numbered).lines] == whole


def test_a_reply_cut_by_the_snap_length() -> None:
    """A cut reply keeps its code, says how much is missing, and names no endpoint that it may not have named."""
    packets = packets_of("S: 220 Hi", "C: USER a", "S: 230 In", "C: PASV", "S: 227 At (203,0,113,2,195,80).")
    index = carrying(packets, "227")
    reply = packets[index]
    assert isinstance(reply, Segment)
    packets[index] = reply._replace(payload=reply.payload[:-5])
    facts = facts_of(packets)
    (channel,) = facts.channels
    assert facts.sessions[0].lines[-1].text == "227 At (203,0,113,2,195,8 [5 bytes missing]"
    assert channel.announced is None
    assert [one.code for one in channel.replies] == [227]
    packets[index] = reply._replace(payload=reply.payload[:-2])
    assert str(facts_of(packets).channels[0].announced) == "203.0.113.2:50000"


def test_the_recording_ends_within_a_reply() -> None:
    """What was said of a reply that the recording does not hold to its end is shown as a part."""
    packets = packets_of("S: 220 Hi", "C: USER a", "S: 331 Give me a password")
    reply = packets[-1]
    assert isinstance(reply, Segment)
    packets[-1] = reply._replace(payload=reply.payload[:8], length=8)
    assert spoken(packets).lines[-1].text == "331 Give [rest missing]"


@pytest.mark.parametrize(
    ("start", "verbs"),
    [("PWD", ["PWD", "EPSV", "LIST", "CWD", "QUIT"]), ("CWD", ["CWD", "QUIT"]), ("226", ["CWD", "QUIT"])],
)
def test_started_late(start: str, verbs: list[str]) -> None:
    """A session that was running already is told from what is left of it."""
    packets = packets_of()
    session = spoken(packets[carrying(packets, start) :])
    assert (session.client, session.server) == (CLIENT, SERVER)
    assert answers(session) == {verb: ANSWERS[verb] for verb in verbs}


@pytest.mark.parametrize("begun", [0, 3])
def test_one_side_only(begun: int) -> None:
    """Of a session of which only one direction was recorded, that direction is told, with its opening or without."""
    packets = [one for one in packets_of()[begun:] if isinstance(one, Segment)]
    asked = spoken([one for one in packets if one.source == CLIENT])
    assert set(answers(asked)) == set(ANSWERS)
    answered = spoken([one for one in packets if one.source == SERVER])
    assert {line.sender for line in answered.lines} == {Party.SERVER}


@pytest.mark.parametrize(
    "lines",
    [
        ("S: 220 mail.example.org ESMTP", "C: EHLO me", "S: 250 Hi", "C: QUIT", "S: 221 Bye"),
        ("S: 220 mail.example.org ESMTP", "C: NOOP", "S: 250 Ok", "C: HELP", "S: 214 See", "C: QUIT", "S: 221 Bye"),
        ("S: 220 SMTP", "C: AUTH LOGIN", "S: 334 VXNl", "C: YQ==", "S: 334 UGFz", "C: Yg==", "S: 235 In", "C: QUIT"),
        ("S: 200 news.example.org", "C: MODE READER", "S: 200 Hi", "C: LIST", "S: 215 Groups", "C: QUIT", "S: 205 Bye"),
        ("S: +OK ready", "C: USER a", "S: +OK", "C: PASS ***", "S: +OK", "C: LIST", "S: +OK", "C: QUIT", "S: +OK"),
        ("C: NICK a", "C: USER a 0 * :a", "S: :irc 001 a :Hi"),
        ("S: * OK IMAP4 ready", "C: a1 LOGIN a b", "S: a1 OK"),
        ("C: GET / HTTP/1.1", "S: HTTP/1.1 200 OK"),
        ("S: SSH-2.0-OpenSSH_9.6", "C: SSH-2.0-PuTTY"),
        ("C: LIST", "S: 215 Groups", "C: QUIT", "S: 205 Bye"),
    ],
)
def test_not_ftp(lines: tuple[str, ...]) -> None:
    """Mail, news, chat, the web and SSH are not FTP, from the start or started late, on whatever port."""
    tape = Tape(server=Endpoint(host=SERVER.host, port=2100)).connect().say(*lines)
    assert not facts_of(acknowledged(tape)).sessions
    assert not facts_of(acknowledged(tape)[3:]).sessions


@given(st.lists(st.integers(0, 20), max_size=8), st.integers(0, 20))
def test_never_raises(lost: list[int], snap: int) -> None:
    """Whatever is lost and cut, no password is shown and nothing raises."""
    packets = [one for index, one in enumerate(packets_of()) if index not in lost]
    cut = [one._replace(payload=one.payload[: 20 - snap]) for one in packets if isinstance(one, Segment)]
    for session in facts_of(list(cut)).sessions:
        assert not any("s3c" in line.text for line in session.lines)
