"""Bytes to lines to replies to exchanges to endpoints, fed as networks and servers really feed them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftpdiag import ftp
from ftpdiag.model import Endpoint, Exchange, Line, Method, Party, Reply

HERE = "198.51.100.2"
THERE = "203.0.113.2"


def dialogue(*lines: str) -> tuple[Line, ...]:
    """`S: 220 Hello` was said by the server, `C: USER alice` by the client, a second apart."""
    senders = {"S": Party.SERVER, "C": Party.CLIENT}
    return tuple(
        Line(at=float(at), sender=senders[line[0]], text=line.removeprefix(f"{line[0]}: "))
        for at, line in enumerate(lines)
    )


def told(exchanges: Iterable[Exchange]) -> list[tuple[str, list[int]]]:
    """Verbs and reply codes."""
    return [(one.verb, [reply.code for reply in one.replies]) for one in exchanges]


def reply(*lines: str) -> Reply:
    """One reply, single or multi-line."""
    return Reply(at=0.0, code=int(lines[-1][:3]), lines=lines)


# --- lines --------------------------------------------------------------------------------------------------------

LINES = [
    pytest.param(b"220 Hello\r\n", ["220 Hello"], id="CRLF"),
    pytest.param(b"220 Hello\n", ["220 Hello"], id="LF alone (RFC 1123 4.1.2.5 tolerance)"),
    pytest.param(b"220 Hello\r\r\n", ["220 Hello"], id="CR doubled by a text-mode server"),
    pytest.param(b"\r\n", [""], id="an empty line is a line"),
    pytest.param(b"220-a\r\n b\r\n220 c\r\n", ["220-a", " b", "220 c"], id="several"),
    pytest.param(b"220 caf\xc3\xa9\r\n", ["220 café"], id="UTF-8 (RFC 2640)"),
    pytest.param(b"220 caf\xe9\r\n", ["220 caf\\xe9"], id="Latin-1 is shown byte for byte"),
    pytest.param(b"\xff\xfb\x01220 Hello\r\n", ["220 Hello"], id="Telnet option (RFC 959 4)"),
    pytest.param(b"\xff\xf4\xff\xf2ABOR\r\n", ["ABOR"], id="Telnet interrupt and data mark"),
    pytest.param(b"220 a\tb\r\n", ["220 a b"], id="a tab is a space"),
    pytest.param(b"220 \x1b[2J\x00\r\n", ["220 \\x1b[2J\\x00"], id="terminal escapes are disarmed"),
    pytest.param("220 \u202etxt\r\n".encode(), ["220 \\u202etxt"], id="so is text that runs backwards"),
    pytest.param(b"220 Hel", [], id="unfinished"),
    pytest.param(b"", [], id="nothing"),
]


@pytest.mark.parametrize(("data", "expected"), LINES)
def test_lines_whole_and_byte_by_byte(data: bytes, expected: list[str]) -> None:
    """The cuts that TCP makes in a dialogue change nothing about its lines."""
    whole, single = ftp.LineReader(), ftp.LineReader()
    assert list(whole.feed(data)) == expected
    assert [line for byte in data for line in single.feed(bytes((byte,)))] == expected
    assert single.rest == whole.rest


def test_trailing_rubbish_waits() -> None:
    """What follows the last line end is kept until its own line end comes."""
    reader = ftp.LineReader()
    assert list(reader.feed(b"220 Hello\r\n\x16\x03\x01")) == ["220 Hello"]
    assert reader.rest == b"\x16\x03\x01"
    assert list(reader.feed(b"!\n")) == ["\\x16\\x03\\x01!"]
    assert reader.rest == b""


@pytest.mark.parametrize("step", [1, 100, ftp.MAX_LINE, 1 << 20])
def test_long_line(step: int) -> None:
    """A line without end is cut, its rest takes no memory, and the line after it is read as if nothing had been."""
    data = b"220 " + b"x" * (1 << 15) + b"\r\n230 in\r\n"
    reader = ftp.LineReader()
    lines: list[str] = []
    most = 0
    for start in range(0, len(data), step):
        lines += reader.feed(data[start : start + step])
        most = max(most, len(reader.rest))
    assert [line[:6] for line in lines] == ["220 xx", "230 in"]
    assert len(lines[0]) == ftp.MAX_LINE
    assert most <= ftp.MAX_LINE


def test_line_of_the_longest_length() -> None:
    """A line of just the longest length comes whole, whatever ends it."""
    for ending in (b"\n", b"\r\n"):
        reader = ftp.LineReader()
        text = "x" * (ftp.MAX_LINE - 1)
        assert list(reader.feed(text.encode() + ending)) == [text]


def test_a_megabyte_of_line_ends() -> None:
    """Nothing but line ends, a megabyte of them, takes a moment and not minutes."""
    reader = ftp.LineReader()
    began = time.perf_counter()
    count = sum(len(list(reader.feed(b"\n" * 65536))) for _ in range(16))
    assert count == 1 << 20
    assert time.perf_counter() - began < 10


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=8))
def test_any_cut_of_any_bytes(data: bytes, cuts: list[int]) -> None:
    """Whatever comes, and however it is cut, the lines are the same and printable."""
    whole, pieces = ftp.LineReader(), ftp.LineReader()
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    lines = list(whole.feed(data))
    assert lines == [line for start, end in pairwise(edges) for line in pieces.feed(data[start:end])]
    assert all(line.isprintable() for line in lines)


# --- commands -------------------------------------------------------------------------------------------------------

COMMANDS = [
    ("USER alice", ("USER", "alice"), "USER alice"),
    ("user alice", ("USER", "alice"), "user alice"),
    ("EPSV", ("EPSV", None), "EPSV"),
    ("RETR two words", ("RETR", "two words"), "RETR two words"),
    ("PASS s3cret", ("PASS", "***"), "PASS ***"),
    ("pass s3cret with words", ("PASS", "***"), "pass ***"),
    ("  PASS s3cret", ("PASS", "***"), "PASS ***"),
    ("PASS \u00a0s3cret", ("PASS", "***"), "PASS ***"),
    ("PASS \x0bs3cret", ("PASS", "***"), "PASS ***"),
    ("PASS", ("PASS", None), "PASS"),
    ("ACCT 1234", ("ACCT", "***"), "ACCT ***"),
    ("SITE PSWD s3cret n3w", ("SITE", "PSWD ***"), "SITE PSWD ***"),
    ("site  chpwd YQ== Yg== Yw==", ("SITE", " chpwd ***"), "site  chpwd ***"),
    ("SITE CHPASS alice n3w", ("SITE", "CHPASS ***"), "SITE CHPASS ***"),
    ("SITE PSWD", ("SITE", "PSWD"), "SITE PSWD"),
    ("SITE CHMOD 644 a.txt", ("SITE", "CHMOD 644 a.txt"), "SITE CHMOD 644 a.txt"),
    ("CPWD n3w", ("CPWD", "***"), "CPWD ***"),
    ("", ("", None), ""),
]


@pytest.mark.parametrize(("line", "parsed", "shown"), COMMANDS)
def test_commands(line: str, parsed: tuple[str, str | None], shown: str) -> None:
    """A verb is the same in any case, and a secret argument is shown nowhere."""
    assert ftp.command_line(line) == parsed
    assert ftp.Passwords().asked(line) == shown


def told_in_confidence(*lines: str) -> ftp.Passwords:
    """What a client has said."""
    passwords = ftp.Passwords()
    for line in lines:
        passwords.asked(line)
    return passwords


def test_echoed_secret() -> None:
    """A server that repeats the password it declines does not get it shown."""
    passwords = told_in_confidence("PASS s3cret", "ACCT 1234567", "USER alice", "PASS abc")
    assert passwords.answered("500 'PASS s3cret' not understood (abc).") == "500 'PASS ***' not understood (***)."
    assert passwords.answered("500 1234567: alice?") == "500 ***: alice?"


REPEATED = [
    ("USER s3cret", "USER ***"),
    ("CWD /home/S3CRET/in", "CWD /home/***/in"),
    ("s3cret", "***"),
    ("QUOTE PASS s3cret", "QUOTE PASS ***"),
    ("SITE CHMOD 600 s3cret", "SITE CHMOD 600 ***"),
    ("TYPE A", "TYPE A"),
    ("STOR A", "STOR ***"),
    ("EPRT |1|192.0.2.1|2121|", "EPRT |1|192.0.2.1|2121|"),
    ("LIST LIST", "LIST ***"),
]


@pytest.mark.parametrize(("line", "shown"), REPEATED)
def test_secret_repeated_by_the_client(line: str, shown: str) -> None:
    """A password that is said once more, as a name, is not shown either; the words of the protocol are."""
    assert told_in_confidence("PASS s3cret", "PASS A", "ACCT 1", "ACCT list").asked(line) == shown


@pytest.mark.parametrize("word", ["0ld s3cret", '"0ld s3cret" "n3w 0ne"', "0ld s3cret n3w"])
def test_each_word_of_a_change_is_secret(word: str) -> None:
    """A server may repeat the old password, or the new one, and without the quotes around it."""
    passwords = told_in_confidence(f"SITE PSWD {word}")
    assert passwords.answered("550 s3cret is not the password 0ld.") == "550 *** is not the password ***."


@pytest.mark.parametrize(
    ("secret", "reply", "shown"),
    [
        ("530", "530 Login of 530 incorrect, 5300 tries", "530 Login of *** incorrect, 5300 tries"),
        ("1", "227 Entering Passive Mode (1,2,1,4,1,1).", "227 Entering Passive Mode (1,2,1,4,1,1)."),
        ("1", "227 Entering Passive Mode 1, 2, 1, 4, 1, 1", "227 Entering Passive Mode 1, 2, 1, 4, 1, 1"),
        ("21", "229 Extended (|||21|), not 21.", "229 Extended (|||21|), not ***."),
    ],
)
def test_short_secret(secret: str, reply: str, shown: str) -> None:
    """A password of few characters is blanked as a word, never inside another word, a reply's code or an endpoint."""
    assert told_in_confidence(f"PASS {secret}").answered(reply) == shown


@pytest.mark.parametrize("line", ["PASS  s3cret", "PASS s3cret  ", "pass \t s3cret"])
@pytest.mark.parametrize("echo", ["s3cret", " s3cret", "S3CRET"])
def test_secret_repeated_otherwise(line: str, echo: str) -> None:
    """A server may strip what it repeats, or put it in upper case."""
    told = told_in_confidence(line).answered(f"530 No user with password <{echo}>.")
    assert "s3cret" not in told.lower()


@pytest.mark.parametrize("blank", ["\u00a0", "\u3000", "\x0b"])
def test_secret_that_begins_with_what_is_a_blank_elsewhere(blank: str) -> None:
    """Only blanks and tabs stand before an argument."""
    assert ftp.secrets(f"PASS {blank}s3cret") == [f"{blank}s3cret"]


def test_secret_of_blanks() -> None:
    """There is nothing to look for."""
    assert ftp.secrets("PASS    ") == []


def test_odd_secret() -> None:
    """A password with characters that are shown escaped is found as it is shown."""
    (line,) = ftp.LineReader().feed("530 no such password: a\u00adbcd\r\n".encode())
    assert told_in_confidence("PASS a\u00adbcd").answered(line) == "530 no such password: ***"


# --- replies --------------------------------------------------------------------------------------------------------


def replies(*lines: str) -> list[Reply]:
    """The replies that a server's lines make."""
    reader = ftp.ReplyReader()
    fed = (reader.feed(line) for line in dialogue(*(f"S: {line}" for line in lines)))
    return [reply for reply in fed if reply]


MULTI_LINE = [
    pytest.param(["220-One", "Two", "220 Three"], id="anything in between"),
    pytest.param(["211-Features:", " EPSV", " 211 is no end when indented", "211 End"], id="indented code"),
    pytest.param(["211-Status", "220 of another code", "230-", "211 End"], id="other codes in between"),
    pytest.param(["211-Status", "211-still", "211 End"], id="every line with the code and a hyphen"),
    pytest.param(["211-Status", "2110 bytes", "211End", "211 End"], id="digits in between"),
    pytest.param(["211-Status", "", "211"], id="the last line is the bare code"),
]


@pytest.mark.parametrize("lines", MULTI_LINE)
def test_multi_line_reply(lines: list[str]) -> None:
    """RFC 959 4.2: a reply that began with `123-` ends at the line that begins with `123 `, and nowhere else."""
    (only,) = replies(*lines)
    assert (only.code, list(only.lines)) == (int(lines[0][:3]), lines)
    assert [one.code for one in replies(*lines, "226 Next")] == [only.code, 226]


def test_reply_has_the_time_of_its_last_line() -> None:
    """A reply is complete when its last line has come."""
    assert replies("220-One", "Two", "220 Three")[0].at == 2.0


@pytest.mark.parametrize("junk", ["", "SSH-2.0-OpenSSH_9.2", "HTTP/1.1 400 Bad Request", "2200 x", "999 x", "22 x"])
def test_line_that_is_no_reply(junk: str) -> None:
    """A line outside any reply that is none itself has code 0 and is neither positive nor preliminary."""
    (only,) = replies(junk)
    assert (only.code, only.positive, only.preliminary) == (0, False, False)


def test_endless_reply_is_cut() -> None:
    """Of a multi-line reply without end a bounded number of lines is kept, and its end is still seen."""
    reader = ftp.ReplyReader()
    lines = dialogue(*["S: 214-"] * (ftp.ReplyReader.MAX_LINES * 2))
    assert not any(reader.feed(line) for line in lines)
    assert reader.unfinished
    last = reader.feed(dialogue("S: 214 End")[0])
    assert last is not None
    assert len(last.lines) <= ftp.ReplyReader.MAX_LINES
    assert not reader.unfinished


@pytest.mark.parametrize(
    ("code", "preliminary", "positive"),
    [(150, True, True), (226, False, True), (331, False, True), (421, False, False), (530, False, False)],
)
def test_kinds_of_reply(code: int, preliminary: bool, positive: bool) -> None:  # noqa: FBT001  a row of the table
    """RFC 959 4.2.1: the first digit says whether a reply is good, bad or incomplete."""
    one = Reply(at=0.0, code=code, lines=(f"{code} x",))
    assert (one.preliminary, one.positive) == (preliminary, positive)


# --- exchanges ------------------------------------------------------------------------------------------------------

DIALOGUES = [
    pytest.param(
        ["S: 220 Hi", "C: USER a", "S: 331 Go on", "C: PASS b", "S: 230 In"],
        [("", [220]), ("USER", [331]), ("PASS", [230])],
        id="an ordinary login",
    ),
    pytest.param(
        ["S: 120 In a minute", "S: 220 Hi", "C: USER a", "S: 230 In"],
        [("", [120, 220]), ("USER", [230])],
        id="120 before 220 (RFC 959 5.4), and 230 straight after USER",
    ),
    pytest.param(
        ["S: 220 Hi", "C: LIST", "S: 150 Here", "S: 226 Done", "C: QUIT", "S: 221 Bye"],
        [("", [220]), ("LIST", [150, 226]), ("QUIT", [221])],
        id="a preliminary reply keeps its command waiting",
    ),
    pytest.param(
        ["S: 220 Hi", "S: 421 Timeout"],
        [("", [220]), ("", [421])],
        id="a 421 that nobody asked for",
    ),
    pytest.param(
        ["S: 220 Hi", "C: NOOP", "S: 200 Ok", "S: 421 Timeout", "C: NOOP"],
        [("", [220]), ("NOOP", [200]), ("", [421]), ("NOOP", [])],
        id="an unasked 421 answers no later command",
    ),
    pytest.param(
        ["S: 220 Hi", "C: STOR a", "S: 150 Go", "C: NOOP", "S: 200 Ok", "C: NOOP", "S: 226 Done", "S: 500 What?"],
        [("", [220]), ("STOR", [150, 226]), ("NOOP", [200]), ("NOOP", [500])],
        id="a NOOP that keeps the connection alive during a transfer, answered at once or after it",
    ),
    pytest.param(
        ["S: 220 Hi", "C: RETR a", "S: 150 Go", "C: STAT", "S: 213 Half", "C: STAT", "S: 502 No", "S: 226 Done"],
        [("", [220]), ("RETR", [150, 226]), ("STAT", [213]), ("STAT", [502])],
        id="a client asks how far a transfer is (RFC 959 4.1.3)",
    ),
    pytest.param(
        ["S: 220 Hi", "C: STOR a", "C: NOOP", "S: 500 No", "S: 200 Ok"],
        [("", [220]), ("STOR", [500]), ("NOOP", [200])],
        id="a transfer that is declined before it has begun",
    ),
    pytest.param(
        ["S: 421 Too many"],
        [("", [421])],
        id="421 instead of a greeting",
    ),
    pytest.param(
        ["C: LIST", "S: 150 Here", "S: 226 Done"],
        [("LIST", [150, 226])],
        id="the recording began after the greeting, before a command",
    ),
    pytest.param(
        ["S: 226 Done", "C: NOOP", "S: 200 Ok"],
        [("", [226]), ("NOOP", [200])],
        id="the recording began before a reply",
    ),
    pytest.param(
        ["S: 220 Hi", "C: USER a", "C: PASS b", "S: 331 Go on", "S: 230 In"],
        [("", [220]), ("USER", [331]), ("PASS", [230])],
        id="commands sent ahead are answered in their order",
    ),
    pytest.param(
        ["C: USER a", "S: 220 Hi", "S: 331 Go on"],
        [("", [220]), ("USER", [331])],
        id="a client that does not wait for the greeting",
    ),
    pytest.param(
        ["S: 220 Hi", "S: ", "C: USER a", "S: 331 Go on", "C: PASS b", "S: 230 In"],
        [("", [220]), ("", [0]), ("USER", [331]), ("PASS", [230])],
        id="an empty line after a reply shifts nothing",
    ),
    pytest.param(
        ["S: 220 Hi", "S: 220 Hi again", "S: 150 ?", "C: USER a", "S: 331 Go on"],
        [("", [220]), ("", [220, 150]), ("USER", [331])],
        id="superfluous replies shift nothing",
    ),
    pytest.param(
        ["S: Welcome!", "S: 220 Hi", "C: USER a", "S: 331 Go on"],
        [("", [0, 220]), ("USER", [331])],
        id="junk before the greeting",
    ),
    pytest.param(
        ["S: 220 Hi", "C: STAT", "S: junk", "S: 211-a", "S:  220 b", "S: 211 c"],
        [("", [220]), ("STAT", [0, 211])],
        id="junk before a reply",
    ),
    pytest.param(
        ["S: 220 Hi", "C: FEAT", "C: USER a", "S: 331 Go on", "C: PASS b", "S: 530 No"],
        [("", [220]), ("FEAT", []), ("USER", [331]), ("PASS", [530])],
        id="a question left unanswered",
    ),
    pytest.param(
        ["S: 220 Hi", "C: FEAT", "C: USER a", "S: 211 Nothing", "S: 331 Go on"],
        [("", [220]), ("FEAT", [211]), ("USER", [331])],
        id="a late answer to a question",
    ),
    pytest.param(
        ["S: 220 Hi", "C: FEAT", "C: USER a", "S: 530 Log in", "S: 331 Go on", "C: PASS b", "S: 230 In"],
        [("", [220]), ("FEAT", [530]), ("USER", [331]), ("PASS", [230])],
        id="a question declined late",
    ),
    pytest.param(
        ["S: 220 Hi", "C: FEAT", "C: USER a", "S: 530 No", "C: QUIT", "S: 221 Bye"],
        [("", [220]), ("FEAT", []), ("USER", [530]), ("QUIT", [221])],
        id="a login declined after a question left unanswered",
    ),
    pytest.param(
        ["C: SYST", "C: STAT", "C: PASV", "S: 227 (1,2,3,4,5,6)", "C: LIST", "S: 550 No", "C: QUIT", "S: 221 Bye"],
        [("SYST", []), ("STAT", []), ("PASV", [227]), ("LIST", [550]), ("QUIT", [221])],
        id="two questions left unanswered, and a refusal later",
    ),
    pytest.param(
        ["C: STAT", "C: EPSV", "S: 229 (|||5|)", "C: LIST", "S: 211 Fine", "S: 150 Here", "S: 226 Done"],
        [("STAT", [211]), ("EPSV", [229]), ("LIST", [150, 226])],
        id="an answer so late that it comes out of order",
    ),
    pytest.param(
        ["C: SYST", "C: FEAT", "C: PWD", "S: 500 What?", "S: 500 What?", "S: 257 /", "C: SIZE a", "S: 213 5"],
        [("SYST", [500]), ("FEAT", [500]), ("PWD", [257]), ("SIZE", [213])],
        id="questions sent ahead are answered in their order",
    ),
    pytest.param(
        ["C: FEAT", "C: PWD", "S: 500 What?", "C: QUIT", "S: 257 /", "S: 221 Bye"],
        [("FEAT", [500]), ("PWD", [257]), ("QUIT", [221])],
        id="a client that never waits",
    ),
    pytest.param(
        ["C: SYST", "C: STAT", "S: 211 Fine", "C: PASV", "S: 215 UNIX", "S: 227 (1,2,3,4,5,6)"],
        [("SYST", [215]), ("STAT", [211]), ("PASV", [227])],
        id="each question knows its own answer",
    ),
    pytest.param(["S: SSH-2.0-x"], [("", [0])], id="no FTP at all"),
    pytest.param([], [], id="nothing"),
]


@pytest.mark.parametrize(("lines", "expected"), DIALOGUES)
def test_exchanges(lines: list[str], expected: list[tuple[str, list[int]]]) -> None:
    """Each reply belongs to the command that waited for it, also where servers say more than they were asked."""
    assert told(ftp.exchanges(dialogue(*lines))) == expected


def test_final_reply() -> None:
    """An exchange ends with the reply that is not preliminary, if that came."""
    done, pending = ftp.exchanges(dialogue("C: LIST", "S: 150 Here", "S: 226 Done", "C: LIST", "S: 150 Here"))
    assert done.final is not None
    assert done.final.code == 226
    assert pending.final is None


def test_exchange_keeps_no_password() -> None:
    """The argument of PASS reaches no exchange."""
    (exchange,) = ftp.exchanges(dialogue("C: PASS s3cret"))
    assert (exchange.verb, exchange.argument) == ("PASS", "***")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["C: USER a", "S: 230 In"], True),
        (["C: USER a", "S: 331 Go on", "C: PASS b", "S: 230 In"], True),
        (["C: USER a", "S: 331 Go on", "C: PASS b", "S: 202 Superfluous"], True),
        (["C: USER a", "S: 331 Go on", "C: PASS b", "S: 332 Account", "C: ACCT c", "S: 230 In"], True),
        (["C: USER a", "S: 331 Go on", "C: PASS b", "S: 530 No"], False),
        (["C: USER a", "S: 331 Go on", "C: PASS b"], False),
        (["S: 220 Hi", "C: SYST", "S: 215 UNIX"], False),
    ],
)
def test_logged_in(lines: list[str], expected: bool) -> None:  # noqa: FBT001  a row of the table
    """Only a 2yz to USER, PASS or ACCT is a login (RFC 959 6)."""
    assert ftp.logged_in(ftp.exchanges(dialogue(*lines))) is expected


# --- endpoints ------------------------------------------------------------------------------------------------------

ANNOUNCED = [
    (Method.PASV, "227 Entering Passive Mode (192,0,2,7,195,80).", "192.0.2.7:50000"),
    (Method.PASV, "227 Entering Passive Mode 192,0,2,7,195,80", "192.0.2.7:50000"),
    (Method.PASV, "227 =192,0,2,7,195,80", "192.0.2.7:50000"),
    (Method.PASV, "227 Entering Passive Mode (192, 0, 2, 7, 195, 80)", "192.0.2.7:50000"),
    (Method.PORT, "192, 0, 2, 7, 195, 80", "192.0.2.7:50000"),
    (Method.PASV, "227 Entering Passive Mode (192,0,2,7,195,80", "192.0.2.7:50000"),
    (Method.PASV, "227-Ready\n227 Entering Passive Mode (192,0,2,7,195,80)", "192.0.2.7:50000"),
    (Method.PASV, "227 0,0,0,0,195,80", "0.0.0.0:50000"),
    (Method.PASV, "227 Since 2024: (192,0,2,7,0,21)", "192.0.2.7:21"),
    (Method.EPSV, "229 Entering Extended Passive Mode (|||50000|)", f"{THERE}:50000"),
    (Method.EPSV, "229 Extended (!!!50000!)", f"{THERE}:50000"),
    (Method.EPSV, "229 (but not this) (|||65535|) ok", f"{THERE}:65535"),
    (Method.PORT, "198,51,100,2,195,80", "198.51.100.2:50000"),
    (Method.EPRT, "|1|198.51.100.2|50000|", "198.51.100.2:50000"),
    (Method.EPRT, "!2!2001:db8::2!50000!", "[2001:db8::2]:50000"),
    (Method.EPRT, "|2|2001:DB8:0::2|50000|", "[2001:db8::2]:50000"),
    (Method.EPRT, "|1|198.51.100.2|50000", "198.51.100.2:50000"),
    (Method.LPRT, "4,4,198,51,100,2,2,195,80", "198.51.100.2:50000"),
    (Method.LPRT, "6,16,32,1,13,184,0,0,0,0,0,0,0,0,0,0,0,2,2,195,80", "[2001:db8::2]:50000"),
    (Method.LPSV, "228 Entering Long Passive Mode (4,4,192,0,2,7,2,195,80)", "192.0.2.7:50000"),
]


@pytest.mark.parametrize(("method", "text", "expected"), ANNOUNCED)
def test_announced(method: Method, text: str, expected: str) -> None:
    """Every way to name an endpoint that an RFC allows, and the sloppy ones that servers use, is understood."""
    endpoint = ftp.announced_by(method, text, THERE)
    assert str(endpoint) == expected
    assert endpoint is not None
    assert endpoint.family == (6 if "[" in expected else 4)


NOT_ANNOUNCED = [
    (Method.PASV, "227 Entering Passive Mode"),
    (Method.PASV, "227 Entering Passive Mode (192,0,2,7,195)"),
    (Method.PASV, "227 Entering Passive Mode (192,0,2,7,195,80,1)"),
    (Method.PASV, "227 Entering Passive Mode (192, 0, 2, 7, 195, 80, 1)"),
    (Method.PASV, "227 Entering Passive Mode (192,0,2,256,195,80)"),
    (Method.PASV, "227 Entering Passive Mode (192,0,2,7,999,80)"),
    (Method.PASV, "227 Entering Passive Mode (-192,0,2,7,-61,80)"),
    (Method.PASV, "227 Entering Passive Mode (192,0,2,7,0,0)"),
    (Method.PASV, "227 Entering Passive Mode (192.0.2.7:50000)"),
    (Method.PASV, "227 Logout."),
    (Method.EPSV, "229 Entering Extended Passive Mode"),
    (Method.EPSV, "229 Entering Extended Passive Mode (|||50000)"),
    (Method.EPSV, "229 Entering Extended Passive Mode (||50000|)"),
    (Method.EPSV, "229 Entering Extended Passive Mode |||50000|"),
    (Method.EPSV, "229 Entering Extended Passive Mode (|||0|)"),
    (Method.EPSV, "229 Entering Extended Passive Mode (|||65536|)"),
    (Method.EPSV, "229 Entering Extended Passive Mode (|||-1|)"),
    (Method.PORT, ""),
    (Method.PORT, "198,51,100,2"),
    (Method.PORT, "198,51,100,2,256,1"),
    (Method.EPRT, ""),
    (Method.EPRT, "|"),
    (Method.EPRT, "||||"),
    (Method.EPRT, "|3|198.51.100.2|50000|"),
    (Method.EPRT, "|1|198.51.100.2|"),
    (Method.EPRT, "|1|example.org|50000|"),
    (Method.EPRT, "|1|198.51.100.2|five|"),
    (Method.EPRT, "|1|198.51.100.2|" + "9" * 5000 + "|"),
    (Method.LPRT, "4,4,198,51,100,2"),
    (Method.LPRT, "4,4,198,51,100,2,2,195"),
    (Method.LPRT, "4,5,198,51,100,2,9,2,195,80"),
    (Method.LPRT, "4,4,198,51,100,256,2,195,80"),
    (Method.LPRT, "9" * 5000 + ",4,198,51,100,2,2,195,80"),
    (Method.LPSV, "228 Entering Long Passive Mode"),
]


@pytest.mark.parametrize(("method", "text"), NOT_ANNOUNCED)
def test_not_announced(method: Method, text: str) -> None:
    """What names no endpoint names none, rather than a wrong one."""
    assert ftp.announced_by(method, text, THERE) is None


@given(st.sampled_from(Method), st.text(alphabet=st.characters(codec="utf-8")) | st.from_regex(r"[|!(,.:\d]{0,60}"))
def test_announced_never_raises(method: Method, text: str) -> None:
    """Whatever a server announces, the answer is an endpoint with a port, or none."""
    endpoint = ftp.announced_by(method, text, THERE)
    assert endpoint is None or 0 < endpoint.port < 65536


@given(st.ip_addresses(v=4), st.integers(1, 65535))
def test_port_argument_round_trip(address: object, port: int) -> None:
    """What PORT and EPRT announce over IPv4 is read back as the same endpoint."""
    endpoint = Endpoint(host=str(address), port=port)
    assert ftp.announced_by(Method.PORT, ftp.port_argument(endpoint), "") == endpoint
    assert ftp.announced_by(Method.EPRT, ftp.eprt_argument(endpoint), "") == endpoint


@given(st.ip_addresses(v=6), st.integers(1, 65535))
def test_eprt_argument_round_trip(address: object, port: int) -> None:
    """What EPRT announces over IPv6 is read back as the same endpoint."""
    endpoint = Endpoint(host=str(address), port=port)
    assert ftp.announced_by(Method.EPRT, ftp.eprt_argument(endpoint), "") == endpoint


def test_rfc_examples() -> None:
    """The arguments are those that RFC 959 4.1.2 and RFC 2428 2 print as examples."""
    assert ftp.eprt_argument(Endpoint(host="132.235.1.2", port=6275)) == "|1|132.235.1.2|6275|"
    assert ftp.eprt_argument(Endpoint(host="1080::8:800:200c:417a", port=5282)) == "|2|1080::8:800:200c:417a|5282|"
    assert ftp.port_argument(Endpoint(host="132.235.1.2", port=6275)) == "132,235,1,2,24,131"


# --- what replies tell ----------------------------------------------------------------------------------------------

VSFTPD = (
    "211-FTP server status:",
    "     Connected to ::ffff:198.51.100.2",
    "     Logged in as ftp",
    "     TYPE: ASCII",
    "     No session bandwidth limit",
    "     Session timeout in seconds is 300",
    "     Control connection is plain text",
    "     Data connections will be plain text",
    "     At session startup, client count was 1",
    "     vsFTPd 3.0.3 - secure, fast, stable",
    "211 End of status",
)
PROFTPD = (
    "211-Status of 'files.example.org'",
    " Connected from client.example.org (client.example.org)",
    " Connected from client.example.org (198.51.100.2)",
    " Logged in as anonymous",
    " TYPE: ASCII, STRUcture: File, Mode: Stream",
    " No data connection",
    "211 End of status",
)
PYFTPDLIB = (
    "211-FTP server status:",
    " Connected to: 203.0.113.2:21",
    " Logged in as: anonymous",
    " TYPE: ASCII; STRUcture: File; MODE: Stream",
    "211 End of status.",
)
PYFTPDLIB_6 = (PYFTPDLIB[0], " Connected to: 2001:db8::15:21", *PYFTPDLIB[2:])
PURE_FTPD = ("211-https://www.pureftpd.org/", "211 End.")
IIS = (
    "211-files Microsoft FTP Service Version 5.0 status:",
    "    Connected to 198.51.100.2",
    "    Logged in as anonymous",
    "    TYPE: ASCII, FORM: Nonprint; STRUcture: File; transfer MODE: STREAM",
    "    No data connection",
    "211 End of status.",
)
BSD = (
    "211-files.example.org FTP server status:",
    "     Connected to client.example.org (2001:db8::2)",
    "     Logged in anonymously",
    "211 End of status",
)


@pytest.mark.parametrize(
    ("lines", "seen_as"),
    [
        pytest.param(VSFTPD, HERE, id="vsFTPd, IPv4 through an IPv6 socket"),
        pytest.param((VSFTPD[0], "     Connected to 2001:db8::2", VSFTPD[-1]), "2001:db8::2", id="vsFTPd, IPv6"),
        pytest.param(PROFTPD, HERE, id="ProFTPD"),
        pytest.param(BSD, "2001:db8::2", id="BSD ftpd"),
        pytest.param(IIS, HERE, id="IIS"),
        pytest.param(PYFTPDLIB, None, id="pyftpdlib names itself"),
        pytest.param(PYFTPDLIB_6, None, id="pyftpdlib names itself, and its port reads as part of the address"),
        pytest.param(PURE_FTPD, None, id="Pure-FTPd says nothing"),
        pytest.param(("211 Connected to client.example.org",), None, id="a name is no address"),
        pytest.param(("502 Not implemented.",), None, id="declined"),
    ],
)
def test_client_seen_as(lines: tuple[str, ...], seen_as: str | None) -> None:
    """Only an address that is ours as the server sees it is taken for that: it proves or rules out NAT."""
    assert ftp.client_seen_as(reply(*lines)) == seen_as


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ("220 (vsFTPd 3.0.3)", "vsFTPd 3.0.3"),
        ("\n".join(VSFTPD), "vsFTPd 3.0.3"),
        ("220 ProFTPD 1.3.8rc2 Server (Debian) [::ffff:203.0.113.2]", "ProFTPD 1.3.8rc2"),
        ("220 ProFTPD Server (ProFTPD Default Installation) [203.0.113.2]", "ProFTPD"),
        ("220---------- Welcome to Pure-FTPd [privsep] [TLS] ----------", "Pure-FTPd"),
        ("220-FileZilla Server 1.8.2", "FileZilla Server 1.8.2"),
        ("220-FileZilla Server version 0.9.60 beta", "FileZilla Server version 0.9.60"),
        ("220 pyftpdlib 2.2.0 ready.", "pyftpdlib 2.2.0"),
        ("220 Microsoft FTP Service", "Microsoft FTP Service"),
        ("220 Serv-U FTP Server v15.1 ready...", "Serv-U FTP Server v15.1"),
        ("215 UNIX Type: L8", None),
        ("220 Welcome.", None),
    ],
)
def test_product_in(text: str, product: str | None) -> None:
    """The server's product is named as the server names it, and not where it does not."""
    assert ftp.product_in(text) == product


@pytest.mark.parametrize(
    ("lines", "offered"),
    [
        (("211-Features:", " AUTH TLS", " EPSV", "211 End"), True),
        (("211-Features:", " AUTH SSL;TLS-P;TLS-C", "211 End"), True),
        (("211-Features:", " auth tls-c", "211 End"), True),
        (("211-Features:", "AUTH TLS", "211 End"), True),
        (("211-Features:", "211-AUTH TLS", "211 End"), True),
        (("211-Features:", " AUTH SSL", "211 End"), False),
        (("211-Features:", " AUTH GSSAPI", " PROT", "211 End"), False),
        (("211 No features but TLS",), False),
        (("500 FEAT not understood",), False),
    ],
)
def test_offers_tls(lines: tuple[str, ...], offered: bool) -> None:  # noqa: FBT001  a row of the table
    """RFC 4217 6: a server that offers TLS lists `AUTH TLS` among its features."""
    assert ftp.offers_tls(reply(*lines)) is offered


@pytest.mark.parametrize(
    "text",
    [
        "530 Non-anonymous sessions must use encryption.",
        "530 Anonymous sessions must use encryption.",
        "550 SSL/TLS required on the control channel",
        "421 Sorry, cleartext sessions and weak ciphers are not accepted on this server.",
        "503 Use AUTH first.",
        "534 Policy requires SSL.",
        "530 This server does not allow plain FTP. You have to use FTP over TLS.",
        "530 Please log in over a secure connection.",
        "521 This server requires FTPS.",
    ],
)
def test_wants_tls(text: str) -> None:
    """Each server's words for "encrypt first" are understood."""
    assert ftp.wants_tls(reply(text))


@pytest.mark.parametrize(
    "text",
    [
        "530 Login incorrect.",
        "530 Login authentication failed",
        "530 User alice cannot log in.",
        "530 Not logged in.",
        "530 Sorry, the maximum number of clients (5) from your host are already connected.",
        "530 Your account is locked for security reasons.",
        "421 There are too many connected users, please try later.",
        "425 Security: Bad IP connecting.",
        "500 AUTH TLS not understood",
        "502 SSL/TLS is not supported",
        "534 Local policy on server does not allow TLS secure connections.",
        "431 TLS is unavailable",
        "234 Proceed with TLS negotiation.",
    ],
)
def test_does_not_want_tls(text: str) -> None:
    """An ordinary refusal, or one of TLS itself, is not taken for a wish to encrypt."""
    assert not ftp.wants_tls(reply(text))


# --- whatever comes -------------------------------------------------------------------------------------------------

SAYINGS = st.sampled_from(
    ["220 Hi", "220-Hi", "227 (1,2,3,4,5,6)", "421 Bye", "150 ", "226", "", "x", "USER a", "PASS b", "PASV", "LIST"]
)


@given(st.lists(st.tuples(st.sampled_from(Party), SAYINGS | st.text(max_size=30))))
def test_any_dialogue(said: list[tuple[Party, str]]) -> None:
    """No dialogue, however absurd, raises; no command and no complete reply is lost."""
    lines = [Line(at=float(at), sender=sender, text=text) for at, (sender, text) in enumerate(said)]
    exchanges = ftp.exchanges(lines)
    reader = ftp.ReplyReader()
    complete = [one for line in lines if line.sender is Party.SERVER and (one := reader.feed(line))]
    assert sorted(one.at for exchange in exchanges for one in exchange.replies) == [one.at for one in complete]
    assert sum(line.sender is Party.CLIENT for line in lines) <= len(exchanges)
    for exchange in exchanges:
        for one in exchange.replies:
            ftp.client_seen_as(one)
            ftp.product_in(one.text)
            ftp.offers_tls(one)
            ftp.wants_tls(one)
    ftp.logged_in(exchanges)


def test_goodbye_ends_no_transfer() -> None:
    """221 answers QUIT, even where the transfer before it never got its own last word."""
    said = dialogue("C: LIST", "S: 150 Here it comes", "C: QUIT", "S: 221 Goodbye")
    listing, farewell = ftp.exchanges(said)
    assert listing.final is None
    assert [reply.code for reply in farewell.replies] == [221]
